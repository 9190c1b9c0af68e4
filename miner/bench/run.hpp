#pragma once

#include <functional>
#include <numeric>

#include "kernels/base/clock.hpp"
#include "kernels/solver/backend.hpp"
#include "miner/bench/load.hpp"

namespace adit::miner::bench {

/// What to solve: headers of 140 zero bytes with the nonce counter as LE32 at byte 108, as other
/// Equihash solvers' benchmarks have it.
struct Plan {
    equihash::Params params{};
    equihash::Personalization personalization{};
    u64 first_nonce = 0;
    std::optional<u64> nonces{};               ///< so many, and no more
    Duration time = std::chrono::seconds(20);  ///< without `nonces`: no run begins after this

    solver::NonceRange range(u64 first, u64 count) const { return {0, 4, first, count}; }
};
inline constexpr u64 kNonceEnd = u64{1} << 32;  ///< one past the last of a four-byte counter

/// Who solves it: so many workers of one device, each with a solver of its own, and on the CPU so
/// many threads each.
struct Bench {
    solver::Backend* backend = nullptr;
    solver::DeviceInfo device;
    std::string lane;              ///< empty: the best
    std::vector<u32> teams = {1};  ///< threads of each worker; 1 where the device is no CPU

    u32 workers() const { return static_cast<u32>(teams.size()); }
    u32 threads() const { return std::accumulate(teams.begin(), teams.end(), 0u); }
};

/// One nonce, tried to the end. Where a device takes several at once each gets its part of the
/// time.
struct Run {
    double begun_s = 0;  ///< since the first began
    double took_s = 0;
    u32 worker = 0;
};

/// What one device did.
struct DeviceRun {
    solver::DeviceInfo device;
    std::string variant;
    u32 workers = 0;
    u32 threads = 0;          ///< of all workers together
    u64 memory_bytes = 0;     ///< held by all solvers together
    double wall_s = 0;        ///< first begin to last end
    double worker_share = 1;  ///< CPU time of the workers' own threads by their wall time
    std::vector<Run> runs;    ///< in order of their ends, worker by worker
    std::vector<solver::FoundSolution> found;
    u64 rows_dropped = 0;
    std::vector<solver::Phase> phases;  ///< over all runs of all workers; empty: not told
    bool whole = true;        ///< nonces first, first + 1, … runs.size() of them, none left out
    std::string ended_early;  ///< why, in a few words; empty: it did not

    u64 verified = 0;  ///< by the judge, of `found`
    u64 wrong = 0;     ///< refused by it, or there twice
    double verify_s = 0;
    Load load;
};

/// Where a run stands, for a progress line.
struct Progress {
    double elapsed_s = 0;
    u64 runs = 0;
    u64 solutions = 0;
};
/// Called ten times a second by the calling thread; true: enough, stop at once.
using OnProgress = std::function<bool(const Progress&)>;

/// Most bytes of solutions one run keeps for its digest; it ends early when they are full.
inline constexpr u64 kSolutionBytesMax = u64{4} << 30;

/// Makes the solvers, lets each try one nonce unmeasured (memory is touched, clocks rise), then
/// hands out nonces in order, one a worker, until the plan is fulfilled; then the judge looks at
/// every solution. Fails when a solver cannot be made or a device breaks down.
Result<DeviceRun, solver::DeviceError> run_benchmark(const Plan& plan, const Bench& bench,
                                                     const OnProgress& on_progress);

}  // namespace adit::miner::bench
