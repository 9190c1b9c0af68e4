#pragma once

#include <deque>
#include <unordered_set>

#include "node/chain/chainstate.hpp"
#include "node/mempool/mempool.hpp"
#include "node/mempool/package_select.hpp"

namespace adit::node::mempool {

/// The mempool at the end of a chain: blocks take transactions out of it, reorganisations give them
/// back. RPC, peers and wallet hand in transactions here. The chain thread.
class ChainPool final : public chain::ChainListener, private MempoolListener {
public:
    /// Blocks whose transactions are known to be mined, so that nobody is asked for them again.
    static constexpr std::size_t kRecentBlocks = 8;

    /// Both outlive it.
    ChainPool(chain::Chainstate& chain, const Clock& clock, MempoolLimits limits, u64 salt,
              script::SignatureMemory* signatures = nullptr);
    ~ChainPool() override;

    /// Takes a transaction into the pool, for relay and for the next block.
    Result<void, TxRefusal> submit(const Transaction& tx);
    /// What submit would say; changes nothing. The fee in base units.
    Result<Amount, TxRefusal> test(const Transaction& tx);

    const Mempool& pool() const { return pool_; }
    /// The block these transactions wait for.
    NextBlock next() const;
    /// In one of the last blocks.
    bool mined_lately(const TxId& txid) const;
    /// A coin of the chain, or one that a waiting transaction makes; nullopt when it is neither or
    /// a waiting transaction spends it.
    std::optional<consensus::Coin> spendable(const OutPoint& outpoint) const;

    /// The best packages for a block on the tip, as many as fit beside a coinbase.
    std::vector<TemplateTransaction> best();

    /// To be called a few times a second.
    void tick();

    /// Told of what comes and goes; not while a reorganisation or a restart is worked off: then
    /// `on_pool_rebuilt` says that all may be different.
    class Listener : public MempoolListener {
    public:
        virtual void on_pool_rebuilt() {}
    };
    void add_listener(Listener& listener) { listeners_.push_back(&listener); }
    void remove_listener(Listener& listener) { std::erase(listeners_, &listener); }

    Bytes save() const { return pool_.save(); }
    /// Takes what `save` gave, as far as it is still possible.
    /// @return how many were taken; nullopt: these bytes are none
    std::optional<std::size_t> restore(ByteView saved);

private:
    void on_block_connected(const chain::BlockNode& node, const Block& block) override;
    void on_block_disconnected(const chain::BlockNode& node, const Block& block) override;
    void on_tip_changed(const chain::TipChange& change) override;
    void on_added(const MempoolEntry& entry) override;
    void on_removed(const Transaction& tx, const TxId& txid) override;
    /// Works off a reorganisation.
    void settle();

    chain::Chainstate& chain_;
    const Clock& clock_;
    Mempool pool_;
    std::vector<Listener*> listeners_;
    std::vector<std::vector<Transaction>> returned_;  ///< of blocks left, the newest first
    std::deque<std::unordered_set<TxId, HashOfHash>> recent_;
    bool rebuilding_ = false;
};

}  // namespace adit::node::mempool
