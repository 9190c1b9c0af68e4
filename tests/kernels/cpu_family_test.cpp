// The larger sets and more nonces: every known complete set the everyday suite has no time for.

#include <chrono>
#include <thread>

#include "tests/kernels/cpu_support.hpp"

namespace adit::cpu {
namespace {

using equihash::Params;
using test::EveryLane;

INSTANTIATE_TEST_SUITE_P(CpuFamily, EveryLane, testing::ValuesIn(test::kLanes), test::lane_name);

/// The first `inputs_max` known inputs of these parameters that are headers.
void expect_known_sets(const std::string& lane, const Params& params, std::size_t inputs_max,
                       u32 threads = 1)
{
    std::size_t inputs = 0;
    for (const auto& solved : equihash::test::solved_inputs()) {
        if (solved.params != params || solved.input.size() != equihash::kHeaderBytes) continue;
        SCOPED_TRACE(solved.name);
        const auto solver = test::make_solver(params, solved.personalization, lane, threads);
        EXPECT_EQ(test::solve_one(*solver, test::pow_input(solved.input)), solved.solutions);
        if (++inputs == inputs_max) break;
    }
    EXPECT_EQ(inputs, inputs_max);
}

TEST_P(EveryLane, FindsTheCompleteSetsOfTenNoncesOf200_9)
{
    expect_known_sets(lane(), {200, 9}, 10);
}

/// 2'000 nonces of the smallest set, whose tables vary most: not a row is lost, and as many
/// solutions as theory has come out.
TEST(SmallSet, KeepsItsRows)
{
    const auto solver = test::make_solver({48, 5}, {}, "");
    const auto report = solver->solve({}, {.counter_bytes = 4, .first = 1, .count = 2'000}, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->rows_dropped, 0u);
    EXPECT_NEAR(static_cast<double>(report->found.size()), 0.744 * 2'000, 120);  // 3 deviations
}

class BigSet : public testing::TestWithParam<u32> {};  ///< threads that share a nonce

INSTANTIATE_TEST_SUITE_P(CpuFamily, BigSet, testing::Values(1, 2, 4));

TEST_P(BigSet, StopsWithin300Ms)
{
    const auto solver = test::make_solver({144, 5}, {}, "", GetParam());
    for (const auto wait : {400, 1'200}) {
        std::chrono::steady_clock::time_point stopped_at;
        std::jthread worker([&](std::stop_token stop) {
            static_cast<void>(solver->solve({}, {.first = 1, .count = 100}, stop));
            stopped_at = std::chrono::steady_clock::now();
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(wait));
        const auto asked_at = std::chrono::steady_clock::now();
        worker.request_stop();
        worker.join();
        EXPECT_LT(stopped_at - asked_at, std::chrono::milliseconds(300)) << wait;
    }
}

class BigSets : public testing::TestWithParam<Params> {};

TEST_P(BigSets, OneNonceOnTheBestLane) { expect_known_sets("", GetParam(), 1); }
class SharedSets : public testing::TestWithParam<Params> {};

TEST_P(SharedSets, OneNonceSharedByThreads)
{
    EXPECT_EQ(cpu_backend()->threads_max(GetParam()), 4u);
    expect_known_sets("", GetParam(), 1, 2);
    expect_known_sets("portable", GetParam(), 1, 4);
}

std::string set_name(const testing::TestParamInfo<Params>& set)
{
    return "n" + std::to_string(set.param.n) + "k" + std::to_string(set.param.k);
}
INSTANTIATE_TEST_SUITE_P(CpuFamily, BigSets,
                         testing::Values(Params{96, 3}, Params{210, 9}, Params{144, 5},
                                         Params{192, 7}, Params{125, 4, true}, Params{150, 5}),
                         set_name);
INSTANTIATE_TEST_SUITE_P(CpuFamily, SharedSets,
                         testing::Values(Params{96, 3}, Params{144, 5}, Params{192, 7},
                                         Params{125, 4, true}, Params{150, 5}),
                         set_name);

}  // namespace
}  // namespace adit::cpu
