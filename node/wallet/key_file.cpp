#include "node/wallet/key_file.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "kernels/base/check.hpp"
#include "node/primitives/serialize.hpp"
#include "node/wallet/mnemonic.hpp"

namespace adit::node::wallet {
namespace {

constexpr std::string_view kMagic = "ADITKEYS";
constexpr u16 kVersion = 1;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kKeyBytes = 32;
constexpr u64 kScryptMemoryMax = u64{1} << 30;
constexpr u8 kAccountDepth = 3;

struct CipherFree {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherFree>;

/// nullopt: the machine has not the memory.
std::optional<SecretBytes> key_from(ByteView passphrase, const KeyFile& file)
{
    ADIT_CHECK(file.cost.is_bearable());
    SecretBytes key(kKeyBytes);
    // OpenSSL counts some overheads, so its limit is a little above ours.
    if (EVP_PBE_scrypt(as_text(passphrase).data(), passphrase.size(), file.salt.data(),
                       file.salt.size(), u64{1} << file.cost.log2_n, file.cost.r, file.cost.p,
                       kScryptMemoryMax + (u64{64} << 20), key.data(), key.size()) != 1)
        return std::nullopt;
    return key;
}

void describe_ring(Writer& s, const PublicRing& ring)
{
    s.hash(ring.chain_id);
    s.raw(ring.account.key);
    s.raw(ring.account.chain_code);
    s.raw(ring.account.place.parent);
    s.number(static_cast<u32>(ring.imported.size()));
    for (const auto& key : ring.imported) s.var_bytes(key.bytes);
}

template <std::size_t N>
void read_array(Reader& s, std::array<u8, N>& to)
{
    if (const ByteView bytes = s.take(N); !bytes.empty())
        std::copy(bytes.begin(), bytes.end(), to.begin());
}

PublicRing read_ring(Reader& s)
{
    PublicRing ring;
    s.hash(ring.chain_id);
    read_array(s, ring.account.key);
    read_array(s, ring.account.chain_code);
    read_array(s, ring.account.place.parent);
    ring.account.place.depth = kAccountDepth;
    ring.account.place.index = kAccountPath.back();
    if (!ring.account.public_key().is_valid()) s.fail();
    u32 count = 0;
    s.number(count);
    if (count > kImportedKeysMax) s.fail();
    for (u32 i = 0; i < count && s.ok(); ++i) {
        s.var_bytes(ring.imported.emplace_back().bytes);
        if (!ring.imported.back().is_valid()) s.fail();
    }
    return ring;
}

/// Everything before the sealed bytes.
Bytes clear_part(const KeyFile& file)
{
    Writer s;
    s.raw(as_bytes(kMagic));
    s.number(kVersion);
    s.number(file.cost.log2_n);
    s.number(file.cost.r);
    s.number(file.cost.p);
    s.raw(file.salt);
    s.raw(file.nonce);
    describe_ring(s, file.ring);
    return s.take();
}

/// The secrets as they are sealed: size and bytes of the entropy, then for each imported key
/// whether it is compressed, and its bytes.
SecretBytes pack(const Secrets& secrets)
{
    SecretBytes bytes;
    bytes.reserve(1 + secrets.entropy.size() + secrets.imported.size() * 33);
    bytes.push_back(static_cast<u8>(secrets.entropy.size()));
    append(bytes, secrets.entropy);
    for (const auto& key : secrets.imported) {
        bytes.push_back(key.is_compressed() ? 1 : 0);
        append(bytes, key.bytes());
    }
    return bytes;
}

std::optional<Secrets> unpack(ByteView bytes)
{
    Reader s(bytes);
    u8 size = 0;
    s.number(size);
    Secrets secrets{crypto::secret_copy(s.take(size)), {}};
    while (s.ok() && s.left() > 0) {
        u8 compressed = 0;
        s.number(compressed);
        auto key = crypto::SecretKey::from_bytes(s.take(32), compressed != 0);
        if (!key || compressed > 1) return std::nullopt;
        secrets.imported.push_back(std::move(*key));
    }
    const bool has_words = size >= 16 && size <= 32 && size % 4 == 0;
    if (!s.ok() || !has_words) return std::nullopt;
    return secrets;
}

}  // namespace

bool ScryptCost::is_bearable() const
{
    if (log2_n < 1 || log2_n > 20 || r < 1 || r > 32 || p < 1 || p > 16) return false;
    return (u64{128} * r << log2_n) <= kScryptMemoryMax && (u64{p} * r << log2_n) <= (u64{8} << 20);
}

std::string_view to_string(KeyFileError error)
{
    switch (error) {
        case KeyFileError::not_a_key_file: return "is no wallet key file";
        case KeyFileError::newer_version: return "was written by a newer release";
        case KeyFileError::damaged: return "is damaged";
        case KeyFileError::cost_unbearable:
            return "asks for more memory than this machine or any file of ours has";
        case KeyFileError::wrong_passphrase: return "is not opened by this passphrase";
    }
    return "";
}

crypto::HdKey Secrets::account() const
{
    const SecretBytes words = words_of(entropy);
    const SecretBytes seed = seed_of(as_text(words));
    auto account = crypto::HdKey::from_seed(seed)->descendant(kAccountPath);
    ADIT_CHECK(account);
    return std::move(*account);
}

PublicRing Secrets::ring(const Hash256& chain_id) const
{
    PublicRing ring{chain_id, account().public_part(), {}};
    for (const auto& key : imported) ring.imported.push_back(key.public_key());
    return ring;
}

KeyFile seal(const Secrets& secrets, const Hash256& chain_id, ByteView passphrase, ScryptCost cost,
             const crypto::RandomBytes& random)
{
    ADIT_CHECK(secrets.imported.size() <= kImportedKeysMax);
    KeyFile file;
    file.cost = cost;
    random(file.salt);
    random(file.nonce);
    file.ring = secrets.ring(chain_id);
    const Bytes clear = clear_part(file);
    const SecretBytes packed = pack(secrets);
    const auto key = key_from(passphrase, file);
    ADIT_CHECK(key);

    file.sealed.resize(packed.size() + kTagBytes);
    const Cipher cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    ADIT_CHECK(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key->data(),
                                  file.nonce.data()) == 1);
    ADIT_CHECK(EVP_EncryptUpdate(cipher.get(), nullptr, &size, clear.data(),
                                 static_cast<int>(clear.size())) == 1);
    ADIT_CHECK(EVP_EncryptUpdate(cipher.get(), file.sealed.data(), &size, packed.data(),
                                 static_cast<int>(packed.size())) == 1);
    u8* tag = file.sealed.data() + packed.size();
    ADIT_CHECK(EVP_EncryptFinal_ex(cipher.get(), tag, &size) == 1);
    ADIT_CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1);
    return file;
}

