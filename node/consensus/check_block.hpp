#pragma once

#include "node/consensus/spec.hpp"
#include "node/consensus/verdict.hpp"

/// The rules for a block's body. The header's are in check_header.hpp.
namespace adit::node::consensus {

/// What a body says of itself: merkle root, no duplicate in the tree, size, coinbase first and
/// only, every transaction by itself, sigops; in this order. The header's own rules are not
/// repeated.
[[nodiscard]] Verdict check_block(const ChainSpec& spec, const Block& block);

/// What depends on the height alone: every transaction is final, the coinbase begins with the
/// height.
[[nodiscard]] Verdict check_block_at(const ChainSpec& spec, const Block& block, Height height);

}  // namespace adit::node::consensus
