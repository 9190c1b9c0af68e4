#pragma once

#include <optional>

#include "node/chain/records.hpp"

/// What a block took away, to give it back.
namespace adit::node::chain {

/// What a block changes in the set of coins, coins made and spent within it left out.
struct CoinDelta {
    std::vector<consensus::SpentCoin> added;
    std::vector<consensus::SpentCoin> removed;
};
CoinDelta delta_of(const consensus::BlockEffect& effect);

/// The undo record of a connected block: its spent coins in order. Their outpoints stand in the
/// block.
Bytes undo_record(const consensus::BlockEffect& effect);

/// The effect that connecting `block` had, from its undo record alone, without any coins; nullopt
/// when the record does not belong to the block.
std::optional<consensus::BlockEffect> read_undo(ByteView record, const Block& block, Height height);

}  // namespace adit::node::chain
