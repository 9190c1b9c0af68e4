#pragma once

#include "node/consensus/spec.hpp"
#include "node/consensus/verdict.hpp"

/// What a transaction says of itself.
namespace adit::node::consensus {

/// Two hashes side by side: no transaction may be of this size, or it could pass for an inner node
/// of a merkle tree, and a node for it.
inline constexpr std::size_t kMerkleNodeBytes = 64;

/// Shape and values without any context: version, inputs, outputs, size, sums, duplicates, and the
/// coinbase's script length.
[[nodiscard]] Verdict check_tx(const ChainSpec& spec, const Transaction& tx);

/// Whether it may stand in a block of this height and time: lock time 0, passed, or every sequence
/// final.
bool is_final(const Transaction& tx, Height height, u32 block_time);

/// Signature checks in its scripts as they stand, without what pay-to-script-hash reveals.
u32 count_sigops(const Transaction& tx);

}  // namespace adit::node::consensus
