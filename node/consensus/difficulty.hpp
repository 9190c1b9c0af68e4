#pragma once

#include <optional>

#include "node/consensus/ancestry.hpp"

/// The Zcash family's difficulty rule: mean target of a window of blocks, scaled by how long they
/// took between medians, damped and bounded (Zcash specification 7.7.3).
namespace adit::node::consensus {

/// The bits a block with this `time` must carry on top of `ancestry`.
u32 next_bits(const ChainSpec& spec, const Ancestry& ancestry, u32 time);

/// The first time from which the next block may carry the limit by the minimum-difficulty rule;
/// nullopt when the chain has no such rule or the bits are the limit anyway.
std::optional<u32> minimum_difficulty_from(const ChainSpec& spec, const Ancestry& ancestry);

/// Scales the window's mean target by the (undamped) time it took. Exposed for its known answers.
U256 scaled_target(const DifficultyRule& rule, const U256& mean, i64 window_took_s);

/// Difficulty as shown to people: the limit's target over this target, both as decoded from bits.
/// 0 for bits that are no target.
double difficulty_of(const ChainSpec& spec, u32 bits);

}  // namespace adit::node::consensus
