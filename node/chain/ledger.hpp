#pragma once

#include "node/chain/coins.hpp"

namespace adit::node::chain {

/// The coins at the end of one chain, and the sums over them. Connecting and disconnecting a block
/// are two steps: prepare a batch, then, once it is in the store, apply. The chain thread alone.
class Ledger {
public:
    /// Who says whether inputs may spend: `batch` where it is set, else `each`, else nobody may.
    struct ScriptChecks {
        consensus::ScriptCheck each;
        consensus::ScriptBatchCheck batch;
    };
    Ledger(const consensus::ChainSpec& spec, const Store& store, ScriptChecks script_checks,
           std::size_t cache_bytes_max, u64 salt);

    const BlockNode* tip() const { return tip_; }
    const Supply& supply() const { return supply_; }
    const consensus::CoinView& coins() const { return coins_; }

    /// A prepared change. Good until the next `apply`.
    struct Step {
        CoinDelta delta;
        const BlockNode* tip = nullptr;
        Supply supply;
    };
    /// Why a block cannot be connected: it breaks a rule, or the store cannot be read.
    struct Fault {
        std::optional<StoreError> store;
        consensus::BlockError block{};  ///< unless the store is to blame
    };

    /// Takes up a chain that is in the store already.
    void start_at(const BlockNode& tip, const Supply& supply);
    /// @param node  a child of the tip; `block` passed check_block and check_block_at
    Result<Step, Fault> prepare_connect(const BlockNode& node, const Block& block,
                                        Batch& batch) const;
    /// @param block  the tip's
    Result<Step, StoreError> prepare_disconnect(const Block& block, Batch& batch) const;
    void apply(const Step& step);

    /// Whether a child of the tip breaks a rule about coins.
    Result<void, Fault> check(const Block& block) const;

private:
    Result<consensus::BlockEffect, Fault> effect_of(const Block& block, Height height,
                                                    bool scripts_known_good) const;
    Step step_to(const BlockNode& tip, CoinDelta delta, Supply supply, Batch& batch) const;

    const consensus::ChainSpec& spec_;
    const Store& store_;
    ScriptChecks script_checks_;
    StoredCoins coins_;
    const BlockNode* tip_ = nullptr;
    Supply supply_;
};

/// The supply at genesis: what its coinbase pays exists, and nobody can spend it.
Supply genesis_supply(const Block& genesis);

}  // namespace adit::node::chain
