#pragma once

#include <chrono>

#include "kernels/base/clock.hpp"
#include "kernels/solver/backend.hpp"

namespace adit::miner::farm {

/// How a solver's process is started and how long it may be silent.
struct ProcessLimits {
    Duration ready_max = std::chrono::minutes(3);  ///< kernels built, known answers given
    Duration batch_max = std::chrono::minutes(5);  ///< without an answer it hangs
    Duration stop_max = std::chrono::seconds(10);  ///< after a stop; many times the stop bound
};

/// The word that makes this program a solver's process: `adit solver-process`, never typed by
/// people.
inline constexpr const char* kSolverProcessWord = "solver-process";

/// A solver in a process of its own behind the usual door: a driver that hangs or crashes takes
/// that process along and nothing else. What goes wrong there is `lost`, and the next solver gets a
/// new process.
/// @param program  this program's own file ("/proc/self/exe")
Result<std::unique_ptr<solver::Solver>, solver::DeviceError> make_process_solver(
    const std::string& program, const solver::DeviceInfo& device,
    const solver::SolverOptions& options, const ProcessLimits& limits = {});

/// The other side of it: finds the device among `backends`, tests it, and solves what comes over
/// standard input until that closes.
/// @return the process's exit code
int run_solver_process(std::span<solver::Backend* const> backends);

}  // namespace adit::miner::farm
