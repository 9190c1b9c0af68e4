#include "node/primitives/address.hpp"

#include <algorithm>
#include <string_view>

#include "kernels/hash/sha256d.hpp"

namespace adit::node {
namespace {

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kChecksumBytes = 4;

ByteView checksum_of(const Hash256& hash) { return hash.view().first(kChecksumBytes); }

}  // namespace

std::string base58_encode(ByteView bytes)
{
    const auto first_set = std::find_if(bytes.begin(), bytes.end(), [](u8 b) { return b != 0; });
    std::vector<u8> digits;  // base 58, least significant first
    for (auto byte = first_set; byte != bytes.end(); ++byte) {
        u32 carry = *byte;
        for (u8& digit : digits) {
            carry += u32{digit} * 256;
            digit = static_cast<u8>(carry % 58);
            carry /= 58;
        }
        for (; carry != 0; carry /= 58) digits.push_back(static_cast<u8>(carry % 58));
    }
    std::string text(static_cast<std::size_t>(first_set - bytes.begin()), kAlphabet[0]);
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) text += kAlphabet[*digit];
    return text;
}

std::optional<Bytes> base58_decode(std::string_view text)
{
    if (text.size() > kBase58TextMax) return std::nullopt;
    const std::size_t zeros = std::min(text.find_first_not_of(kAlphabet[0]), text.size());
    Bytes bytes;  // least significant first
    for (const char c : text.substr(zeros)) {
        const std::size_t value = kAlphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        u32 carry = static_cast<u32>(value);
        for (u8& byte : bytes) {
            carry += u32{byte} * 58;
            byte = static_cast<u8>(carry);
            carry >>= 8;
        }
        for (; carry != 0; carry >>= 8) bytes.push_back(static_cast<u8>(carry));
    }
    bytes.insert(bytes.end(), zeros, 0);
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

std::string base58check_encode(ByteView prefix, ByteView payload)
{
    Bytes bytes(prefix.begin(), prefix.end());
    append(bytes, payload);
    append(bytes, checksum_of(hash::sha256d(bytes)));
    return base58_encode(bytes);
}

std::optional<Bytes> base58check_decode(std::string_view text, ByteView prefix)
{
    const auto bytes = base58_decode(text);
    if (!bytes || bytes->size() < prefix.size() + kChecksumBytes) return std::nullopt;
    const ByteView body = ByteView(*bytes).first(bytes->size() - kChecksumBytes);
    if (!equal(ByteView(*bytes).last(kChecksumBytes), checksum_of(hash::sha256d(body))))
        return std::nullopt;
    if (!equal(body.first(prefix.size()), prefix)) return std::nullopt;
    const ByteView payload = body.subspan(prefix.size());
    return Bytes(payload.begin(), payload.end());
}

std::string to_text(const Address& address, const AddressPrefixes& prefixes)
{
    const bool is_script = address.kind == Address::Kind::script_hash;
    return base58check_encode(is_script ? prefixes.script_hash : prefixes.pubkey_hash,
                              address.hash);
}

std::optional<Address> parse_address(std::string_view text, const AddressPrefixes& prefixes)
{
    for (const auto kind : {Address::Kind::pubkey_hash, Address::Kind::script_hash}) {
        const bool is_script = kind == Address::Kind::script_hash;
        const auto payload =
            base58check_decode(text, is_script ? prefixes.script_hash : prefixes.pubkey_hash);
        if (!payload || payload->size() != Hash160{}.size()) continue;
        Address address{kind, {}};
        std::copy(payload->begin(), payload->end(), address.hash.begin());
        return address;
    }
    return std::nullopt;
}

}  // namespace adit::node
