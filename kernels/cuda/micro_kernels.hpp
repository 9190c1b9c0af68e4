#pragma once

#include <string>
#include <vector>

#include "kernels/cuda/handles.hpp"

namespace adit::cuda {

/// A rate as nvcc's side hands it over (probe.hpp has it for everybody else).
struct MicroRate {
    std::string name;
    double value = 0;
    std::string unit;
};

/// All micro-benchmarks on one device; what was measured before an error stays in `rates`.
cudaError_t run_micro_kernels(int device, std::vector<MicroRate>& rates);

}  // namespace adit::cuda
