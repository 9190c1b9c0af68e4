#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "node/crypto/secret_bytes.hpp"
#include "node/primitives/address.hpp"

namespace adit::node::crypto {

/// Fills a view with bytes nobody can guess. Always handed in, so that tests can repeat a run.
using RandomBytes = std::function<void(MutableByteView)>;

/// OpenSSL's generator. Ends the program when the machine has no randomness to give.
RandomBytes system_random();

/// A secp256k1 public key in the form it was made in: 33 bytes, or 65 for an uncompressed one.
struct PublicKey {
    Bytes bytes;

    bool operator==(const PublicKey&) const = default;
    Hash160 hash() const;  ///< what an address carries
    /// Whether the bytes are a point of the curve, in one of the two forms.
    bool is_valid() const;
};

/// A secp256k1 private key. Its bytes are wiped when it goes; it moves but is never copied.
class SecretKey {
public:
    SecretKey(SecretKey&& other) noexcept;
    SecretKey& operator=(SecretKey&& other) noexcept;
    SecretKey(const SecretKey&) = delete;
    SecretKey& operator=(const SecretKey&) = delete;
    ~SecretKey();

    /// A fresh key. Draws again in the (never seen) case that the bytes are no valid key.
    static SecretKey generate(const RandomBytes& random);
    /// 32 bytes, big-endian, between 1 and the group's order - 1; nullopt otherwise.
    static std::optional<SecretKey> from_bytes(ByteView bytes, bool compressed = true);
    /// Wallet import format: prefix, 32 bytes, and 01 behind when the public key is compressed.
    static std::optional<SecretKey> from_wif(std::string_view text, u8 prefix);

    std::string to_wif(u8 prefix) const;
    PublicKey public_key() const;
    bool is_compressed() const { return compressed_; }
    ByteView bytes() const { return bytes_; }

private:
    SecretKey() = default;

    std::array<u8, 32> bytes_{};
    bool compressed_ = true;
};

}  // namespace adit::node::crypto
