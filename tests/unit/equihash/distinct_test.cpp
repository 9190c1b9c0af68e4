#include "kernels/equihash/distinct.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace adit::equihash {
namespace {

constexpr u32 kGoldenRatio = 0x9e37'79b1;

/// 500 indices of 21 bits that share eight fingerprints of 15 bits: crafted by one who knows the
/// multiplier.
std::vector<u32> crowd(u32 multiplier)
{
    std::vector<u32> indices;
    for (u32 index = 0; index < (1u << 21) && indices.size() < 500; ++index)
        if (index * multiplier >> 17 < 8) indices.push_back(index);
    std::shuffle(indices.begin(), indices.end(), std::mt19937(1));
    return indices;
}

std::vector<u32> ascending(std::size_t count, u32 stride)
{
    std::vector<u32> indices(count);
    for (std::size_t i = 0; i < count; ++i) indices[i] = static_cast<u32>(i) * stride;
    return indices;
}

/// Distinct as they are; not so, wherever one of them is repeated.
void expect_found(std::vector<u32> indices, u32 multiplier, u32 seed)
{
    std::mt19937 random(seed);
    EXPECT_TRUE(distinct(indices, multiplier));
    for (int run = 0; run < 100; ++run) {
        const auto from = random() % indices.size(), to = random() % indices.size();
        if (from == to) continue;
        const u32 kept = std::exchange(indices[to], indices[from]);
        EXPECT_FALSE(distinct(indices, multiplier)) << from << " at " << to;
        indices[to] = kept;
    }
}

TEST(Distinct, SaysTheSameWithEveryMultiplier)
{
    std::mt19937 random(3);
    for (const u32 multiplier :
         {1u, 3u, kGoldenRatio, 0xffff'ffffu, u32(random()) | 1, u32(random()) | 1})
        for (const u32 stride : {1u, 1u << 4, 1u << 12, 1u << 16}) {
            SCOPED_TRACE(testing::Message() << multiplier << " stride " << stride);
            expect_found(ascending(512, stride), multiplier, 5);
            expect_found(ascending(32, stride), multiplier, 6);
        }
}

TEST(Distinct, SortsACrowd)
{
    const auto indices = crowd(kGoldenRatio);
    ASSERT_EQ(indices.size(), 500u);
    expect_found(indices, kGoldenRatio, 7);
    expect_found(indices, 3, 7);
}

TEST(Distinct, FindsAllOfThemEqual)
{
    for (const std::size_t count : {2, 32, 512})
        EXPECT_FALSE(distinct(std::vector<u32>(count, 77), kGoldenRatio)) << count;
    EXPECT_TRUE(distinct(std::vector<u32>{77}));
    EXPECT_TRUE(distinct({}));
}

}  // namespace
}  // namespace adit::equihash
