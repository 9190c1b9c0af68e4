#include "miner/farm/worker_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "kernels/cpu/cpu_backend.hpp"
#include "kernels/solver/self_test.hpp"
#include "miner/farm/solver_wire.hpp"

namespace adit::miner::farm {
namespace {

using namespace std::chrono_literals;
using solver::DeviceError;

// --- the wire

solver::SolverOptions small()
{
    solver::SolverOptions options;
    options.params = {48, 5};
    return options;
}

template <class Fields>
void expect_round_trip(const Fields& fields)
{
    const Bytes bytes = wire::encode(fields);
    const auto frame = wire::decode(ByteView(bytes).subspan(4));
    ASSERT_TRUE(frame);
    EXPECT_EQ(std::get<Fields>(*frame), fields);
    for (std::size_t size = 0; size + 4 < bytes.size(); ++size)
        EXPECT_FALSE(wire::decode(ByteView(bytes).subspan(4, size))) << "cut at " << size;
}

TEST(SolverWire, EveryFrameComesBack)
{
    expect_round_trip(wire::Open{"cuda:1", {200, 9}, {}, "sm_90", 3});
    wire::Solve solve;
    solve.input.header[139] = 7;
    solve.batch = {4, 8, 1u << 20, 99};
    expect_round_trip(solve);
    expect_round_trip(wire::Stop{});
    expect_round_trip(wire::Ready{"NVIDIA H200", "sm_90", 144u << 20});

    wire::Report report;
    report.report.nonces_done = 12;
    report.report.rows_dropped = 3;
    report.report.found.push_back({{1, 2, 3}, {Bytes(1344, 5)}});
    const Bytes bytes = wire::encode(report);
    const auto back = wire::decode(ByteView(bytes).subspan(4));
    ASSERT_TRUE(back);
    EXPECT_EQ(std::get<wire::Report>(*back).report.found, report.report.found);
    EXPECT_EQ(std::get<wire::Report>(*back).report.rows_dropped, 3u);

    const Bytes failed = wire::encode(wire::Failed{{DeviceError::Word::out_of_memory, "2 GB"}});
    const auto error = wire::decode(ByteView(failed).subspan(4));
    ASSERT_TRUE(error);
    EXPECT_EQ(std::get<wire::Failed>(*error).error.detail, "2 GB");
}

TEST(SolverWire, NonsenseIsNoFrame)
{
    EXPECT_FALSE(wire::decode({}));
    EXPECT_FALSE(wire::decode(Bytes{99}));
    EXPECT_FALSE(wire::decode(Bytes{2, 0}));               // a stop has no fields
    EXPECT_FALSE(wire::decode(Bytes{5, 77, 0, 0, 0, 0}));  // no such word
}

// --- whole processes, with the CPU as their device

solver::DeviceInfo cpu() { return cpu::cpu_backend()->devices().at(0); }

auto make(const solver::SolverOptions& options, const ProcessLimits& limits = {})
{
    return make_process_solver(ADIT_PROGRAM, cpu(), options, limits);
}

/// The one child of this process.
pid_t child_pid()
{
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "stat");
        std::string pid, name, state;
        pid_t parent = 0;
        if (file >> pid >> name >> state >> parent && parent == getpid() && state != "Z")
            return std::stoi(pid);
    }
    return 0;
}

TEST(ProcessSolver, AnswersLikeTheDeviceItself)
{
    auto made = make(small());
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ((*made)->info().device_id, "cpu");
    EXPECT_FALSE((*made)->info().variant.empty());
    EXPECT_GT((*made)->info().memory_bytes, 0u);
    const auto& answer = solver::quick_answer({48, 5});
    auto for_answer = small();
    for_answer.personalization = *equihash::Personalization::from_text(answer.personalization);
    auto tested = make(for_answer);
    ASSERT_TRUE(tested);
    EXPECT_TRUE(solver::check_answer(**tested, answer));
}

TEST(ProcessSolver, AStopReachesTheProcess)
{
    auto options = small();
    options.params = {200, 9};
    auto made = make(options);
    ASSERT_TRUE(made) << made.error().detail;
    std::stop_source stop;
    std::jthread later([&] {
        std::this_thread::sleep_for(50ms);
        stop.request_stop();
    });
    const auto report = (*made)->solve({}, {0, 8, 0, 1'000'000}, stop.get_token());
    ASSERT_TRUE(report);
    EXPECT_LT(report->nonces_done, 1'000u);
    // And the next batch is not stopped by it.
    const auto next = (*made)->solve({}, {0, 8, 0, 1}, {});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->nonces_done, 1u);
}

TEST(ProcessSolver, ACrashIsALostDeviceAndTheNextOneWorks)
{
    auto made = make(small());
    ASSERT_TRUE(made);
    std::jthread later([&] {
        std::this_thread::sleep_for(50ms);
        ::kill(child_pid(), SIGKILL);  // an OpenCL compiler catches what it can, SIGSEGV too
    });
    const auto report = (*made)->solve({}, {0, 8, 0, 1u << 30}, {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().word, DeviceError::Word::lost);
    EXPECT_FALSE((*made)->solve({}, {0, 8, 0, 1}, {}));
    auto again = make(small());
    ASSERT_TRUE(again);
    EXPECT_TRUE((*again)->solve({}, {0, 8, 0, 1}, {}));
}

TEST(ProcessSolver, AHangIsALostDevice)
{
    ProcessLimits limits;
    limits.batch_max = 300ms;
    auto made = make(small(), limits);
    ASSERT_TRUE(made);
    const pid_t child = child_pid();
    ::kill(child, SIGSTOP);
    const auto report = (*made)->solve({}, {0, 8, 0, 1}, {});
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().detail.find("hangs"), std::string::npos) << report.error().detail;
    EXPECT_EQ(::kill(child, 0), -1) << "it is gone, and reaped";
}

TEST(ProcessSolver, AHangAfterAStopIsALostDevice)
{
    ProcessLimits limits;
    limits.stop_max = 200ms;
    auto made = make(small(), limits);
    ASSERT_TRUE(made);
    ::kill(child_pid(), SIGSTOP);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE((*made)->solve({}, {0, 8, 0, 1}, stop.get_token()));
}

TEST(ProcessSolver, ADeviceThatIsNotThereIsNamed)
{
    auto device = cpu();
    device.id = "cuda:7";
    const auto made = make_process_solver(ADIT_PROGRAM, device, small());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().word, DeviceError::Word::not_found);
    EXPECT_NE(made.error().detail.find("cuda:7"), std::string::npos);
}

TEST(ProcessSolver, AProgramThatIsNoSolverIsLost)
{
    EXPECT_FALSE(make_process_solver("/bin/true", cpu(), small()));
    EXPECT_FALSE(make_process_solver("/nowhere", cpu(), small()));
}

TEST(ProcessSolver, NothingIsLeftBehind)
{
    {
        auto made = make(small());
        ASSERT_TRUE(made);
        EXPECT_NE(child_pid(), 0);
    }
    EXPECT_EQ(child_pid(), 0);
}

}  // namespace
}  // namespace adit::miner::farm
