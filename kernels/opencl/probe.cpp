#include "kernels/opencl/probe.hpp"

#include "kernels/opencl/opencl_backend.hpp"
#include "kernels/opencl/opencl_solver.hpp"
#include "kernels/solver/way.hpp"

namespace adit::opencl {

Result<std::vector<solver::Phase>, solver::DeviceError> time_phases(
    const solver::DeviceInfo& device, const solver::SolverOptions& options,
    const equihash::PowInput& input)
{
    solver::SolverOptions probing = options;
    if (auto way = solver::parse_way(options.lane)) {
        way->knobs.emplace_back("probe", 1);
        probing.lane = to_string(*way);
    }
    ADIT_TRY(const auto made, opencl_backend()->make_solver(device, probing));
    return static_cast<OpenclSolver&>(*made).time_phases(input);
}

}  // namespace adit::opencl
