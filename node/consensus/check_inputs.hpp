#pragma once

#include "node/consensus/coin_view.hpp"
#include "node/consensus/spec.hpp"
#include "node/consensus/verdict.hpp"

/// The rules that need coins: what a transaction takes, and what a whole block does to them.
namespace adit::node::consensus {

/// Inputs exist, are mature at `height`, cover the outputs, and their scripts agree.
/// @return the fee in base units. Not for a coinbase.
[[nodiscard]] Result<Amount, BlockError> check_inputs(const ChainSpec& spec, const Transaction& tx,
                                                      Height height, const CoinView& coins,
                                                      const ScriptCheck& script_check);

struct SpentCoin {
    OutPoint outpoint;
    Coin coin;

    bool operator==(const SpentCoin&) const = default;
};

/// What connecting a block changes, in the order of its transactions. A coin both made and spent in
/// the block stands in both lists: apply `created` first, then `spent`; undo the other way round.
struct BlockEffect {
    std::vector<SpentCoin> spent;    ///< undo data: what disconnecting must give back
    std::vector<SpentCoin> created;  ///< without provably unspendable outputs
    Amount fees = 0;
    Amount issued = 0;  ///< coinbase outputs - fees: what the chain grew by (miners may take less)
    Amount unspendable = 0;  ///< value of outputs nobody can ever spend
};

/// Connects a block that passed check_block and check_block_at to the coins before it: the payees'
/// outputs, no txid of unspent outputs again, inputs, sigops with those of pay-to-script-hash, then
/// what the miner takes.
[[nodiscard]] Result<BlockEffect, BlockError> connect_block(const ChainSpec& spec,
                                                            const Block& block, Height height,
                                                            const CoinView& before,
                                                            const ScriptCheck& script_check);

}  // namespace adit::node::consensus
