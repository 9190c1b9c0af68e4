#include "kernels/cuda/probe.hpp"

#include <charconv>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/cuda_solver.hpp"
#include "kernels/cuda/micro_kernels.hpp"

namespace adit::cuda {

using solver::DeviceError;

Result<std::vector<solver::Phase>, DeviceError> time_phases(const solver::DeviceInfo& device,
                                                            const solver::SolverOptions& options,
                                                            const equihash::PowInput& input)
{
    ADIT_TRY(const auto made, cuda_backend()->make_solver(device, options));
    return static_cast<CudaSolver&>(*made).time_phases(input);
}

Result<std::vector<Rate>, DeviceError> micro_rates(const solver::DeviceInfo& device)
{
    int ordinal = 0;
    const std::string_view digits = std::string_view(device.id).substr(device.id.find(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
    std::vector<MicroRate> measured;
    if (const cudaError_t error = run_micro_kernels(ordinal, measured); error != cudaSuccess)
        return DeviceError{DeviceError::Word::lost, cudaGetErrorString(error)};
    std::vector<Rate> rates;
    for (MicroRate& rate : measured)
        rates.push_back({std::move(rate.name), rate.value, std::move(rate.unit)});
    return rates;
}

}  // namespace adit::cuda
