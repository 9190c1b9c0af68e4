#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

/// Addresses and the text they travel as: base58 with a checksum. The alphabet and the leading-zero
/// rule are Bitcoin's, the two-byte prefixes the Zcash family's (Zcash specification 5.6.1.1).
namespace adit::node {

/// RIPEMD-160 of SHA-256, of a public key or of a script.
using Hash160 = std::array<u8, 20>;

/// What a coin is locked to, as far as an address can say it.
struct Address {
    enum class Kind { pubkey_hash, script_hash };
    Kind kind = Kind::pubkey_hash;
    Hash160 hash{};

    auto operator<=>(const Address&) const = default;
};

/// The bytes that make a chain's addresses and keys start the way they do. Each chain has its own.
struct AddressPrefixes {
    std::array<u8, 2> pubkey_hash{};
    std::array<u8, 2> script_hash{};
    u8 secret_key = 0;

    bool operator==(const AddressPrefixes&) const = default;
};

/// Longest text any base58 function here looks at; what is longer is no address and no key.
inline constexpr std::size_t kBase58TextMax = 200;

/// Every byte counts, leading zeros too. Decoding is strict: nullopt for any character outside the
/// alphabet (spaces too) and for texts over kBase58TextMax.
std::string base58_encode(ByteView bytes);
std::optional<Bytes> base58_decode(std::string_view text);

/// The same with four bytes of double SHA-256 behind: `prefix || payload || checksum`.
std::string base58check_encode(ByteView prefix, ByteView payload);

/// What lies behind exactly this prefix; nullopt for a wrong prefix or checksum.
std::optional<Bytes> base58check_decode(std::string_view text, ByteView prefix);

std::string to_text(const Address& address, const AddressPrefixes& prefixes);

/// nullopt when the text is no address of the chain with these prefixes.
std::optional<Address> parse_address(std::string_view text, const AddressPrefixes& prefixes);

}  // namespace adit::node
