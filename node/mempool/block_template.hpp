#pragma once

#include <optional>
#include <vector>

#include "node/chain/block_index.hpp"
#include "node/consensus/spec.hpp"
#include "node/consensus/subsidy.hpp"

/// A block ready to be mined: all but nonce and solution.
namespace adit::node::mempool {

/// A transaction chosen for a block.
struct TemplateTransaction {
    SharedTransaction tx;
    TxId txid;
    Amount fee = 0;  ///< base units
    u32 sigops = 0;
    std::vector<u32> depends;  ///< 1-based places in the block of those it spends from
    std::size_t bytes = 0;     ///< as on the wire
};

struct TemplateRequest {
    Script miner_script;
    Bytes extra;       ///< fresh random bytes, so that no two coinbases are alike; at most 75
    UnixTime now = 0;  ///< the node's clock
    std::vector<TemplateTransaction> transactions;  ///< parents before children; they must fit
};

struct BlockTemplate {
    const chain::BlockNode* parent = nullptr;
    Height height;
    BlockHeader header;  ///< time is curtime; nonce zero, solution empty
    Transaction coinbase;
    std::vector<TemplateTransaction> transactions;  ///< without the coinbase
    consensus::RewardPlan rewards;
    Amount fees = 0;
    U256 target;
    u32 coinbase_sigops = 0;
    /// Times between which this template's bits and the ancestors allow it; a miner may move the
    /// header's time within them. They include both ends.
    u32 mintime = 0;
    u32 maxtime = 0;
    /// From this time on (Unix seconds) the next block's bits are the limit by the
    /// minimum-difficulty rule: make a new template then. nullopt: these bits hold.
    std::optional<u32> bits_change_at;

    /// The block as it stands, for a solver to finish.
    Block block() const;
};

/// A template on top of `parent`. Any thread. Its time is `now`, kept within mintime … maxtime.
BlockTemplate make_template(const consensus::ChainSpec& spec, const chain::BlockNode& parent,
                            TemplateRequest request);

}  // namespace adit::node::mempool
