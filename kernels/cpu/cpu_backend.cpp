#include "kernels/cpu/cpu_backend.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <utility>
#include <vector>

#include "kernels/cpu/cpu_solver.hpp"
#include "kernels/cpu/layout.hpp"

namespace adit::cpu {
namespace {

using solver::DeviceError;
using solver::DeviceInfo;

/// "AMD EPYC", "Cortex-A76" … as the system tells; "CPU" when it does not.
std::string cpu_name()
{
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("model name")) continue;
        const std::size_t colon = line.find(": ");
        if (colon != std::string::npos) return line.substr(colon + 2);
    }
    return "CPU";
}

u64 memory_of_machine()
{
    return static_cast<u64>(sysconf(_SC_PHYS_PAGES)) * static_cast<u64>(sysconf(_SC_PAGE_SIZE));
}

std::string names_of_lanes()
{
    std::string names;
    for (hash::Lane lane : hash::lanes_here())
        names += (names.empty() ? "" : ", ") + std::string(to_string(lane));
    return names;
}

class CpuBackend final : public solver::Backend {
public:
    std::string_view name() const noexcept override { return "cpu"; }

    std::vector<DeviceInfo> devices() override
    {
        DeviceInfo device;
        device.id = "cpu";
        device.name = cpu_name();
        device.memory_bytes = memory_of_machine();
        device.workers = static_cast<u32>(units_here().size());
        return {device};
    }

    std::optional<u64> memory_needed(const DeviceInfo& /*device*/,
                                     const equihash::Params& params) override
    {
        const NonceKernel* kernel = find_kernel(params, hash::Lane::portable);
        if (kernel == nullptr) return std::nullopt;
        return kernel->arena_bytes;
    }

    u32 threads_max(const equihash::Params& params) override
    {
        const NonceKernel* kernel = find_kernel(params, hash::Lane::portable);
        return kernel == nullptr ? 1 : kernel->threads_max;
    }

    std::vector<std::string> ways(const DeviceInfo&, const equihash::Params& params) override
    {
        std::vector<std::string> lanes;
        for (hash::Lane lane : hash::lanes_here())
            if (find_kernel(params, lane) != nullptr) lanes.emplace_back(to_string(lane));
        std::reverse(lanes.begin(), lanes.end());
        return lanes;
    }

    Result<std::unique_ptr<solver::Solver>, DeviceError> make_solver(
        const DeviceInfo& device, const solver::SolverOptions& options) override;
};

Result<hash::Lane, DeviceError> lane_of(const solver::SolverOptions& options)
{
    if (options.lane.empty()) return hash::lane_in_force();
    const std::optional<hash::Lane> lane = hash::parse_lane(options.lane);
    if (!lane || !hash::runs_here(*lane))
        return DeviceError{DeviceError::Word::not_found,
                           fmt::format("the CPU has no lane \"{}\" here; it has {}", options.lane,
                                       names_of_lanes())};
    return *lane;
}

Result<std::unique_ptr<solver::Solver>, DeviceError> CpuBackend::make_solver(
    const DeviceInfo& device, const solver::SolverOptions& options)
{
    ADIT_TRY(const hash::Lane lane, lane_of(options));
    const NonceKernel* kernel = find_kernel(options.params, lane);
    if (kernel == nullptr)
        return DeviceError{
            DeviceError::Word::unsupported_params,
            fmt::format("the CPU solver does not know ({}); it knows {}",
                        equihash::to_string(options.params), equihash::known_params_text())};
    std::vector<u32> teams = options.teams;
    if (teams.size() <= options.worker) teams.resize(options.worker + 1, 1);
    const u32 threads = std::clamp(std::bit_floor(teams[options.worker]), 1u, kernel->threads_max);
    Arena arena(kernel->arena_bytes, options.huge_pages);
    if (arena.data() == nullptr)
        return DeviceError{
            DeviceError::Word::out_of_memory,
            fmt::format("a CPU thread on ({}) needs {} MB, which the system refused",
                        equihash::to_string(options.params), kernel->arena_bytes / 1'000'000 + 1)};
    solver::SolverInfo info{.device_id = device.id,
                            .device_name = device.name,
                            .params = options.params,
                            .personalization = options.personalization,
                            .variant = std::string(to_string(lane)),
                            .memory_bytes = arena.bytes(),
                            .threads = threads};
    return std::unique_ptr<solver::Solver>(std::make_unique<CpuSolver>(
        *kernel, std::move(arena), threads, places_of(units_here(), teams, options.worker),
        std::move(info)));
}

template <std::size_t... I>
u32 bucket_count_among(const equihash::Params& params, std::index_sequence<I...> /*known*/)
{
    using equihash::kKnownParams;
    return (u32{0} + ... + (params == kKnownParams[I] ? Layout<kKnownParams[I]>::buckets : 0));
}

}  // namespace

solver::Backend* cpu_backend()
{
    static CpuBackend backend;
    return &backend;
}

u32 bucket_count(const equihash::Params& params)
{
    return bucket_count_among(params, std::make_index_sequence<equihash::kKnownParams.size()>());
}

}  // namespace adit::cpu
