#include "node/consensus/check_header.hpp"

#include <algorithm>

#include "kernels/base/compact.hpp"
#include "kernels/equihash/verifier.hpp"
#include "node/consensus/difficulty.hpp"

namespace adit::node::consensus {
namespace {

constexpr u64 kTimeMax = 0xffffffff;  // what a header can carry

bool meets_target(const ChainSpec& spec, const BlockHeader& header)
{
    const CompactTarget target = decode_compact(header.bits);
    return target.usable() && target.target <= spec.difficulty.limit &&
           U256::from_le(hash_of(header)) <= target.target;
}

Verdict check_times(const ChainSpec& spec, const BlockHeader& header, const Ancestry& ancestry,
                    UnixTime now)
{
    if (header.time <= median_time(ancestry, spec.time.median_span))
        return BlockError::time_too_old;
    if (header.time > time_bounds(spec, ancestry).latest)
        return BlockError::time_too_far_ahead_of_mtp;
    if (header.time > now + i64{spec.time.ahead_of_clock_max_s}) return BlockError::time_too_new;
    return {};
}

}  // namespace

Verdict check_header(const ChainSpec& spec, const BlockHeader& header,
                     const hash::LeafHasher& hasher)
{
    if (header.version < spec.header_version_min) return BlockError::version_invalid;
    const equihash::PowInput input = pow_input_of(header);
    if (!equihash::verify(spec.params, spec.personalization, input.view(), header.solution, hasher))
        return BlockError::invalid_solution;
    if (!meets_target(spec, header)) return BlockError::high_hash;
    return {};
}

Verdict check_header_in_chain(const ChainSpec& spec, const BlockHeader& header,
                              const Ancestry& ancestry, UnixTime now)
{
    if (header.bits != next_bits(spec, ancestry, header.time)) return BlockError::bad_diffbits;
    ADIT_CHECKED(check_times(spec, header, ancestry, now));
    const auto checkpoint = spec.checkpoints.find(ancestry.next().value);
    if (checkpoint != spec.checkpoints.end() && checkpoint->second != hash_of(header))
        return BlockError::checkpoint_mismatch;
    if (header.version < header_version_min(spec, ancestry.next())) return BlockError::bad_version;
    return {};
}

TimeBounds time_bounds(const ChainSpec& spec, const Ancestry& ancestry)
{
    const TimeRule& rule = spec.time;
    const u64 median = median_time(ancestry, rule.median_span);
    TimeBounds bounds;
    bounds.earliest = static_cast<u32>(std::min(median + 1, kTimeMax));
    if (rule.ahead_of_median_max_s != 0 && ancestry.next().value >= rule.ahead_of_median_from)
        bounds.latest = static_cast<u32>(std::min(median + rule.ahead_of_median_max_s, kTimeMax));
    return bounds;
}

i32 header_version_min(const ChainSpec& spec, Height height)
{
    i32 version = spec.header_version_min;
    for (const Upgrade& upgrade : spec.upgrades)
        if (upgrade.from <= height.value) version = upgrade.header_version_min;
    return version;
}

}  // namespace adit::node::consensus
