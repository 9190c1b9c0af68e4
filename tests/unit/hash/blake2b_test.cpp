#include "kernels/hash/blake2b.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <random>

#include "kernels/base/hex.hpp"

namespace adit::hash {
namespace {

Bytes bytes_counting_up(std::size_t size)
{
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<u8>(i);
    return bytes;
}

std::string digest_hex(const Blake2bParams& params, ByteView message)
{
    Bytes digest(params.digest_bytes);
    blake2b(params, message, digest);
    return to_hex(digest);
}

TEST(Blake2b, HashesAbcLikeRfc7693AppendixA)
{
    EXPECT_EQ(digest_hex({64, {}}, as_bytes("abc")),
              "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
              "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

/// The same digest from another library.
Bytes sodium_digest(const Blake2bParams& params, ByteView message)
{
    Bytes digest(params.digest_bytes);
    const std::array<u8, 16> no_salt{};
    EXPECT_EQ(crypto_generichash_blake2b_salt_personal(digest.data(), digest.size(), message.data(),
                                                       message.size(), nullptr, 0, no_salt.data(),
                                                       params.personalization.data()),
              0);
    return digest;
}

TEST(Blake2b, AgreesWithLibsodiumOnEveryLengthRoundTheBlockEdges)
{
    for (std::size_t size = 0; size <= 3 * kBlake2bBlockBytes + 1; ++size) {
        const Bytes message = bytes_counting_up(size);
        for (const u32 digest_bytes : {1u, 16u, 20u, 32u, 50u, 54u, 57u, 60u, 63u, 64u}) {
            Blake2bParams params{digest_bytes, {}};
            params.personalization = {'Z', 'c', 'a', 's', 'h', 'P', 'o', 'W', 200, 0, 0, 0, 9};
            ASSERT_EQ(digest_hex(params, message), to_hex(sodium_digest(params, message)))
                << size << " bytes, digest of " << digest_bytes;
        }
    }
}

TEST(Blake2b, HearsTheSameMessageHoweverItIsCut)
{
    const Bytes message = bytes_counting_up(300);
    const Blake2bParams params{32, {}};
    const std::string whole = digest_hex(params, message);
    std::mt19937 random(1);
    for (int run = 0; run < 200; ++run) {
        Blake2b hash(params);
        ByteView rest(message);
        while (!rest.empty()) {
            const std::size_t part = std::min<std::size_t>(rest.size(), random() % 150);
            hash.update(rest.first(part));
            rest = rest.subspan(part);
        }
        Bytes digest(32);
        hash.finish(digest);
        ASSERT_EQ(to_hex(digest), whole);
    }
}

TEST(Blake2b, LengthAndPersonalizationAreParameters)
{
    Blake2bParams params{50, {}};
    const std::string plain = digest_hex(params, as_bytes("abc"));
    EXPECT_NE(plain, digest_hex({64, {}}, as_bytes("abc")).substr(0, 100));
    for (std::size_t i = 0; i < 16; ++i) {
        params.personalization = {};
        params.personalization[i] = 1;
        EXPECT_NE(digest_hex(params, as_bytes("abc")), plain) << i;
    }
}

TEST(Blake2b, RefusesLengthsThatDoNotExist)
{
    Bytes digest(65);
    EXPECT_DEATH(blake2b({0, {}}, {}, {}), "check failed");
    EXPECT_DEATH(blake2b({65, {}}, {}, digest), "check failed");
    EXPECT_DEATH(blake2b({32, {}}, {}, digest), "check failed");
}

}  // namespace
}  // namespace adit::hash
