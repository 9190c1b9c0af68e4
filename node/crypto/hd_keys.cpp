#include "node/crypto/hd_keys.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "node/crypto/curve.hpp"

namespace adit::node::crypto {
namespace {

constexpr std::array<u8, 4> kPrivateVersion{0x04, 0x88, 0xad, 0xe4};  // "xprv"
constexpr std::array<u8, 4> kPublicVersion{0x04, 0x88, 0xb2, 0x1e};   // "xpub"
constexpr std::size_t kTextBytes = 74;

/// 64 bytes: what is added to the parent's key, then the child's chain code. Wiped when it goes.
struct Derived {
    std::array<u8, 64> bytes{};

    Derived(ByteView hmac_key, ByteView data)
    {
        unsigned size = 0;
        ADIT_CHECK(HMAC(EVP_sha512(), hmac_key.data(), static_cast<int>(hmac_key.size()),
                        data.data(), data.size(), bytes.data(), &size) != nullptr);
    }
    Derived(const Derived&) = delete;
    Derived& operator=(const Derived&) = delete;
    ~Derived() { wipe(bytes); }

    ByteView key() const { return ByteView(bytes).first(32); }
    ByteView chain_code() const { return ByteView(bytes).last(32); }
};

void append_be32(SecretBytes& to, u32 number)
{
    std::array<u8, 4> raw{};
    store_be<u32>(raw.data(), number);
    append(to, raw);
}

/// Depth, parent, index, chain code: what stands before the key in both texts.
SecretBytes text_start(const HdPlace& place, ByteView chain_code)
{
    SecretBytes start;
    start.reserve(kTextBytes);
    start.push_back(place.depth);
    append(start, place.parent);
    append_be32(start, place.index);
    append(start, chain_code);
    return start;
}

HdPlace place_below(const HdPlace& parent, const Hash160& parent_hash, u32 index)
{
    HdPlace place{static_cast<u8>(parent.depth + 1), {}, index};
    std::copy_n(parent_hash.begin(), place.parent.size(), place.parent.begin());
    return place;
}

}  // namespace

std::optional<HdPublicKey> HdPublicKey::child(u32 index) const
{
    if (index >= kHardened || place.depth == 0xff) return std::nullopt;
    SecretBytes data = secret_copy(key);
    append_be32(data, index);
    const Derived derived(chain_code, data);

    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_parse(curve(), &point, key.data(), key.size()) != 1 ||
        secp256k1_ec_pubkey_tweak_add(curve(), &point, derived.key().data()) != 1)
        return std::nullopt;
    HdPublicKey made;
    std::size_t size = made.key.size();
    ADIT_CHECK(secp256k1_ec_pubkey_serialize(curve(), made.key.data(), &size, &point,
                                             SECP256K1_EC_COMPRESSED) == 1);
    std::copy(derived.chain_code().begin(), derived.chain_code().end(), made.chain_code.begin());
    made.place = place_below(place, public_key().hash(), index);
    return made;
}

std::string HdPublicKey::to_text() const
{
    SecretBytes payload = text_start(place, chain_code);
    append(payload, key);
    return base58check_encode(kPublicVersion, payload);
}

HdKey::HdKey(SecretKey key, ByteView chain_code, HdPlace place)
    : key_(std::move(key)), place_(place)
{
    std::copy(chain_code.begin(), chain_code.end(), chain_code_.begin());
}

std::optional<HdKey> HdKey::from_seed(ByteView seed)
{
    if (seed.size() < 16 || seed.size() > 64) return std::nullopt;
    const Derived derived(as_bytes("Bitcoin seed"), seed);
    auto key = SecretKey::from_bytes(derived.key());
    if (!key) return std::nullopt;
    return HdKey(std::move(*key), derived.chain_code(), {});
}

std::optional<HdKey> HdKey::child(u32 index) const
{
    if (place_.depth == 0xff) return std::nullopt;
    const PublicKey own = key_.public_key();
    SecretBytes data;
    data.reserve(37);
    if (index >= kHardened) {
        data.push_back(0);
        append(data, key_.bytes());
    } else {
        append(data, own.bytes);
    }
    append_be32(data, index);
    const Derived derived(chain_code_, data);

    SecretBytes sum = secret_copy(key_.bytes());
    if (secp256k1_ec_seckey_tweak_add(curve(), sum.data(), derived.key().data()) != 1)
        return std::nullopt;
    auto key = SecretKey::from_bytes(sum);
    if (!key) return std::nullopt;
    return HdKey(std::move(*key), derived.chain_code(), place_below(place_, own.hash(), index));
}

std::optional<HdKey> HdKey::descendant(std::span<const u32> path) const
{
    ADIT_CHECK(!path.empty());
    auto at = child(path.front());
    for (const u32 index : path.subspan(1))
        if (at) at = at->child(index);
    return at;
}

HdPublicKey HdKey::public_part() const
{
    HdPublicKey made;
    const PublicKey own = key_.public_key();
    std::copy(own.bytes.begin(), own.bytes.end(), made.key.begin());
    made.chain_code = chain_code_;
    made.place = place_;
    return made;
}

SecretBytes HdKey::to_text() const
{
    SecretBytes payload = text_start(place_, chain_code_);
    payload.push_back(0);
    append(payload, key_.bytes());
    std::string text = base58check_encode(kPrivateVersion, payload);
    SecretBytes secret = secret_copy(as_bytes(text));
    wipe({reinterpret_cast<u8*>(text.data()), text.size()});
    return secret;
}

}  // namespace adit::node::crypto
