// Who works where and with whom: the choice of cores on machines made up, and threads that meet.

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <numeric>
#include <set>
#include <thread>

#include "kernels/cpu/cpu_solver.hpp"
#include "kernels/cpu/placement.hpp"
#include "kernels/cpu/team.hpp"

namespace adit::cpu {
namespace {

using Teams = std::vector<u32>;

/// The units of every worker's every thread.
std::vector<Places> all_places(const std::vector<Unit>& units, const Teams& teams)
{
    std::vector<Places> all;
    for (u32 worker = 0; worker < teams.size(); ++worker)
        all.push_back(places_of(units, teams, worker));
    return all;
}

/// Two packages of four cores of two units each, a memory node a package.
class TwoPackages : public testing::Test {
protected:
    void SetUp() override
    {
        units = units_of("pack:2 [numa] core:4 pu:2");
        if (units.empty()) GTEST_SKIP() << "built without hwloc: there is nothing to make up";
        ASSERT_EQ(units.size(), 16u);
    }
    const Unit& unit(u32 number) const { return units.at(number); }

    std::vector<Unit> units;
};

TEST_F(TwoPackages, AreReadAsTheyAre)
{
    EXPECT_EQ(unit(0), (Unit{0, 0, 0, 0}));
    EXPECT_EQ(unit(1), (Unit{1, 0, 0, 1}));
    EXPECT_EQ(unit(8), (Unit{8, 4, 1, 0}));
    EXPECT_EQ(unit(15), (Unit{15, 7, 1, 1}));
}

TEST_F(TwoPackages, EveryCoreGetsOneThreadBeforeAnyGetsTwo)
{
    for (u32 workers = 8; workers <= 16; ++workers) {
        std::set<u32> taken;
        std::vector<u32> on_core(8);
        for (const Places& places : all_places(units, Teams(workers, 1))) {
            ASSERT_EQ(places.size(), 1u);
            ASSERT_EQ(places[0].size(), 1u) << "a unit of its own";
            EXPECT_TRUE(taken.insert(places[0][0]).second);
            ++on_core[unit(places[0][0]).core];
        }
        const auto [least, most] = std::minmax_element(on_core.begin(), on_core.end());
        EXPECT_EQ(*least, 1u + workers / 16) << workers;
        EXPECT_EQ(*most, workers > 8 ? 2u : 1u) << workers;
    }
}

TEST_F(TwoPackages, WorkersAreDealtToTheNodesInTurn)
{
    const auto all = all_places(units, Teams(8, 1));
    for (u32 worker = 0; worker < 8; ++worker)
        EXPECT_EQ(unit(all[worker][0][0]).node, worker % 2) << worker;
}

TEST_F(TwoPackages, FewThreadsMayUseAnyCoreOfTheirNode)
{
    EXPECT_EQ(places_of(units, {1, 1}, 0), (Places{{0, 2, 4, 6}}));
    EXPECT_EQ(places_of(units, {1, 1}, 1), (Places{{8, 10, 12, 14}}));
}

TEST_F(TwoPackages, ThreadsOfOneNonceStayOnOneNode)
{
    for (const Teams& teams :
         {Teams{4, 4, 4, 4}, Teams{2, 2, 2, 2, 2, 2, 2, 2}, Teams{4, 4, 2, 1}}) {
        std::set<u32> taken;
        const auto all = all_places(units, teams);
        for (u32 worker = 0; worker < teams.size(); ++worker) {
            ASSERT_EQ(all[worker].size(), teams[worker]);
            for (const auto& place : all[worker]) {
                EXPECT_TRUE(taken.insert(place.at(0)).second);
                EXPECT_EQ(unit(place.at(0)).node, unit(all[worker][0][0]).node);
            }
        }
    }
    EXPECT_EQ(places_of(units, {4, 4}, 1), (Places{{8}, {10}, {12}, {14}}));
}

TEST_F(TwoPackages, WhatDoesNotFitIsPlacedNowhere)
{
    EXPECT_TRUE(places_of(units, Teams(17, 1), 0).empty()) << "more threads than units";
    EXPECT_TRUE(places_of(units, {1, 1}, 2).empty()) << "no such worker";
    EXPECT_TRUE(places_of({{0, 0, 0, 0}, {1, 1, 1, 0}}, {2}, 0).empty()) << "no node has two units";
}

TEST(Placement, KeepsToTheUnitsOfThisProcess)
{
    cpu_set_t allowed;
    ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    ASSERT_FALSE(units_here().empty());
    for (const Unit& unit : units_here()) EXPECT_TRUE(CPU_ISSET(unit.number, &allowed));
}

TEST(Placement, AThreadStaysAndThenMayGoAgain)
{
    cpu_set_t before, meanwhile, after;
    const u32 unit = units_here().back().number;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    {
        const Stay stay({unit});
        ASSERT_EQ(sched_getaffinity(0, sizeof meanwhile, &meanwhile), 0);
        EXPECT_EQ(CPU_COUNT(&meanwhile), 1);
        EXPECT_TRUE(CPU_ISSET(unit, &meanwhile));
        EXPECT_EQ(sched_getcpu(), static_cast<int>(unit));
    }
    ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(Team, AllBeginAndAllAreWaitedFor)
{
    Team team(4);
    std::vector<u32> done(4);
    for (u32 job = 1; job <= 200; ++job) {
        team.run([&](u32 member) { done[member] += member + 1; });
        EXPECT_EQ(std::accumulate(done.begin(), done.end(), 0u), 10 * job);
    }
}

TEST(Team, NobodyPassesAMeetingBeforeTheLastHasCome)
{
    Team team(3);
    std::vector<u32> at(3);
    for (u32 job = 0; job < 50; ++job) {
        at.assign(3, 0);
        team.run([&](u32 member) {
            for (u32 phase = 1; phase <= 20; ++phase) {
                at[member] = phase;
                EXPECT_TRUE(team.meet());
                for (u32 other : at) EXPECT_EQ(other, phase);
                EXPECT_TRUE(team.meet());
            }
        });
    }
}

TEST(Team, WhoLeavesFreesTheOthers)
{
    Team team(3);
    for (u32 job = 0; job < 50; ++job) {
        std::atomic<u32> met = 0;
        team.run([&](u32 member) {
            for (u32 phase = 0; phase < 10; ++phase) {
                if (member == job % 3 && phase == 5) return;
                if (!team.meet()) return;
                ++met;
            }
        });
        EXPECT_EQ(met, 15u) << "five meetings of three";
        team.run([&](u32) { EXPECT_TRUE(team.meet()) << "a new job begins afresh"; });
    }
}

constexpr u64 kPageBytes = 4096;
constexpr u64 kPages = 4096;

/// A kernel that works on memory alone: each thread marks the pages of the next thread's share, the
/// last page first; when all have met, marks that are gone count as rows dropped.
bool mark_pages(NonceRun& run)
{
    const u64 share = kPages / run.threads;
    const u64 first = (run.thread + 1) % run.threads * share;
    for (u64 page = first + share; page-- > first;) run.arena[page * kPageBytes] = 1;
    if (!run.meet(run.team)) return false;
    for (u64 page = first; page < first + share; ++page)
        if (run.arena[page * kPageBytes] != 1) ++run.rows_dropped;
    return true;
}

/// The threads take their shares of the memory by writing to it: nobody may work in it before the
/// last has taken his.
TEST(TeamMemory, IsTakenByAllBeforeTheFirstWorksInIt)
{
    const NonceKernel kernel{.params = {48, 5},
                             .lane = hash::Lane::portable,
                             .arena_bytes = kPages * kPageBytes,
                             .threads_max = 4,
                             .run = &mark_pages};
    solver::SolverInfo info;
    info.params = kernel.params;
    for (u32 threads : {2, 4}) {
        info.threads = threads;
        for (u32 i = 0; i < 50; ++i) {
            CpuSolver solver(kernel, Arena(kernel.arena_bytes, false), threads, {}, info);
            const auto report = solver.solve({}, {.first = 0, .count = 2}, {});
            ASSERT_TRUE(report);
            ASSERT_EQ(report->nonces_done, 2u);
            ASSERT_EQ(report->rows_dropped, 0u) << threads << " threads, solver " << i;
        }
    }
}

}  // namespace
}  // namespace adit::cpu
