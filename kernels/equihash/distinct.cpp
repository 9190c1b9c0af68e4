#include "kernels/equihash/distinct.hpp"

#include <algorithm>
#include <random>

#include "kernels/base/check.hpp"

namespace adit::equihash {
namespace {

constexpr std::size_t kIndicesMax = 512;
constexpr u32 kFingerprintBits = 15;
constexpr std::size_t kSuspectsToScan = 24;

bool occurs_twice(std::span<const u32> indices, u32 index)
{
    u32 occurrences = 0;
    for (const u32 other : indices) occurrences += static_cast<u32>(other == index);
    return occurrences > 1;
}

}  // namespace

bool distinct(std::span<const u32> indices, u32 multiplier)
{
    ADIT_CHECK(indices.size() <= kIndicesMax);
    u64 seen[(1u << kFingerprintBits) / 64] = {};
    u32 suspects[kIndicesMax];
    std::size_t suspect_count = 0;
    for (const u32 index : indices) {
        const u32 print = index * multiplier >> (32 - kFingerprintBits);
        u64& word = seen[print / 64];
        suspects[suspect_count] = index;
        suspect_count += word >> print % 64 & 1;
        word |= u64{1} << print % 64;
    }
    for (std::size_t s = 0; s < std::min(suspect_count, kSuspectsToScan); ++s)
        if (occurs_twice(indices, suspects[s])) return false;
    if (suspect_count <= kSuspectsToScan) return true;

    u32 sorted[kIndicesMax];
    const auto end = std::copy(indices.begin(), indices.end(), sorted);
    std::sort(sorted, end);
    return std::adjacent_find(sorted, end) == end;
}

bool distinct(std::span<const u32> indices)
{
    static const u32 multiplier = std::random_device{}() | 1;
    return distinct(indices, multiplier);
}

}  // namespace adit::equihash
