#include "node/crypto/keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <limits>

#include "kernels/base/check.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/crypto/curve.hpp"

namespace adit::node::crypto {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr u8 kCompressedMark = 1;  // behind the 32 bytes of a WIF key

/// Wipes a buffer of secret bytes when its scope ends.
struct WipedBytes {
    Bytes bytes;
    ~WipedBytes() { wipe(bytes); }
};

}  // namespace

RandomBytes system_random()
{
    return [](MutableByteView bytes) {
        ADIT_CHECK(bytes.size() <= std::numeric_limits<int>::max());
        ADIT_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    };
}

void wipe(MutableByteView bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

Hash160 PublicKey::hash() const { return hash::hash160(bytes); }

bool PublicKey::is_valid() const
{
    // The library also reads the old hybrid form; we know the two plain ones only.
    const bool compressed = bytes.size() == 33 && (bytes[0] == 2 || bytes[0] == 3);
    const bool uncompressed = bytes.size() == 65 && bytes[0] == 4;
    secp256k1_pubkey key;
    return (compressed || uncompressed) &&
           secp256k1_ec_pubkey_parse(curve(), &key, bytes.data(), bytes.size()) == 1;
}

SecretKey::SecretKey(SecretKey&& other) noexcept
    : bytes_(other.bytes_), compressed_(other.compressed_)
{
    wipe(other.bytes_);
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept
{
    if (this == &other) return *this;
    bytes_ = other.bytes_;
    compressed_ = other.compressed_;
    wipe(other.bytes_);
    return *this;
}

SecretKey::~SecretKey() { wipe(bytes_); }

SecretKey SecretKey::generate(const RandomBytes& random)
{
    SecretKey key;
    do random(key.bytes_);
    while (secp256k1_ec_seckey_verify(curve(), key.bytes_.data()) != 1);
    return key;
}

std::optional<SecretKey> SecretKey::from_bytes(ByteView bytes, bool compressed)
{
    if (bytes.size() != kSecretBytes) return std::nullopt;
    if (secp256k1_ec_seckey_verify(curve(), bytes.data()) != 1) return std::nullopt;
    SecretKey key;
    std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
    key.compressed_ = compressed;
    return key;
}

std::optional<SecretKey> SecretKey::from_wif(std::string_view text, u8 prefix)
{
    auto payload = base58check_decode(text, ByteView(&prefix, 1));
    if (!payload) return std::nullopt;
    const WipedBytes secret{std::move(*payload)};
    const ByteView bytes = secret.bytes;
    if (bytes.size() == kSecretBytes) return from_bytes(bytes, false);
    if (bytes.size() != kSecretBytes + 1 || bytes.back() != kCompressedMark) return std::nullopt;
    return from_bytes(bytes.first(kSecretBytes), true);
}

std::string SecretKey::to_wif(u8 prefix) const
{
    WipedBytes payload;
    payload.bytes.reserve(kSecretBytes + 1);  // growing would leave a copy of the secret behind
    append(payload.bytes, bytes_);
    if (compressed_) payload.bytes.push_back(kCompressedMark);
    return base58check_encode(ByteView(&prefix, 1), payload.bytes);
}

PublicKey SecretKey::public_key() const
{
    secp256k1_pubkey key;
    ADIT_CHECK(secp256k1_ec_pubkey_create(curve(), &key, bytes_.data()) == 1);
    PublicKey result{Bytes(compressed_ ? 33 : 65)};
    std::size_t size = result.bytes.size();
    ADIT_CHECK(secp256k1_ec_pubkey_serialize(
                   curve(), result.bytes.data(), &size, &key,
                   compressed_ ? SECP256K1_EC_COMPRESSED : SECP256K1_EC_UNCOMPRESSED) == 1);
    return result;
}

}  // namespace adit::node::crypto
