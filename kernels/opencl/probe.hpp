#pragma once

#include <string>
#include <vector>

#include "kernels/solver/backend.hpp"

// What measuring programs ask of a device beyond solving (bench/gpu_check). Not used while mining.
namespace adit::opencl {

/// A kernel's time for one nonce, in seconds.
struct PhaseTime {
    std::string kernel;
    double seconds = 0;
};
Result<std::vector<PhaseTime>, solver::DeviceError> time_phases(
    const solver::DeviceInfo& device, const solver::SolverOptions& options,
    const equihash::PowInput& input);

}  // namespace adit::opencl
