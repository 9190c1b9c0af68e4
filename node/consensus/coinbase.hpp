#pragma once

#include "node/consensus/subsidy.hpp"

namespace adit::node::consensus {

/// Most bytes of a coinbase script; the height's push comes out of these.
inline constexpr std::size_t kCoinbaseScriptBytesMax = 100;
/// Most `extra` bytes make_coinbase takes at any height.
inline constexpr std::size_t kCoinbaseExtraBytesMax = 75;

/// The coinbase of a block at `height`: the miner's output first (his part and the fees, left out
/// when 0 and somebody else is paid), then treasury, secure nodes, super nodes.
/// @param extra  bytes pushed behind the height, at most kCoinbaseExtraBytesMax; fresh ones make
/// every
///               template's coinbase another. Without any, OP_0 stands there.
Transaction make_coinbase(const ChainSpec& spec, Height height, const Script& miner_script,
                          Amount fees, ByteView extra);

}  // namespace adit::node::consensus
