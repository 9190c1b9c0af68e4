#pragma once

#include <optional>

#include "kernels/base/clock.hpp"
#include "node/primitives/transaction.hpp"

namespace adit::node::p2p {

/// What the peers' room needs of the mempool. The chain thread.
class TransactionPool {
public:
    virtual ~TransactionPool() = default;

    /// In the pool, mined lately, or refused lately: nothing to ask for.
    virtual bool knows(const TxId& txid) const = 0;
    virtual std::optional<Transaction> find(const TxId& txid) const = 0;
    /// Base units per 1000 bytes; 0 when it is not in the pool.
    virtual u64 fee_rate(const TxId& txid) const = 0;
    virtual std::vector<TxId> all() const = 0;

    struct Outcome {
        bool accepted = false;
        int points = 0;      ///< the sender's misbehaviour; 0 where only policy refused it
        std::string reason;  ///< reject word, empty when accepted
        std::vector<TxId> missing_parents;  ///< it was kept as an orphan: ask for these
    };
    virtual Outcome accept(const Transaction& tx, UnixTime now) = 0;
};

}  // namespace adit::node::p2p
