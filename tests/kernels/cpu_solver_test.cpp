// The CPU solver against complete sets, the plain reference solver, and its own promises.

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "kernels/backends.hpp"
#include "kernels/cpu/arena.hpp"
#include "kernels/cpu/nonce_kernel.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "kernels/equihash/verifier.hpp"
#include "tests/kernels/cpu_support.hpp"

namespace adit::cpu {
namespace {

using equihash::Params;
using test::EveryLane;
using namespace std::chrono_literals;

INSTANTIATE_TEST_SUITE_P(CpuSolver, EveryLane, testing::ValuesIn(test::kLanes), test::lane_name);

/// Some published inputs are no headers. The kernel only ever sees digests, so it can be fed
/// theirs.
const equihash::Leaves* leaves_of_any_input = nullptr;

std::vector<equihash::MinimalSolution> solve_any_input(const NonceKernel& kernel,
                                                       const equihash::test::SolvedInput& solved)
{
    const equihash::Leaves leaves(solved.params, solved.personalization, solved.input);
    leaves_of_any_input = &leaves;
    const Arena arena(kernel.arena_bytes, false);
    const hash::HeaderMidstate unused{};
    std::vector<u32> found(kSolutionsMax * kLeavesMax);
    NonceRun run{
        .arena = arena.data(),
        .midstate = &unused,
        .hasher = {.run = [](const hash::HeaderMidstate&, u32 first, u32 count,
                             u8* out) { leaves_of_any_input->digests(first, count, out); }},
        .stop_requested = [](const void*) { return false; },
        .leaves = reinterpret_cast<u32(*)[kLeavesMax]>(found.data())};
    EXPECT_TRUE(kernel.run(run));
    std::vector<equihash::MinimalSolution> solutions;
    for (u32 s = 0; s < run.solutions; ++s)
        solutions.push_back(
            *equihash::to_minimal(solved.params, {run.leaves[s], solved.params.indices()}));
    std::sort(solutions.begin(), solutions.end());
    return solutions;
}

void expect_known_sets(const std::string& lane, u32 n, u32 k, std::size_t inputs_expected)
{
    std::size_t inputs = 0;
    for (const auto& solved : equihash::test::solved_inputs()) {
        if (solved.params.n != n || solved.params.k != k) continue;
        SCOPED_TRACE(solved.name);
        ++inputs;
        if (solved.input.size() == equihash::kHeaderBytes) {
            const auto solver = test::make_solver(solved.params, solved.personalization, lane);
            EXPECT_EQ(solver->info().variant, lane);
            EXPECT_EQ(test::solve_one(*solver, test::pow_input(solved.input)), solved.solutions);
        } else {
            const NonceKernel* kernel = find_kernel(solved.params, *hash::parse_lane(lane));
            ASSERT_NE(kernel, nullptr);
            EXPECT_EQ(solve_any_input(*kernel, solved), solved.solutions);
        }
    }
    EXPECT_EQ(inputs, inputs_expected);
}

TEST_P(EveryLane, FindsTheCompleteSetsOf48_5) { expect_known_sets(lane(), 48, 5, 40); }
TEST_P(EveryLane, FindsTheCompleteSetsOf96_5) { expect_known_sets(lane(), 96, 5, 18); }

/// Random headers and personalizations: the very set the plain solver finds.
void expect_the_reference_sets(const std::string& lane, Params params, int headers)
{
    std::mt19937 random(20261121);
    for (int i = 0; i < headers; ++i) {
        equihash::PowInput input;
        for (u8& byte : input.header) byte = static_cast<u8>(random());
        equihash::Personalization personalization;
        for (char& c : personalization.tag) c = static_cast<char>('A' + random() % 26);
        std::vector<equihash::MinimalSolution> expected;
        for (const auto& indices :
             equihash::solve_by_the_book(params, personalization, input.view()))
            expected.push_back(*equihash::to_minimal(params, indices.values));
        std::sort(expected.begin(), expected.end());
        const auto solver = test::make_solver(params, personalization, lane);
        EXPECT_EQ(test::solve_one(*solver, input), expected) << "header " << i;
    }
}

TEST_P(EveryLane, AgreesWithTheReferenceOnRandomHeadersOf48_5)
{
    expect_the_reference_sets(lane(), {48, 5}, 200);
}
TEST_P(EveryLane, AgreesWithTheReferenceOnRandomHeadersOf96_5)
{
    expect_the_reference_sets(lane(), {96, 5}, 4);
}

TEST_P(EveryLane, FindsTheCompleteSetsOfTwoNoncesOf200_9)
{
    const auto solver = test::make_solver({200, 9}, {}, lane());
    std::size_t inputs = 0;
    for (const auto& solved : equihash::test::solved_inputs()) {
        if (solved.params != Params{200, 9} ||
            solved.personalization != solver->info().personalization)
            continue;
        if (solved.input.size() != equihash::kHeaderBytes || solved.solutions.size() < 2) continue;
        SCOPED_TRACE(solved.name);
        EXPECT_EQ(test::solve_one(*solver, test::pow_input(solved.input)), solved.solutions);
        if (++inputs == 2) break;
    }
    EXPECT_EQ(inputs, 2u);
}

/// One solver, many nonces: the same as each alone, in the order of the nonces.
TEST_P(EveryLane, TriesTheNoncesOfABatchInOrder)
{
    const auto solver = test::make_solver({48, 5}, {}, lane());
    equihash::PowInput input;
    input.header[131] = 7;
    const solver::NonceRange batch{
        .counter_offset = 4, .counter_bytes = 3, .first = 250, .count = 40};
    const auto report = solver->solve(input, batch, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->nonces_done, 40u);
    std::vector<solver::FoundSolution> one_by_one;
    for (u64 i = 0; i < batch.count; ++i) {
        equihash::PowInput now = input;
        solver::place_counter(now, batch, batch.first + i);
        for (auto& solution : test::solve_one(*solver, now)) {
            solver::FoundSolution& found = one_by_one.emplace_back();
            std::copy(now.nonce().begin(), now.nonce().end(), found.nonce.begin());
            found.solution = solution;
        }
    }
    auto found = report->found;
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return load_le<u32>(a.nonce.data() + 4) < load_le<u32>(b.nonce.data() + 4);
    }));
    std::sort(found.begin(), found.end());
    std::sort(one_by_one.begin(), one_by_one.end());
    EXPECT_EQ(found, one_by_one);
    EXPECT_FALSE(found.empty());
}

