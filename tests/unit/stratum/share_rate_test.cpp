#include "stratum/proto/share_rate.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace adit::stratum {
namespace {

using namespace std::chrono_literals;

TEST(ShareRate, GarwoodsIntervalsOfTheBooks)
{
    // Exact Poisson limits, e.g. Ulm 1990 and every table since.
    const auto expect = [](double count, double low, double high) {
        const PoissonInterval interval = poisson_interval_95(count);
        EXPECT_NEAR(interval.low, low, 0.005) << count;
        EXPECT_NEAR(interval.high, high, 0.005) << count;
    };
    expect(0, 0, 3.689);
    expect(1, 0.0253, 5.572);
    expect(2, 0.2422, 7.225);
    expect(10, 4.795, 18.390);
    expect(100, 81.364, 121.627);
}

TEST(ShareRate, CountsWhatTheTargetsStandFor)
{
    ShareRate rate(1h);
    const TimePoint start{50s};
    rate.start(start);
    EXPECT_EQ(rate.estimate(start + 1s).rate_sol_s, 0);
    for (int i = 1; i <= 100; ++i) rate.accepted(~U256{} >> 10, start + i * 1s);
    RateEstimate estimate = rate.estimate(start + 100s);
    EXPECT_NEAR(estimate.rate_sol_s, 1024, 0.01);
    EXPECT_NEAR(estimate.low_sol_s, 1024 * 0.81364, 1);
    EXPECT_NEAR(estimate.high_sol_s, 1024 * 1.21627, 1);
    // One heavy share among light ones: the interval is that of few shares.
    rate.accepted(~U256{} >> 20, start + 100s);
    estimate = rate.estimate(start + 100s);
    EXPECT_EQ(estimate.shares, 101u);
    EXPECT_GT(estimate.high_sol_s / estimate.rate_sol_s, 3.5);
}

TEST(ShareRate, ForgetsWhatLeftTheWindow)
{
    ShareRate rate(10min);
    const TimePoint start{50s};
    rate.start(start);
    for (int i = 0; i < 1200; ++i) rate.accepted(~U256{} >> 4, start + i * 1s);
    const RateEstimate estimate = rate.estimate(start + 1200s);
    EXPECT_EQ(estimate.window, Duration(10min));
    EXPECT_NEAR(estimate.rate_sol_s, 16, 0.05);
}

}  // namespace
}  // namespace adit::stratum
