#include "kernels/cuda/cuda_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "kernels/cuda/cuda_solver.hpp"
#include "kernels/solver/way.hpp"

namespace adit::cuda {
namespace {

using equihash::Params;
using solver::DeviceError;
using solver::DeviceInfo;

std::string version_text(int version)
{
    return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

struct Card {
    int ordinal = 0;
    DeviceInfo info;
    Architecture architecture{};
};

struct Cards {
    std::vector<Card> usable;
    std::vector<std::string> notes;
};

/// From here on a multiprocessor's shared memory holds the blocks of the roomy class.
constexpr int kRoomyBytes = 160 * 1024;

constexpr Architecture class_of(std::size_t shared_bytes_of_multiprocessor)
{
    return shared_bytes_of_multiprocessor >= kRoomyBytes ? Architecture::roomy
                                                         : Architecture::narrow;
}

/// The kernels of `params` that the card has code and shared memory for, those of its own class
/// first. `wanted` names a set; empty: any but trials. Call with the card set.
std::vector<const KernelSet*> find_kernels(const Params& params, int ordinal,
                                           std::string_view wanted)
{
    int of_block = 0, of_multiprocessor = 0;
    cudaDeviceGetAttribute(&of_block, cudaDevAttrMaxSharedMemoryPerBlockOptin, ordinal);
    cudaDeviceGetAttribute(&of_multiprocessor, cudaDevAttrMaxSharedMemoryPerMultiprocessor,
                           ordinal);
    const Architecture own = class_of(of_multiprocessor);
    std::vector<const KernelSet*> found;
    for (const KernelSet* set : kernel_sets()) {
        if (set->layout->params != params) continue;
        const std::string_view name = set->name;
        if (wanted.empty() ? name.starts_with("trial") : name != wanted) continue;
        if (static_cast<u64>(of_block) < shared_bytes_of(*set->layout)) continue;
        cudaFuncAttributes attributes{};
        if (cudaFuncGetAttributes(&attributes, set->hash) == cudaSuccess)
            found.push_back(set);
        else
            cudaGetLastError();  // no code for this architecture: not an error that stays
    }
    std::ranges::stable_partition(found,
                                  [&](const KernelSet* one) { return one->architecture == own; });
    return found;
}

/// Before the runtime's first call: cards in PCI order, and waits that sleep.
void set_up_runtime()
{
    static std::once_flag once;
    std::call_once(once, [] { setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 0); });
}

Cards find_cards()
{
    set_up_runtime();
    Cards cards;
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaErrorInsufficientDriver) {
        int driver = 0, runtime = 0;
        cudaDriverGetVersion(&driver);
        cudaRuntimeGetVersion(&runtime);
        if (driver > 0)
            cards.notes.push_back(
                fmt::format("the NVIDIA driver knows CUDA {}, this build needs {}: update the "
                            "driver; until then "
                            "its cards are driven through OpenCL",
                            version_text(driver), version_text(runtime)));
        return cards;
    }
    if (error != cudaSuccess) return cards;  // no device, or no driver at all
    for (int i = 0; i < count; ++i) {
        cudaDeviceProp properties{};
        if (cudaGetDeviceProperties(&properties, i) != cudaSuccess) continue;
        Card card;
        card.ordinal = i;
        card.info.id = fmt::format("cuda:{}", i);
        card.info.name = properties.name;
        card.info.pci_address = fmt::format("{:04x}:{:02x}:{:02x}.0", properties.pciDomainID,
                                            properties.pciBusID, properties.pciDeviceID);
        int driver = 0;
        cudaDriverGetVersion(&driver);
        card.info.driver = fmt::format("CUDA {}, sm_{}{}", version_text(driver), properties.major,
                                       properties.minor);
        card.info.memory_bytes = properties.totalGlobalMem;
        card.architecture = class_of(properties.sharedMemPerMultiprocessor);
        if (properties.major * 10 + properties.minor < 75) {
            cards.notes.push_back(fmt::format(
                "{} (sm_{}{}) is older than this build's CUDA kernels: it is driven through OpenCL",
                properties.name, properties.major, properties.minor));
            continue;
        }
        cards.usable.push_back(std::move(card));
    }
    return cards;
}

/// Of one nonce in the shape of the card's class.
std::optional<u64> nonce_bytes(const Card& card, const Params& params)
{
    for (const KernelSet* set : kernel_sets())
        if (set->layout->params == params && set->architecture == card.architecture)
            return dialect::plan_places(*set->layout)->arena_bytes(1);
    return std::nullopt;
}

std::string sets_that_fit(const Card& card)
{
    std::string names;
    for (const Params& params : equihash::kKnownParams)
        if (const auto bytes = nonce_bytes(card, params); bytes && *bytes <= card.info.memory_bytes)
            names += (names.empty() ? "" : " ") + to_string(params);
    return names.empty() ? "none" : names;
}

constexpr std::string_view kKnobs[]{"batch", "flights", "graph"};
constexpr u32 kFlightsMax = 8;

std::vector<std::string> ways_of(int ordinal, const Params& params)
{
    std::vector<std::string> ways;
    if (cudaSetDevice(ordinal) != cudaSuccess) return ways;
    for (const KernelSet* set : find_kernels(params, ordinal, {})) {
        const std::string lane(set->name);
        ways.push_back(lane);
        for (const u32 flights : {1u, 3u, 4u})
            ways.push_back(fmt::format("{}:flights={}", lane, flights));
        for (u32 batch = set->layout->policy.batch / 2; batch > 0; batch /= 2)
            ways.push_back(fmt::format("{}:batch={}", lane, batch));
        ways.push_back(lane + ":graph=0");
    }
    for (const KernelSet* set : kernel_sets())
        if (std::string_view(set->name).starts_with("trial") &&
            !find_kernels(params, ordinal, set->name).empty())
            ways.emplace_back(set->name);
    return ways;
}

class CudaBackend final : public solver::Backend {
public:
    std::string_view name() const noexcept override { return "cuda"; }