/// Time the calling thread has spent on a core: other load on the machine does not count.
std::chrono::nanoseconds cpu_time_of(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

TEST_P(EveryLane, StopsWithin50MsAt200_9)
{
    const auto solver = test::make_solver({200, 9}, {}, lane());
    for (const auto wait : {5ms, 40ms, 90ms, 250ms}) {
        std::chrono::nanoseconds stopped_at{};
        u64 done = 0;
        std::jthread worker([&](std::stop_token stop) {
            const auto report = solver->solve({}, {.first = 1, .count = 1'000}, stop);
            stopped_at = cpu_time_of(CLOCK_THREAD_CPUTIME_ID);
            done = report->nonces_done;
        });
        clockid_t clock{};
        ASSERT_EQ(pthread_getcpuclockid(worker.native_handle(), &clock), 0);
        std::this_thread::sleep_for(wait);
        worker.request_stop();
        const auto asked_at = cpu_time_of(clock);
        worker.join();
        EXPECT_LT(stopped_at - asked_at, 50ms) << "after " << wait.count() << " ms";
        EXPECT_LT(done, 100u);
    }
}

/// Nonce by nonce: as long as the whole, and as many bytes as the rows of the tables make.
TEST(CpuPhases, TellWhereANoncesTimeGoes)
{
    const auto solver = test::make_solver({96, 5}, {}, "");
    const auto start = std::chrono::steady_clock::now();
    const auto report = solver->solve({}, {.first = 0, .count = 3}, {});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    ASSERT_TRUE(report);
    ASSERT_EQ(report->phases.size(), 7u);
    EXPECT_EQ(report->phases.front().name, "table 0");
    EXPECT_EQ(report->phases[4].name, "table 4");
    EXPECT_EQ(report->phases[5].name, "last digits");
    EXPECT_EQ(report->phases.back().name, "way back");
    double seconds = 0;
    for (const solver::Phase& phase : report->phases) {
        EXPECT_GT(phase.seconds, 0) << phase.name;
        seconds += phase.seconds;
    }
    EXPECT_LT(seconds, took.count());
    // 2^17 leaves: 12 bytes of hash and 2 of reference.
    EXPECT_EQ(report->phases.front().bytes, 3u * 131'072 * (12 + 2));
    EXPECT_EQ(report->phases.back().bytes, 0u);
    for (std::size_t i = 2; i < 5; ++i)
        EXPECT_GT(report->phases[i].bytes, report->phases[i + 1].bytes) << i;
}

u64 resident_bytes()
{
    std::ifstream file("/proc/self/statm");
    u64 total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<u64>(sysconf(_SC_PAGESIZE));
}

TEST(CpuMemory, IsWhatTheSolverSays)
{
    const u64 before = resident_bytes();
    const auto solver = test::make_solver({200, 9}, {}, "");
    ASSERT_TRUE(solver->solve({}, {.first = 0, .count = 1}, {}));
    const u64 held = solver->info().memory_bytes;
    EXPECT_LE(held, 120'000'000u);
    EXPECT_LE(resident_bytes() - before, held + 4'000'000);
    EXPECT_GE(held, *cpu_backend()->memory_needed({}, {200, 9}));
}

/// Threads that share a nonce find what one thread finds, nonce after nonce.
TEST(SharedNonce, GivesTheCompleteSetOf96_3)
{
    std::size_t inputs = 0;
    for (const auto& solved : equihash::test::solved_inputs()) {
        if (solved.params != Params{96, 3} || solved.input.size() != equihash::kHeaderBytes)
            continue;
        SCOPED_TRACE(solved.name);
        for (u32 threads : {2, 4}) {
            const auto solver = test::make_solver({96, 3}, solved.personalization, "", threads);
            EXPECT_EQ(solver->info().threads, threads);
            EXPECT_EQ(test::solve_one(*solver, test::pow_input(solved.input)), solved.solutions);
        }
        if (++inputs == 1) break;
    }
    EXPECT_EQ(inputs, 1u);
}

TEST(SharedNonce, SmallSetsKeepToOneThread)
{
    EXPECT_EQ(cpu_backend()->threads_max({144, 5}), 4u);
    EXPECT_EQ(cpu_backend()->threads_max({200, 9}), 1u);
    EXPECT_EQ(test::make_solver({48, 5}, {}, "", 4)->info().threads, 1u);
}

TEST(CpuBackend, IsTheLastFamilyAndOneDevice)
{
    EXPECT_EQ(kernels::backends().back(), cpu_backend());
    const auto devices = cpu_backend()->devices();
    ASSERT_EQ(devices.size(), 1u);
    EXPECT_EQ(devices[0].id, "cpu");
    EXPECT_FALSE(devices[0].name.empty());
    EXPECT_GE(devices[0].workers, 1u);
    EXPECT_GT(devices[0].memory_bytes, u64{1} << 28);
}

TEST(CpuBackend, SaysWhatItCannotDo)
{
    const auto device = cpu_backend()->devices()[0];
    EXPECT_FALSE(cpu_backend()->memory_needed({}, {60, 4}));
    auto unknown = cpu_backend()->make_solver(device, {.params = {60, 4}});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().word, solver::DeviceError::Word::unsupported_params);
    EXPECT_NE(unknown.error().detail.find("200,9"), std::string::npos) << "names those it can do";
    auto lane = cpu_backend()->make_solver(device, {.params = {48, 5}, .lane = "neon"});
    ASSERT_FALSE(lane);
    EXPECT_EQ(lane.error().word, solver::DeviceError::Word::not_found);
    EXPECT_NE(lane.error().detail.find("portable"), std::string::npos);
}

}  // namespace
}  // namespace adit::cpu
