#include "kernels/opencl/probe.hpp"

#include "kernels/opencl/opencl_backend.hpp"
#include "kernels/opencl/opencl_solver.hpp"

namespace adit::opencl {

Result<std::vector<solver::Phase>, solver::DeviceError> time_phases(
    const solver::DeviceInfo& device, const solver::SolverOptions& options,
    const equihash::PowInput& input)
{
    ADIT_TRY(const auto made, opencl_backend()->make_solver(device, options));
    return static_cast<OpenclSolver&>(*made).time_phases(input);
}

}  // namespace adit::opencl
