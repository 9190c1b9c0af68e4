#include "kernels/base/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace adit {
namespace {

TEST(Random, RepeatsItselfFromASeed)
{
    Random a(7), b(7), c(8);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const u64 draw = a.next();
        EXPECT_EQ(draw, b.next());
        differs |= draw != c.next();
    }
    EXPECT_TRUE(differs);
}

TEST(Random, IsEvenBelowABound)
{
    Random random(1);
    std::map<u64, int> seen;
    for (int i = 0; i < 60'000; ++i) ++seen[random.below(6)];
    ASSERT_EQ(seen.size(), 6u);
    for (const auto& [face, count] : seen) EXPECT_NEAR(count, 10'000, 400) << face;
    EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, WaitsExponentially)
{
    Random random(2);
    const Duration mean = std::chrono::seconds(5);
    double sum = 0;
    int beyond_mean = 0;
    constexpr int kDraws = 50'000;
    for (int i = 0; i < kDraws; ++i) {
        const Duration wait = random.exponential(mean);
        ASSERT_GE(wait.count(), 0);
        sum += static_cast<double>(wait.count());
        beyond_mean += wait > mean ? 1 : 0;
    }
    EXPECT_NEAR(sum / kDraws / static_cast<double>(mean.count()), 1.0, 0.02);
    EXPECT_NEAR(static_cast<double>(beyond_mean) / kDraws, std::exp(-1.0), 0.01);
}

TEST(Random, TakesEntropyFromTheSystem) { EXPECT_NE(entropy_seed(), entropy_seed()); }

}  // namespace
}  // namespace adit
