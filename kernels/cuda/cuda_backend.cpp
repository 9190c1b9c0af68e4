#include "kernels/cuda/cuda_backend.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "kernels/cuda/card_rules.hpp"
#include "kernels/cuda/cuda_solver.hpp"
#include "kernels/solver/way.hpp"

namespace adit::cuda {
namespace {

using equihash::Params;
using solver::DeviceError;
using solver::DeviceInfo;

struct Card {
    int ordinal = 0;
    DeviceInfo info;
    CardFacts facts;
};

struct Cards {
    std::vector<Card> usable;
    std::vector<std::string> notes;
};

/// What nvcc was told to compile a set for. CUDA itself knows only of a card in use, and then holds
/// some of its memory.
bool was_compiled_for(const KernelSet& set, const CardFacts& card)
{
    return has_code(
        set.architecture == Architecture::roomy ? ADIT_CUDA_CODES_ROOMY : ADIT_CUDA_CODES_NARROW,
        card);
}

/// The kernels of `params` that run on the card, the usual ones first. Call with the card set.
std::vector<const KernelSet*> find_kernels(const Params& params, const Card& card,
                                           std::string_view wanted)
{
    return sets_for(card.facts, params, wanted, kernel_sets(), [](const KernelSet& set) {
        cudaFuncAttributes attributes{};
        if (cudaFuncGetAttributes(&attributes, set.hash) == cudaSuccess) return true;
        cudaGetLastError();  // no code for this architecture: not an error that stays
        return false;
    });
}

/// Before the runtime's first call: cards in PCI order, and waits that sleep.
void set_up_runtime()
{
    static std::once_flag once;
    std::call_once(once, [] { setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 0); });
}

/// Why a driver that is here does not load; empty when it does not exist, which is no trouble.
std::string loading_trouble()
{
    constexpr const char* kLibrary = "libcuda.so.1";
    if (void* const library = dlopen(kLibrary, RTLD_LAZY | RTLD_LOCAL)) {
        dlclose(library);
        return "it answers no call";
    }
    const std::string why = dlerror();
    return why.starts_with(std::string(kLibrary) + ": cannot open") ? "" : why;
}

DriverFacts driver_facts(cudaError_t error)
{
    DriverFacts facts;
    cudaDriverGetVersion(&facts.driver);
    cudaRuntimeGetVersion(&facts.runtime);
    facts.refused = error == cudaErrorInsufficientDriver;
    if (facts.refused && facts.driver == 0)
        facts.trouble = loading_trouble();
    else if (error != cudaSuccess && error != cudaErrorNoDevice)
        facts.trouble = cudaGetErrorString(error);
    return facts;
}

Card card_of(int ordinal, const cudaDeviceProp& properties, const DriverFacts& driver)
{
    Card card;
    card.ordinal = ordinal;
    card.facts = {.name = properties.name,
                  .sm = properties.major * 10 + properties.minor,
                  .shared_bytes_of_block = properties.sharedMemPerBlockOptin,
                  .shared_bytes_of_multiprocessor = properties.sharedMemPerMultiprocessor,
                  .takes_ptx = driver.driver >= driver.runtime};
    card.info.id = fmt::format("cuda:{}", ordinal);
    card.info.name = properties.name;
    card.info.pci_address = fmt::format("{:04x}:{:02x}:{:02x}.0", properties.pciDomainID,
                                        properties.pciBusID, properties.pciDeviceID);
    card.info.driver = fmt::format("CUDA {}, sm_{}", version_text(driver.driver), card.facts.sm);
    card.info.memory_bytes = properties.totalGlobalMem;
    return card;
}

Cards find_cards()
{
    set_up_runtime();
    Cards cards;
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    const DriverFacts driver = driver_facts(error);
    if (const auto note = driver_note(driver)) cards.notes.push_back(*note);
    if (error != cudaSuccess) return cards;
    for (int i = 0; i < count; ++i) {
        cudaDeviceProp properties{};
        if (cudaGetDeviceProperties(&properties, i) != cudaSuccess) continue;
        Card card = card_of(i, properties, driver);
        constexpr std::string_view kCodes = ADIT_CUDA_CODES_ROOMY " " ADIT_CUDA_CODES_NARROW;
        if (has_code(kCodes, card.facts))
            cards.usable.push_back(std::move(card));
        else
            cards.notes.push_back(no_code_note(kCodes, card.facts));
    }
    return cards;
}

/// Of one nonce in the kernels that `make_solver` will find.
std::optional<u64> nonce_bytes_on(const Card& card, const Params& params)
{
    return nonce_bytes(card.facts, params, kernel_sets(),
                       [&](const KernelSet& set) { return was_compiled_for(set, card.facts); });
}

std::string sets_that_fit(const Card& card)
{
    std::string names;
    for (const Params& params : equihash::kKnownParams)
        if (const auto bytes = nonce_bytes_on(card, params);
            bytes && *bytes <= card.info.memory_bytes)
            names += (names.empty() ? "" : " ") + to_string(params);
    return names.empty() ? "none" : names;
}

constexpr std::string_view kKnobs[]{"batch", "flights", "graph"};
constexpr u32 kFlightsMax = 8;

std::vector<std::string> ways_of(const Card& card, const Params& params)
{
    std::vector<std::string> ways;
    if (cudaSetDevice(card.ordinal) != cudaSuccess) return ways;
    for (const KernelSet* set : find_kernels(params, card, {})) {
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
            !find_kernels(params, card, set->name).empty())
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
            if (card.info.id == device.id) return nonce_bytes_on(card, params);
        return std::nullopt;
    }

    std::vector<std::string> ways(const DeviceInfo& device, const Params& params) override
    {
        for (const Card& card : find_cards().usable)
            if (card.info.id == device.id) return ways_of(card, params);
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
    const auto found = find_kernels(options.params, *card, way->lane);
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
