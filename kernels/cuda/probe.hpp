#pragma once

#include <string>
#include <vector>

#include "kernels/solver/backend.hpp"

// What measuring programs ask of a card beyond solving (bench/gpu_check). Not used while mining.
namespace adit::cuda {

/// Each kernel's time for one nonce, the mean over a batch, in the order they run: "hash", "round
/// 1" … "last", "expand"; before them, in builds with ADIT_PROBE, "hash alone", the hashes without
/// their scatter.
Result<std::vector<solver::Phase>, solver::DeviceError> time_phases(
    const solver::DeviceInfo& device, const solver::SolverOptions& options,
    const equihash::PowInput& input);

/// One micro-benchmark: what this card does of one thing alone.
struct Rate {
    std::string name;
    double value = 0;
    std::string unit;
};

/// Copying, short runs of stores into many open tails, atomics in global and shared memory, 32-bit
/// adds against multiply-adds: the guesses behind the budgets of kernels/README.md. Seconds of work
/// and 2 GB of the card's memory.
Result<std::vector<Rate>, solver::DeviceError> micro_rates(const solver::DeviceInfo& device);

}  // namespace adit::cuda
