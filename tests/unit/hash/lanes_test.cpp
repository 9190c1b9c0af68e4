#include <gtest/gtest.h>
#include <sodium.h>

#include <random>

#include "kernels/base/endian.hpp"
#include "kernels/base/hex.hpp"
#include "kernels/hash/cpu_features.hpp"
#include "kernels/hash/dispatch.hpp"

namespace adit::hash {
namespace {

constexpr std::array<u8, 16> kPerson{'Z', 'c', 'a', 's', 'h', 'P', 'o', 'W', 200, 0, 0, 0, 9};

Bytes random_header(u32 seed)
{
    std::mt19937 random(seed);
    Bytes header(kMidstateHeaderBytes);
    for (u8& byte : header) byte = static_cast<u8>(random());
    return header;
}

/// What a call's digest must be, from another library.
Bytes sodium_call(const Bytes& header, u32 call, u32 digest_bytes)
{
    Bytes message = header;
    message.resize(header.size() + 4);
    store_le<u32>(message.data() + header.size(), call);
    Bytes digest(digest_bytes);
    const std::array<u8, 16> no_salt{};
    EXPECT_EQ(crypto_generichash_blake2b_salt_personal(digest.data(), digest.size(), message.data(),
                                                       message.size(), nullptr, 0, no_salt.data(),
                                                       kPerson.data()),
              0);
    return digest;
}

/// Every lane of the build; those this machine cannot run say so.
class EveryLane : public testing::TestWithParam<Lane> {
protected:
    void SetUp() override
    {
        if (!runs_here(GetParam()))
            GTEST_SKIP() << "this CPU has no " << to_string(GetParam()) << " lane";
    }
};

TEST_P(EveryLane, HashesListsOfAnyLengthLikeLibsodium)
{
    const LeafHasher& hasher = leaf_hasher(GetParam());
    for (u32 seed = 0; seed < 4; ++seed) {
        const Bytes header = random_header(seed);
        for (const u32 digest_bytes : {48u, 50u, 54u, 57u, 60u, 64u}) {
            const HeaderMidstate mid = header_midstate({digest_bytes, kPerson}, header);
            for (u32 count = 0; count <= 2 * hasher.width + 3; ++count) {
                std::vector<u32> calls(count);
                std::mt19937 random(seed * 1000 + count);
                for (u32& call : calls) call = static_cast<u32>(random());
                Bytes out(64 * count + 1, 0xee);
                hasher.list(mid, calls.data(), count, out.data());
                EXPECT_EQ(out.back(), 0xee) << "wrote behind its end";
                for (u32 i = 0; i < count; ++i)
                    ASSERT_TRUE(equal(ByteView(out).subspan(64 * i, digest_bytes),
                                      sodium_call(header, calls[i], digest_bytes)))
                        << count << " calls, number " << i;
            }
        }
    }
}

TEST_P(EveryLane, HashesRunsAsTheSameList)
{
    const LeafHasher& hasher = leaf_hasher(GetParam());
    const HeaderMidstate mid = header_midstate({50, kPerson}, random_header(9));
    for (const u32 first : {0u, 1u, 7u, 1'000'000u, 0xffff'fffeu})
        for (u32 count = 0; count <= 3 * hasher.width; ++count) {
            std::vector<u32> calls(count);
            for (u32 i = 0; i < count; ++i) calls[i] = first + i;
            Bytes run(64 * count + 1, 0xee), list(64 * count + 1, 0xee);
            hasher.run(mid, first, count, run.data());
            hasher.list(mid, calls.data(), count, list.data());
            EXPECT_EQ(run, list) << first << " + " << count;
        }
}

/// Each header byte reaches the digest: the midstate forgets nothing.
TEST_P(EveryLane, HearsEveryHeaderByte)
{
    const LeafHasher& hasher = leaf_hasher(GetParam());
    for (std::size_t i = 0; i < kMidstateHeaderBytes; ++i) {
        Bytes header = random_header(3);
        header[i] ^= 0x80;
        Bytes out(64);
        hasher.run(header_midstate({50, kPerson}, header), 77, 1, out.data());
        ASSERT_TRUE(equal(ByteView(out).first(50), sodium_call(header, 77, 50))) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Lanes, EveryLane,
                         testing::Values(Lane::portable, Lane::avx2, Lane::avx512),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST(Dispatch, OffersPortableFirstAndTheFastestByDefault)
{
    ASSERT_FALSE(lanes_here().empty());
    EXPECT_EQ(lanes_here().front(), Lane::portable);
    EXPECT_EQ(lane_in_force(), lanes_here().back());
    EXPECT_EQ(runs_here(Lane::avx2), cpu_features().avx2);
    EXPECT_EQ(runs_here(Lane::avx512), cpu_features().avx512);
}

TEST(Dispatch, NamesItsLanes)
{
    for (const Lane lane : {Lane::portable, Lane::avx2, Lane::avx512})
        EXPECT_EQ(parse_lane(to_string(lane)), lane);
    for (const char* name : {"", "AVX2", "avx", "avx2 ", "sse"}) EXPECT_FALSE(parse_lane(name));
}

TEST(Dispatch, IsForcedByNameAndSaysWhatThereIs)
{
    const Lane best = lane_in_force();
    ASSERT_TRUE(force_lane("portable"));
    EXPECT_EQ(lane_in_force(), Lane::portable);
    EXPECT_EQ(leaf_hasher().lane, Lane::portable);

    const auto unknown = force_lane("sse9");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().detail.find("'sse9'"), std::string::npos);
    EXPECT_NE(unknown.error().detail.find("portable"), std::string::npos);
    EXPECT_EQ(lane_in_force(), Lane::portable) << "a refused name changes nothing";
    ASSERT_TRUE(force_lane(to_string(best)));
    EXPECT_EQ(lane_in_force(), best);
}

}  // namespace
}  // namespace adit::hash