Result<Secrets, KeyFileError> unseal(const KeyFile& file, ByteView passphrase)
{
    if (file.sealed.size() < kTagBytes) return KeyFileError::damaged;
    const Bytes clear = clear_part(file);
    const auto key = key_from(passphrase, file);
    if (!key) return KeyFileError::cost_unbearable;

    SecretBytes packed(file.sealed.size() - kTagBytes);
    Bytes tag(file.sealed.end() - kTagBytes, file.sealed.end());
    const Cipher cipher(EVP_CIPHER_CTX_new());
    int size = 0;
    ADIT_CHECK(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key->data(),
                                  file.nonce.data()) == 1);
    ADIT_CHECK(EVP_DecryptUpdate(cipher.get(), nullptr, &size, clear.data(),
                                 static_cast<int>(clear.size())) == 1);
    ADIT_CHECK(EVP_DecryptUpdate(cipher.get(), packed.data(), &size, file.sealed.data(),
                                 static_cast<int>(packed.size())) == 1);
    ADIT_CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
    if (EVP_DecryptFinal_ex(cipher.get(), packed.data() + packed.size(), &size) != 1)
        return KeyFileError::wrong_passphrase;

    auto secrets = unpack(packed);
    if (!secrets || secrets->ring(file.ring.chain_id) != file.ring) return KeyFileError::damaged;
    return std::move(*secrets);
}

Bytes to_bytes(const KeyFile& file)
{
    Bytes bytes = clear_part(file);
    Writer s;
    s.var_bytes(file.sealed);
    append(bytes, s.take());
    return bytes;
}

Result<KeyFile, KeyFileError> read_key_file(ByteView bytes)
{
    if (bytes.size() > kKeyFileBytesMax) return KeyFileError::damaged;
    Reader s(bytes);
    if (!equal(s.take(kMagic.size()), as_bytes(kMagic))) return KeyFileError::not_a_key_file;
    u16 version = 0;
    s.number(version);
    if (s.ok() && version > kVersion) return KeyFileError::newer_version;
    KeyFile file;
    s.number(file.cost.log2_n);
    s.number(file.cost.r);
    s.number(file.cost.p);
    if (s.ok() && !file.cost.is_bearable()) return KeyFileError::cost_unbearable;
    read_array(s, file.salt);
    read_array(s, file.nonce);
    file.ring = read_ring(s);
    s.var_bytes(file.sealed);
    if (version != kVersion || !s.ok() || s.left() != 0 || file.sealed.size() < kTagBytes)
        return KeyFileError::damaged;
    return file;
}

}  // namespace adit::node::wallet
