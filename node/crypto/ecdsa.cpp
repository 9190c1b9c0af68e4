#include "node/crypto/ecdsa.hpp"

#include <algorithm>
#include <optional>

#include "kernels/base/check.hpp"
#include "node/crypto/curve.hpp"

namespace adit::node::crypto {
namespace {

constexpr u8 kSequence = 0x30;
constexpr u8 kInteger = 0x02;

/// Reads DER as leniently as OpenSSL did before it was strict: long lengths, spare zeros, anything
/// behind.
class LenientDer {
public:
    explicit LenientDer(ByteView bytes) : rest_(bytes) {}

    /// The sequence's tag and length; the length itself is not believed.
    bool open_sequence()
    {
        if (!tag(kSequence) || rest_.empty()) return false;
        const u8 first = rest_[0];
        rest_ = rest_.subspan(1);
        if ((first & 0x80) == 0) return true;
        const std::size_t bytes = first & 0x7f;
        if (bytes > rest_.size()) return false;
        rest_ = rest_.subspan(bytes);
        return true;
    }

    /// An integer's bytes without leading zeros.
    std::optional<ByteView> integer()
    {
        if (!tag(kInteger)) return std::nullopt;
        const auto size = length();
        if (!size || *size > rest_.size()) return std::nullopt;
        ByteView value = rest_.first(*size);
        rest_ = rest_.subspan(*size);
        while (!value.empty() && value[0] == 0) value = value.subspan(1);
        return value;
    }

private:
    bool tag(u8 wanted)
    {
        if (rest_.empty() || rest_[0] != wanted) return false;
        rest_ = rest_.subspan(1);
        return true;
    }

    std::optional<std::size_t> length()
    {
        if (rest_.empty()) return std::nullopt;
        const u8 first = rest_[0];
        rest_ = rest_.subspan(1);
        if ((first & 0x80) == 0) return first;
        std::size_t bytes = first & 0x7f;
        if (bytes > rest_.size()) return std::nullopt;
        while (bytes > 0 && rest_[0] == 0) rest_ = rest_.subspan(1), --bytes;
        if (bytes >= sizeof(std::size_t)) return std::nullopt;
        std::size_t size = 0;
        for (; bytes > 0; --bytes) {
            size = size << 8 | rest_[0];
            rest_ = rest_.subspan(1);
        }
        return size;
    }

    ByteView rest_;
};

std::optional<secp256k1_ecdsa_signature> parse_leniently(ByteView bytes)
{
    LenientDer der(bytes);
    if (!der.open_sequence()) return std::nullopt;
    const auto r = der.integer();
    if (!r) return std::nullopt;
    const auto s = der.integer();
    if (!s) return std::nullopt;

    std::array<u8, 64> compact{};
    secp256k1_ecdsa_signature signature;
    const bool fits = r->size() <= 32 && s->size() <= 32;
    if (fits) {
        std::copy(r->begin(), r->end(),
                  compact.begin() + static_cast<std::ptrdiff_t>(32 - r->size()));
        std::copy(s->begin(), s->end(),
                  compact.begin() + static_cast<std::ptrdiff_t>(64 - s->size()));
    }
    // Numbers past the order are a signature, too: one that is never true.
    if (!fits ||
        secp256k1_ecdsa_signature_parse_compact(curve(), &signature, compact.data()) == 0) {
        compact.fill(0);
        ADIT_CHECK(secp256k1_ecdsa_signature_parse_compact(curve(), &signature, compact.data()) ==
                   1);
    }
    return signature;
}

}  // namespace

bool verify(ByteView public_key, const Hash256& hash, ByteView signature)
{
    secp256k1_pubkey key;
    if (public_key.empty() ||
        secp256k1_ec_pubkey_parse(curve(), &key, public_key.data(), public_key.size()) == 0)
        return false;
    auto parsed = parse_leniently(signature);
    if (!parsed) return false;
    secp256k1_ecdsa_signature_normalize(curve(), &*parsed, &*parsed);
    return secp256k1_ecdsa_verify(curve(), &*parsed, hash.bytes.data(), &key) == 1;
}

bool is_strict_der(ByteView s)
{
    // 30 [total] 02 [size of R] R 02 [size of S] S [type]
    if (s.size() < 9 || s.size() > 73) return false;
    if (s[0] != kSequence || s[1] != s.size() - 3) return false;
    const std::size_t r_size = s[3];
    if (5 + r_size >= s.size()) return false;
    const std::size_t s_size = s[5 + r_size];
    if (r_size + s_size + 7 != s.size()) return false;
    const auto is_integer = [&](std::size_t at, std::size_t size) {
        if (s[at - 2] != kInteger || size == 0) return false;
        if ((s[at] & 0x80) != 0) return false;                        // negative
        return !(size > 1 && s[at] == 0 && (s[at + 1] & 0x80) == 0);  // a spare zero
    };
    return is_integer(4, r_size) && is_integer(6 + r_size, s_size);
}

bool has_low_s(ByteView signature)
{
    secp256k1_ecdsa_signature parsed;
    if (secp256k1_ecdsa_signature_parse_der(curve(), &parsed, signature.data(), signature.size()) ==
        0)
        return false;
    return secp256k1_ecdsa_signature_normalize(curve(), nullptr, &parsed) == 0;
}

Bytes sign(const SecretKey& key, const Hash256& hash)
{
    secp256k1_ecdsa_signature signature;
    ADIT_CHECK(secp256k1_ecdsa_sign(curve(), &signature, hash.bytes.data(), key.bytes().data(),
                                    secp256k1_nonce_function_rfc6979, nullptr) == 1);
    Bytes der(72);
    std::size_t size = der.size();
    ADIT_CHECK(secp256k1_ecdsa_signature_serialize_der(curve(), der.data(), &size, &signature) ==
               1);
    der.resize(size);
    return der;
}

}  // namespace adit::node::crypto