    std::vector<DeviceInfo> devices() override
    {
        std::vector<DeviceInfo> infos;
        for (const Card& card : find_cards().usable) infos.push_back(card.info);
        return infos;
    }

    std::optional<u64> memory_needed(const DeviceInfo& device, const Params& params) override
    {
        for (const Card& card : find_cards().usable)
            if (card.info.id == device.id) return nonce_bytes(card, params);
        return std::nullopt;
    }

    std::vector<std::string> ways(const DeviceInfo& device, const Params& params) override
    {
        for (const Card& card : find_cards().usable)
            if (card.info.id == device.id) return ways_of(card.ordinal, params);
        return {};
    }

    Result<std::unique_ptr<solver::Solver>, DeviceError> make_solver(
        const DeviceInfo& device, const solver::SolverOptions& options) override;
};

Result<std::unique_ptr<solver::Solver>, DeviceError> CudaBackend::make_solver(
    const DeviceInfo& device, const solver::SolverOptions& options)
{
    const Cards cards = find_cards();
    const auto card = std::ranges::find_if(
        cards.usable, [&](const Card& one) { return one.info.id == device.id; });
    if (card == cards.usable.end())
        return DeviceError{DeviceError::Word::not_found,
                           fmt::format("no CUDA device {} here", device.id)};
    const auto way = solver::parse_way(options.lane);
    const auto refused = [&](const std::string& why) {
        return DeviceError{DeviceError::Word::not_found,
                           fmt::format("{} cannot run ({}) as {}: {}", device.id,
                                       to_string(options.params), options.lane, why)};
    };
    if (!way) return refused("ways are written roomy:batch=2,flights=1");
    if (const auto knob = solver::unknown_knob(*way, kKnobs))
        return refused("there is no knob " + *knob);
    const bool known = std::ranges::any_of(
        kernel_sets(), [&](const KernelSet* set) { return set->name == way->lane; });
    if (!way->lane.empty() && !known) return refused("its lanes are roomy and narrow");
    Steps steps;
    steps(cudaSetDevice, card->ordinal);
    if (!steps.good())
        return DeviceError{DeviceError::Word::lost,
                           fmt::format("{}: {}", device.id, cudaGetErrorString(steps.error()))};
    // Older drivers refuse this once the card is in use; then waits spin, and nothing else changes.
    if (cudaSetDeviceFlags(cudaDeviceScheduleBlockingSync) != cudaSuccess) cudaGetLastError();
    const auto found = find_kernels(options.params, card->ordinal, way->lane);
    if (found.empty())
        return DeviceError{DeviceError::Word::unsupported_params,
                           fmt::format("this build has no CUDA kernels of ({}) for {}",
                                       to_string(options.params), card->info.name)};
    const KernelSet& kernels = *found.front();
    const Knobs knobs{.batch = way->knob("batch", 0),
                      .flights = std::clamp(way->knob("flights", 2), 1u, kFlightsMax),
                      .graph = way->knob("graph", 1) != 0};
    const std::size_t colon = std::min(options.lane.find(':'), options.lane.size());
    solver::SolverInfo info{.device_id = device.id,
                            .device_name = card->info.name,
                            .params = options.params,
                            .personalization = options.personalization,
                            .variant = std::string(kernels.name) + options.lane.substr(colon)};
    auto made = CudaSolver::make(card->ordinal, kernels, knobs, std::move(info));
    if (!made) {
        DeviceError error = made.error();
        if (error.word == DeviceError::Word::out_of_memory)
            error.detail += "; these fit: " + sets_that_fit(*card);
        return error;
    }
    return std::unique_ptr<solver::Solver>(std::move(*made));
}

}  // namespace

solver::Backend* cuda_backend()
{
    static CudaBackend backend;
    return &backend;
}

std::vector<std::string> cuda_notes() { return find_cards().notes; }

}  // namespace adit::cuda
