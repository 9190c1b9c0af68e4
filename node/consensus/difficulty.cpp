#include "node/consensus/difficulty.hpp"

#include <algorithm>
#include <vector>

#include "kernels/base/check.hpp"
#include "kernels/base/compact.hpp"

namespace adit::node::consensus {
namespace {

/// Mean of the targets of the newest `window` blocks, rounded down. The spec reader has made sure
/// that the sum of so many limits fits.
U256 mean_target(const Ancestry& ancestry, u32 window)
{
    U256 sum;
    for (const Ancestor& block : ancestry.newest_first.first(window))
        sum = sum + decode_compact(block.bits).target;
    return sum / window;
}

u32 averaged_bits(const ChainSpec& spec, const Ancestry& ancestry)
{
    const DifficultyRule& rule = spec.difficulty;
    // The window needs a block before it, where its time starts to count.
    if (ancestry.parent.value < rule.window) return rule.limit_bits;
    const u32 span = spec.time.median_span;
    const i64 took_s =
        i64{median_time(ancestry, span)} - i64{median_time(ancestry, span, rule.window)};
    return encode_compact(scaled_target(rule, mean_target(ancestry, rule.window), took_s));
}

}  // namespace

u32 median_time(const Ancestry& ancestry, u32 span, u32 back)
{
    ADIT_CHECK(back < ancestry.newest_first.size());
    const auto blocks = ancestry.newest_first.subspan(back);
    std::vector<u32> times;
    for (const Ancestor& block : blocks.first(std::min<std::size_t>(span, blocks.size())))
        times.push_back(block.time);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

U256 scaled_target(const DifficultyRule& rule, const U256& mean, i64 window_took_s)
{
    const i64 wanted_s = i64{rule.window} * rule.spacing_s;
    const i64 shortest_s = wanted_s * (100 - i64{rule.adjust_up_percent}) / 100;
    const i64 longest_s = wanted_s * (100 + i64{rule.adjust_down_percent}) / 100;
    const i64 damped_s = wanted_s + (window_took_s - wanted_s) / i64{rule.damping};
    const u64 counted_s = static_cast<u64>(std::clamp(damped_s, shortest_s, longest_s));

    // Divided first, then multiplied: part of the rule, since both lose different low bits.
    const U256 per_second = mean / static_cast<u64>(wanted_s);
    if (per_second > rule.limit / counted_s) return rule.limit;
    return per_second * counted_s;
}

u32 next_bits(const ChainSpec& spec, const Ancestry& ancestry, u32 time)
{
    const DifficultyRule& rule = spec.difficulty;
    const Ancestor& parent = ancestry.newest_first.front();
    if (!rule.retarget) return parent.bits;
    if (rule.minimum_difficulty_after_s != 0 &&
        i64{time} > i64{parent.time} + rule.minimum_difficulty_after_s)
        return rule.limit_bits;
    return averaged_bits(spec, ancestry);
}

std::optional<u32> minimum_difficulty_from(const ChainSpec& spec, const Ancestry& ancestry)
{
    const DifficultyRule& rule = spec.difficulty;
    if (!rule.retarget || rule.minimum_difficulty_after_s == 0) return std::nullopt;
    if (averaged_bits(spec, ancestry) == rule.limit_bits) return std::nullopt;
    const u64 from = u64{ancestry.newest_first.front().time} + rule.minimum_difficulty_after_s + 1;
    if (from > 0xffffffff) return std::nullopt;
    return static_cast<u32>(from);
}

double difficulty_of(const ChainSpec& spec, u32 bits)
{
    const CompactTarget target = decode_compact(bits);
    if (!target.usable()) return 0;
    return decode_compact(spec.difficulty.limit_bits).target.to_double() /
           target.target.to_double();
}

}  // namespace adit::node::consensus
