#pragma once

#include <vector>

#include "kernels/solver/backend.hpp"

// What measuring programs ask of a device beyond solving (bench/gpu_check). Not used while mining.
namespace adit::opencl {

/// Each kernel's time for one nonce.
Result<std::vector<solver::Phase>, solver::DeviceError> time_phases(
    const solver::DeviceInfo& device, const solver::SolverOptions& options,
    const equihash::PowInput& input);

}  // namespace adit::opencl
