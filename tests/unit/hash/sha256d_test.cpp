#include "kernels/hash/sha256d.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include "kernels/base/hex.hpp"
#include "kernels/base/random.hpp"

namespace adit::hash {
namespace {

TEST(Sha256d, HashesAbcTwiceLikeFips180)
{
    EXPECT_EQ(to_hex(sha256(as_bytes("abc")).bytes),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256d(as_bytes("abc")).bytes),
              "4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358");
}

/// The same from another library.
Hash256 sodium_pair(const Hash256& left, const Hash256& right)
{
    Bytes both(left.bytes.begin(), left.bytes.end());
    append(both, right.bytes);
    Hash256 once, twice;
    crypto_hash_sha256(once.bytes.data(), both.data(), both.size());
    crypto_hash_sha256(twice.bytes.data(), once.bytes.data(), once.bytes.size());
    return twice;
}

TEST(Sha256dPairs, EveryPathAgreesWithLibsodiumInPlaceAndApart)
{
    Random random(5);
    for (std::size_t pairs = 0; pairs <= 33; ++pairs) {
        std::vector<Hash256> in(2 * pairs), expected(pairs), apart(pairs), portable(pairs);
        for (Hash256& hash : in)
            for (u8& byte : hash.bytes) byte = static_cast<u8>(random.below(256));
        for (std::size_t i = 0; i < pairs; ++i) expected[i] = sodium_pair(in[2 * i], in[2 * i + 1]);
        sha256d_pairs(in.data(), apart.data(), pairs);
        sha256d_pairs_portable(in.data(), portable.data(), pairs);
        EXPECT_EQ(apart, expected) << pairs;
        EXPECT_EQ(portable, expected) << pairs;
        sha256d_pairs(in.data(), in.data(), pairs);
        in.resize(pairs);
        EXPECT_EQ(in, expected) << pairs;
    }
}

}  // namespace
}  // namespace adit::hash
