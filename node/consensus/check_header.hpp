#pragma once

#include "kernels/hash/dispatch.hpp"
#include "node/consensus/ancestry.hpp"
#include "node/consensus/verdict.hpp"

/// The rules for a header. Pure: what a rule needs of the chain or the clock is handed in.
namespace adit::node::consensus {

/// What a header says of itself: version, Equihash solution, hash against its own bits and these
/// against the chain's limit, in this order. Costs one Equihash verification. Any thread.
[[nodiscard]] Verdict check_header(const ChainSpec& spec, const BlockHeader& header,
                                   const hash::LeafHasher& hasher = hash::leaf_hasher());

/// What depends on its ancestors: bits, times, checkpoints, version by height, in this order.
/// `ancestry` ends at the header's parent; `now` is the node's own clock.
[[nodiscard]] Verdict check_header_in_chain(const ChainSpec& spec, const BlockHeader& header,
                                            const Ancestry& ancestry, UnixTime now);

/// Earliest and latest time the next block may carry as far as its ancestors decide; the local
/// clock bounds it besides.
struct TimeBounds {
    u32 earliest = 0;
    u32 latest = 0xffffffff;
};
TimeBounds time_bounds(const ChainSpec& spec, const Ancestry& ancestry);

/// Lowest header version at this height.
i32 header_version_min(const ChainSpec& spec, Height height);

}  // namespace adit::node::consensus
