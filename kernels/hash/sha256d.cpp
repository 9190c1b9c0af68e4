#include "kernels/hash/sha256d.hpp"

#include <openssl/evp.h>

#include <cstring>

#include "kernels/base/check.hpp"
#include "kernels/hash/cpu_features.hpp"
#include "kernels/hash/sha256_ni.hpp"

namespace adit::hash {
namespace {

/// Looking an algorithm up costs more than hashing a header: fetched once and kept.
const EVP_MD* fetched(const char* name)
{
    const EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
    ADIT_CHECK(md != nullptr);
    return md;
}

const EVP_MD* sha256_algorithm()
{
    static const EVP_MD* const md = fetched("SHA256");
    return md;
}

struct Context {
    EVP_MD_CTX* raw = EVP_MD_CTX_new();
    ~Context() { EVP_MD_CTX_free(raw); }
};

void digest(const EVP_MD* md, ByteView bytes, u8* out)
{
    thread_local const Context context;
    unsigned size = 0;
    ADIT_CHECK(EVP_DigestInit_ex2(context.raw, md, nullptr) == 1);
    ADIT_CHECK(EVP_DigestUpdate(context.raw, bytes.data(), bytes.size()) == 1);
    ADIT_CHECK(EVP_DigestFinal_ex(context.raw, out, &size) == 1);
}

}  // namespace

Hash256 sha256(ByteView bytes)
{
    Hash256 out;
    digest(sha256_algorithm(), bytes, out.bytes.data());
    return out;
}

Hash256 sha256d(ByteView bytes) { return sha256(sha256(bytes).bytes); }

std::array<u8, 20> hash160(ByteView bytes)
{
    static const EVP_MD* const ripemd160 = fetched("RIPEMD160");
    std::array<u8, 20> out;
    digest(ripemd160, sha256(bytes).bytes, out.data());
    return out;
}

void sha256d_pairs_portable(const Hash256* in, Hash256* out, std::size_t pairs)
{
    for (std::size_t i = 0; i < pairs; ++i) {
        std::array<u8, 64> both;
        std::memcpy(both.data(), in[2 * i].bytes.data(), 32);
        std::memcpy(both.data() + 32, in[2 * i + 1].bytes.data(), 32);
        out[i] = sha256d(both);
    }
}

void sha256d_pairs(const Hash256* in, Hash256* out, std::size_t pairs)
{
#if defined(__x86_64__)
    if (cpu_features().sha) return sha256d_pairs_ni(in, out, pairs);
#endif
    sha256d_pairs_portable(in, out, pairs);
}

}  // namespace adit::hash
