// What the host lane's watched shared memory tells, by kernels that are wrong on purpose.

#include <gtest/gtest.h>

#include <algorithm>

#define ADIT_WATCHED
#include "kernels/dialect/dialect.h"

namespace adit::dialect {
namespace {

constexpr u32 kLanes = 64;

/// What one step of a lane does to a shared word.
enum class Step { nothing, read, write_own, write_same, count };

void take(Step step, u32 lane, host::Watched<u32>* word)
{
    switch (step) {
        case Step::nothing: break;
        case Step::read: static_cast<void>(static_cast<u32>(*word)); break;
        case Step::write_own: *word = lane; break;
        case Step::write_same: *word = 7; break;
        case Step::count: adit_add_shared(word, 1u); break;
    }
}

/// Lane 0 writes a word; after a barrier everybody reads it when `all_read`, lane 3 takes the first
/// step and lane 40 the second, which has a barrier before it when `apart`.
ADIT_KERNEL(kLanes, 1) two_steps(Step first, Step second, bool apart, bool all_read)
{
    ADIT_POOL(4);
    ADIT_SHARED_ARRAY(u32, word, 0, 1);
    ADIT_LANES(kLanes)
    {
        if (lane == 0) word[0] = 7;
    }
    ADIT_BARRIER(kLanes);
    if (all_read && word[0] != 7) return;
    ADIT_LANES(kLanes)
    {
        if (lane == 3) take(first, lane, word);
        if (!apart && lane == 40) take(second, lane, word);
    }
    if (!apart) return;
    ADIT_BARRIER(kLanes);
    ADIT_LANES(kLanes)
    {
        if (lane == 40) take(second, lane, word);
    }
}

std::vector<std::string> told(Step first, Step second, bool apart, bool all_read)
{
    std::vector<std::string> lines;
    for (const auto order : {host::LaneOrder::forward, host::LaneOrder::backward}) {
        host::findings.take();
        host::run(0, 1, 1, order, 1, [&] { two_steps(first, second, apart, all_read); });
        const auto found = host::findings.take();
        lines.insert(lines.end(), found.begin(), found.end());
    }
    return lines;
}

struct Pair {
    Step first, second;
    bool is_race;
};
const Pair kPairs[]{
    {Step::read, Step::read, false},       {Step::read, Step::write_own, true},
    {Step::read, Step::write_same, true},  {Step::read, Step::count, true},
    {Step::write_own, Step::count, true},  {Step::write_own, Step::write_own, true},
    {Step::write_same, Step::count, true}, {Step::write_same, Step::write_same, false},
    {Step::count, Step::count, false},     {Step::nothing, Step::write_own, false},
};

TEST(Watched, TellsOfTwoLanesWithoutABarrierBetweenThemWhicheverIsFirst)
{
    for (const Pair& pair : kPairs) {
        SCOPED_TRACE(static_cast<int>(pair.first) * 10 + static_cast<int>(pair.second));
        EXPECT_EQ(told(pair.first, pair.second, false, false).size(), pair.is_race ? 2u : 0u);
        EXPECT_EQ(told(pair.second, pair.first, false, false).size(), pair.is_race ? 2u : 0u);
        EXPECT_TRUE(told(pair.first, pair.second, true, false).empty()) << "a barrier between them";
    }
}

TEST(Watched, CountsWhatStandsBetweenPhasesAsEveryLanes)
{
    EXPECT_TRUE(told(Step::read, Step::nothing, false, true).empty());
    EXPECT_EQ(told(Step::write_own, Step::nothing, false, true),
              std::vector<std::string>(2, "word[0] written beside another access by lane 3"));
    EXPECT_EQ(told(Step::count, Step::nothing, false, true).size(), 2u);
    EXPECT_TRUE(told(Step::nothing, Step::write_own, true, true).empty());
}

ADIT_KERNEL(kLanes, 1) reads_what_is_not_there()
{
    ADIT_POOL(4 * kLanes);
    ADIT_SHARED_ARRAY(u32, words, 0, kLanes);
    ADIT_LANES(kLanes)
    {
        if (lane != 9) words[lane] = lane;
    }
    ADIT_BARRIER(kLanes);
    ADIT_LANES(kLanes) { take(Step::read, lane, &words[kLanes - 1 - lane]); }
}

TEST(Watched, TellsOfWordsThatNobodyWrote)
{
    host::findings.take();
    host::run(0, 1, 1, host::LaneOrder::forward, 1, [] { reads_what_is_not_there(); });
    EXPECT_EQ(host::findings.take(),
              std::vector<std::string>{"words[9] read before it is written by lane 54"});
}

TEST(LaneOrder, VisitsEveryLaneOnceAndShufflesAnew)
{
    using host::LaneOrder;
    std::vector<std::vector<u32>> orders;
    for (const auto order : {LaneOrder::forward, LaneOrder::backward, LaneOrder::odd_first,
                             LaneOrder::shuffled, LaneOrder::shuffled}) {
        host::run(0, 1, 1, order, 1, [&] {
            for (int phase = 0; phase < 2; ++phase) {
                auto& lanes = orders.emplace_back();
                ADIT_LANES(kLanes) { lanes.push_back(lane); }
            }
        });
    }
    EXPECT_EQ(orders[0], orders[1]);
    EXPECT_NE(orders[6], orders[7]) << "every phase in an order of its own";
    EXPECT_EQ(orders[6], orders[8]) << "the same in every run";
    for (auto lanes : orders) {
        std::ranges::sort(lanes);
        EXPECT_EQ(lanes, orders[0]);
    }
}

}  // namespace
}  // namespace adit::dialect
