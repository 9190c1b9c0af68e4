#include "kernels/cuda/card_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "kernels/dialect/arena.hpp"

namespace adit::cuda {
namespace {

/// From here on a multiprocessor's shared memory holds the blocks of the roomy class.
constexpr std::size_t kRoomyBytes = 160 * 1024;

/// "sm_86" behind "sm_" is 86.
std::optional<int> number_behind(std::string_view word, std::string_view prefix)
{
    if (!word.starts_with(prefix)) return std::nullopt;
    int number = 0;
    const char* const end = word.data() + word.size();
    const auto [read_to, error] = std::from_chars(word.data() + prefix.size(), end, number);
    return error == std::errc{} && read_to == end ? std::optional(number) : std::nullopt;
}

bool runs(std::string_view code, const CardFacts& card)
{
    if (const auto machine = number_behind(code, "sm_"))
        return *machine / 10 == card.sm / 10 && *machine <= card.sm;
    const auto ptx = number_behind(code, "compute_");
    return card.takes_ptx && ptx && *ptx <= card.sm;
}

}  // namespace

std::string version_text(int version)
{
    return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

std::optional<std::string> driver_note(const DriverFacts& facts)
{
    if (facts.refused && facts.driver > 0) {
        // The first driver of a major version serves all of it ("Minor version compatibility").
        const int first = facts.runtime / 1000 * 1000;
        return fmt::format(
            "the NVIDIA driver knows CUDA up to {}, this build needs {}: update the driver; until "
            "then its cards are driven through OpenCL",
            version_text(facts.driver), version_text(facts.driver < first ? first : facts.runtime));
    }
    if (facts.trouble.empty()) return std::nullopt;
    if (facts.driver == 0)
        return fmt::format(
            "the NVIDIA driver's libcuda.so.1 is here but cannot be used ({}): install the driver "
            "anew",
            facts.trouble);
    return fmt::format(
        "the NVIDIA driver does not start ({}), so no card is used through CUDA: after an update "
        "of the driver, restart the machine",
        facts.trouble);
}

Architecture class_of(const CardFacts& card)
{
    return card.shared_bytes_of_multiprocessor >= kRoomyBytes ? Architecture::roomy
                                                              : Architecture::narrow;
}

bool has_code(std::string_view codes, const CardFacts& card)
{
    while (!codes.empty()) {
        const std::string_view code = codes.substr(0, codes.find(' '));
        if (runs(code, card)) return true;
        codes.remove_prefix(std::min(code.size() + 1, codes.size()));
    }
    return false;
}

std::string no_code_note(std::string_view codes, const CardFacts& card)
{
    CardFacts with_newer_driver = card;
    with_newer_driver.takes_ptx = true;
    if (has_code(codes, with_newer_driver))
        return fmt::format(
            "{} (sm_{}) wants a newer NVIDIA driver for this build's CUDA kernels, or a build with "
            "ADIT_CUDA_ARCHITECTURES=all: until then it is driven through OpenCL",
            card.name, card.sm);
    return fmt::format(
        "{} (sm_{}) is older than this build's CUDA kernels: it is driven through OpenCL",
        card.name, card.sm);
}

std::vector<const KernelSet*> sets_for(const CardFacts& card, const equihash::Params& params,
                                       std::string_view wanted,
                                       std::span<const KernelSet* const> sets,
                                       const HasCode& has_code_of)
{
    std::vector<const KernelSet*> found;
    for (const KernelSet* set : sets) {
        if (set->layout->params != params) continue;
        const std::string_view name = set->name;
        if (wanted.empty() ? name.starts_with("trial") : name != wanted) continue;
        if (card.shared_bytes_of_block < shared_bytes_of(*set->layout)) continue;
        if (has_code_of(*set)) found.push_back(set);
    }
    const Architecture own = class_of(card);
    std::stable_partition(found.begin(), found.end(),
                          [&](const KernelSet* one) { return one->architecture == own; });
    return found;
}

std::optional<u64> nonce_bytes(const CardFacts& card, const equihash::Params& params,
                               std::span<const KernelSet* const> sets, const HasCode& has_code_of)
{
    const auto found = sets_for(card, params, {}, sets, has_code_of);
    if (found.empty()) return std::nullopt;
    return dialect::plan_places(*found.front()->layout)->arena_bytes(1);
}

}  // namespace adit::cuda
