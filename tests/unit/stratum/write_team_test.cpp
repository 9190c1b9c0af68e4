#include "stratum/net/write_team.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

namespace adit::stratum::net {
namespace {

/// How often each number below `count` was called.
std::vector<int> calls_of(WriteTeam& team, std::size_t count)
{
    std::vector<std::atomic<int>> calls(count + 1);
    team.for_each(count, [&](std::size_t i) { ++calls.at(i); });
    EXPECT_EQ(calls.back(), 0);
    return {calls.begin(), calls.end() - 1};
}

TEST(WriteTeam, DoesEverythingOnce)
{
    for (const unsigned helpers : {0u, 1u, 3u}) {
        WriteTeam team(helpers);
        for (const std::size_t count : {0u, 1u, 63u, 64u, 65u, 1'000u, 999u})
            EXPECT_EQ(calls_of(team, count), std::vector<int>(count, 1)) << helpers;
    }
}

/// What one call wrote is there when it returns, and no helper is late into the next one.
TEST(WriteTeam, IsDoneWhenItReturns)
{
    WriteTeam team(3);
    std::vector<std::size_t> values(200);
    for (std::size_t round = 1; round <= 2'000; ++round) {
        team.for_each(values.size(), [&](std::size_t i) { values[i] += i; });
        ASSERT_EQ(values.back(), round * (values.size() - 1));
        ASSERT_EQ(values[100], round * 100);
    }
}

TEST(WriteTeam, HelpersHelp)
{
    WriteTeam team(1);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    team.for_each(WriteTeam::kAlone, [&](std::size_t) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
    });
    EXPECT_EQ(threads.size(), 2u);
}

}  // namespace
}  // namespace adit::stratum::net
