#include "kernels/opencl/probe.hpp"

#include "kernels/opencl/opencl_backend.hpp"
#include "kernels/opencl/opencl_solver.hpp"

namespace adit::opencl {

Result<std::vector<PhaseTime>, solver::DeviceError> time_phases(
    const solver::DeviceInfo& device, const solver::SolverOptions& options,
    const equihash::PowInput& input)
{
    ADIT_TRY(const auto made, opencl_backend()->make_solver(device, options));
    ADIT_TRY(const auto phases, static_cast<OpenclSolver&>(*made).time_phases(input));
    std::vector<PhaseTime> times;
    for (const OpenclSolver::Phase& phase : phases) times.push_back({phase.kernel, phase.seconds});
    return times;
}

}  // namespace adit::opencl
