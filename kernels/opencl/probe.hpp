#pragma once

#include <vector>

#include "kernels/solver/backend.hpp"

// What measuring programs ask of a device beyond solving (bench/gpu_check). Not used while mining.
namespace adit::opencl {

/// Each kernel's time for one nonce, in the order they run: "hash", "round 1" … "last", "expand";
/// before them "hash alone", the hashes without their scatter.
Result<std::vector<solver::Phase>, solver::DeviceError> time_phases(
    const solver::DeviceInfo& device, const solver::SolverOptions& options,
    const equihash::PowInput& input);

}  // namespace adit::opencl
