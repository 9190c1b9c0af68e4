#include "kernels/hash/dispatch.hpp"

#include <array>
#include <atomic>
#include <cstring>
#include <vector>

#include "kernels/base/check.hpp"
#include "kernels/hash/cpu_features.hpp"
#include "kernels/hash/lane_functions.hpp"

namespace adit::hash {
namespace {

constexpr std::array kAllLanes{Lane::portable, Lane::avx2, Lane::avx512};

/// Every lane of this build, in the order of `Lane`.
constexpr std::array<LeafHasher, kAllLanes.size()> kHashers{{
    {Lane::portable, 2, hash_run_portable, hash_list_portable},
#ifdef ADIT_LANES_X86
    {Lane::avx2, 8, hash_run_avx2, hash_list_avx2},
    {Lane::avx512, 16, hash_run_avx512, hash_list_avx512},
#endif
}};

const LeafHasher& hasher_of(Lane lane) { return kHashers[static_cast<std::size_t>(lane)]; }

bool machine_runs(Lane lane)
{
    if (hasher_of(lane).run == nullptr) return false;
    switch (lane) {
        case Lane::portable: return true;
        case Lane::avx2: return cpu_features().avx2;
        case Lane::avx512: return cpu_features().avx512;
    }
    return false;
}

/// A lane may be used once it hashes like the portable one: whole and broken widths, runs and
/// lists.
bool agrees_with_portable(Lane lane)
{
    constexpr u32 kCalls = 37;
    std::array<u8, kMidstateHeaderBytes> header;
    for (std::size_t i = 0; i < header.size(); ++i) header[i] = static_cast<u8>(7 * i + 1);
    const HeaderMidstate mid = header_midstate({50, {}}, header);

    std::array<u32, kCalls> calls;
    for (u32 i = 0; i < kCalls; ++i) calls[i] = i * 0x9e37'79b9u;
    std::array<u8, 64 * kCalls> expected, got;
    hash_run_portable(mid, 0xffff'fff0u, kCalls, expected.data());
    hasher_of(lane).run(mid, 0xffff'fff0u, kCalls, got.data());
    if (expected != got) return false;
    hash_list_portable(mid, calls.data(), kCalls, expected.data());
    hasher_of(lane).list(mid, calls.data(), kCalls, got.data());
    return expected == got;
}

std::string names_here()
{
    std::string names;
    for (const Lane lane : lanes_here())
        names.append(names.empty() ? "" : ", ").append(to_string(lane));
    return names;
}

std::atomic<int> forced_lane{-1};

}  // namespace

std::string_view to_string(Lane lane)
{
    switch (lane) {
        case Lane::portable: return "portable";
        case Lane::avx2: return "avx2";
        case Lane::avx512: return "avx512";
    }
    return "?";
}

std::optional<Lane> parse_lane(std::string_view name)
{
    for (const Lane lane : kAllLanes)
        if (to_string(lane) == name) return lane;
    return std::nullopt;
}

std::span<const Lane> lanes_here()
{
    static const std::vector<Lane> usable = [] {
        std::vector<Lane> found;
        for (const Lane lane : kAllLanes)
            if (machine_runs(lane) && agrees_with_portable(lane)) found.push_back(lane);
        return found;
    }();
    return usable;
}

bool runs_here(Lane lane)
{
    for (const Lane usable : lanes_here())
        if (usable == lane) return true;
    return false;
}

Lane lane_in_force()
{
    const int forced = forced_lane.load(std::memory_order_relaxed);
    return forced >= 0 ? static_cast<Lane>(forced) : lanes_here().back();
}

Result<Lane, LaneError> force_lane(std::string_view name)
{
    const auto lane = parse_lane(name);
    if (!lane)
        return LaneError{"no lane is called '" + std::string(name) + "'; this machine runs " +
                         names_here()};
    if (!runs_here(*lane))
        return LaneError{"this machine cannot run lane '" + std::string(name) + "'; it runs " +
                         names_here()};
    forced_lane.store(static_cast<int>(*lane), std::memory_order_relaxed);
    return *lane;
}

const LeafHasher& leaf_hasher(Lane lane)
{
    ADIT_CHECK(runs_here(lane));
    return hasher_of(lane);
}

}  // namespace adit::hash
