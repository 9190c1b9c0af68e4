#pragma once

#include <filesystem>

#include "node/mempool/chain_pool.hpp"
#include "node/p2p/network.hpp"

namespace adit::node::app {

/// The mempool among its neighbours: the door peers knock at, news to peers, and the file that
/// keeps waiting transactions over a restart. The chain thread, and before it starts its owner's.
class PoolService final : public p2p::TransactionPool, private mempool::ChainPool::Listener {
public:
    /// @param file  read now, written by `save`; a damaged one is put aside and said
    PoolService(mempool::ChainPool& pool, const Clock& clock, std::filesystem::path file);
    ~PoolService() override;

    /// Where newcomers are told of; null: nobody.
    void tell(p2p::Network* network) { network_ = network; }
    void tick();
    /// Whole or not at all.
    void save();
    const std::string& warning() const { return warning_; }  ///< one line, empty when all is well

    bool knows(const TxId& txid) const override;
    std::optional<Transaction> find(const TxId& txid) const override;
    u64 fee_rate(const TxId& txid) const override;
    std::vector<TxId> all() const override;
    Outcome accept(const Transaction& tx, UnixTime now) override;

private:
    void on_added(const mempool::MempoolEntry& entry) override;

    mempool::ChainPool& pool_;
    const Clock& clock_;
    std::filesystem::path file_;
    p2p::Network* network_ = nullptr;
    TimePoint save_due_;
    u64 saved_changes_ = 0;
    std::string warning_;
};

}  // namespace adit::node::app
