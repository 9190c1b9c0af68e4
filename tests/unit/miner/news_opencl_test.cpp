// The same for an OpenCL device: PoCL, where no GPU is.

#include "kernels/opencl/device_list.hpp"
#include "kernels/opencl/opencl_backend.hpp"
#include "tests/unit/miner/news_support.hpp"

namespace adit::miner::work {
namespace {

/// How long one nonce takes, the better of two.
Duration time_of_a_nonce(solver::Solver& solver)
{
    Duration best = 1h;
    for (u64 nonce = 0; nonce < 2; ++nonce) {
        const TimePoint begun = Clock::now();
        EXPECT_TRUE(solver.solve({}, {.first = nonce, .count = 1}, {}));
        best = std::min(best, Duration(Clock::now() - begun));
    }
    return best;
}

/// The stop bound of a GPU is one of the k rounds of a nonce. Where a round begins and ends cannot
/// be seen from here, so eight of ten lines must have been left in half a nonce: a device that only
/// looked up between nonces would pass once in twenty times.
TEST_F(News, AnOpenclDeviceLeavesTheOldJobWithinItsStopBound)
{
    const auto devices = opencl::list_devices();
    if (devices.empty())
        GTEST_SKIP() << "no OpenCL device here (Debian: pocl-opencl-icd makes one of the CPU)";
    auto solver =
        opencl::opencl_backend()->make_solver(devices.front().info, {kParams, {}, {}, 0, false});
    ASSERT_TRUE(solver) << solver.error().detail;
    const Duration nonce = time_of_a_nonce(**solver);
    const auto took = times_to_leave(**solver, nonce / 3);
    const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
    RecordProperty("nonce_ms", std::to_string(ms(nonce)));
    RecordProperty("median_ms", std::to_string(ms(took.at(5))));
    EXPECT_LT(took.at(7), nonce / 2 + 5ms) << "best " << ms(took[0]) << " ms, nonce " << ms(nonce);
}

}  // namespace
}  // namespace adit::miner::work
