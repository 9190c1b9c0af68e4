#include <gtest/gtest.h>

#include "miner/stats/snapshot.hpp"

namespace adit::miner::stats {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1000s};

TEST(RateMeter, SteadyWorkShowsTheSameInAllWindows)
{
    RateMeter meter(kStart);
    for (auto at = kStart; at < kStart + 20min; at += 100ms) meter.add(at, at + 100ms, 5, 9);
    const Rates rates = meter.rates(kStart + 20min);
    for (const Rate& rate : {rates.w10s, rates.w60s, rates.w15m}) {
        EXPECT_NEAR(rate.its, 50, 0.01);
        EXPECT_NEAR(rate.sol_s, 90, 0.01);
    }
    EXPECT_EQ(meter.nonces_total(), 60'000u);
    EXPECT_EQ(meter.solutions_total(), 108'000u);
}

TEST(RateMeter, AYoungMeterAveragesOverItsLife)
{
    RateMeter meter(kStart);
    EXPECT_EQ(meter.rates(kStart).w10s.its, 0);
    meter.add(kStart, kStart + 2s, 8, 0);
    const Rates rates = meter.rates(kStart + 2s);
    EXPECT_NEAR(rates.w10s.its, 4, 1e-6);
    EXPECT_NEAR(rates.w15m.its, 4, 1e-6);
}

TEST(RateMeter, SlowBatchesAreSpreadOverTheTimeTheyTook)
{
    RateMeter meter(kStart);
    for (auto at = kStart; at < kStart + 5min; at += 30s) meter.add(at, at + 30s, 3, 6);
    EXPECT_NEAR(meter.rates(kStart + 5min).w10s.its, 0.1, 1e-6);
    // The next batch is under way: no drop to zero in the meantime.
    EXPECT_NEAR(meter.rates(kStart + 5min + 29s).w10s.its, 0.1, 1e-6);
    EXPECT_NEAR(meter.rates(kStart + 5min + 29s).w60s.sol_s, 0.2, 1e-6);
}

TEST(RateMeter, RestShowsAsNothing)
{
    RateMeter meter(kStart);
    for (auto at = kStart; at < kStart + 1min; at += 1s) meter.add(at, at + 1s, 10, 20);
    EXPECT_NEAR(meter.rates(kStart + 90s).w60s.its, 5, 0.01);
    EXPECT_EQ(meter.rates(kStart + 90s).w10s.its, 0);
    EXPECT_EQ(meter.rates(kStart + 20min).w15m.its, 0);
    // Coming back after more than a lap of the buckets.
    for (auto at = kStart + 1h; at < kStart + 1h + 10s; at += 1s) meter.add(at, at + 1s, 10, 20);
    EXPECT_NEAR(meter.rates(kStart + 1h + 10s).w10s.its, 10, 0.01);
    EXPECT_NEAR(meter.rates(kStart + 1h + 10s).w60s.its, 100.0 / 60, 0.01);
}

TEST(RateMeter, SolutionsMayBeCountedAfterTheirNonces)
{
    RateMeter meter(kStart);
    meter.add(kStart, kStart + 10s, 100, 0);
    meter.add(kStart, kStart + 10s, 0, 190);
    EXPECT_NEAR(meter.rates(kStart + 10s).w10s.sol_s, 19, 1e-6);
    EXPECT_NEAR(meter.rates(kStart + 10s).w10s.its, 10, 1e-6);
}

TEST(RateMeter, AWindowThatCutsASecond)
{
    RateMeter meter(kStart);
    for (int i = 0; i < 100; ++i) meter.add(kStart + i * 250ms, kStart + (i + 1) * 250ms, 1, 0);
    EXPECT_NEAR(meter.rates(kStart + 25s).w10s.its, 4, 1e-6);
    RateMeter uneven(kStart);
    for (int i = 0; i < 100; ++i) uneven.add(kStart + i * 330ms, kStart + (i + 1) * 330ms, 33, 0);
    EXPECT_NEAR(uneven.rates(kStart + 33s).w10s.its, 100, 0.5);
}

TEST(Rates, OfSeveralWorkersAddUp)
{
    Rates sum;
    sum += Rates{{1, 2}, {3, 4}, {5, 6}};
    sum += Rates{{1, 2}, {3, 4}, {5, 6}};
    EXPECT_EQ(sum.w60s.its, 6);
    EXPECT_EQ(sum.w15m.sol_s, 12);
}

}  // namespace
}  // namespace adit::miner::stats
