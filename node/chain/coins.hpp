#pragma once

#include <unordered_map>

#include "node/chain/store.hpp"
#include "node/chain/undo.hpp"
#include "node/consensus/coin_view.hpp"

namespace adit::node::chain {

/// The store's coins, those asked for lately kept in memory. The chain thread alone.
class StoredCoins final : public consensus::CoinView {
public:
    /// @param cache_bytes_max  of coins in memory, overheads included
    StoredCoins(const Store& store, std::size_t cache_bytes_max, u64 salt);

    /// nullopt also when the store could not be read: ask `failure` before trusting what follows
    /// from it.
    std::optional<consensus::Coin> find(const OutPoint& outpoint) const override;
    const std::optional<StoreError>& failure() const { return failure_; }

    /// Follows a change that has just been written to the store.
    void apply(const CoinDelta& delta);
    std::size_t cache_bytes() const { return young_.bytes + old_.bytes; }

private:
    struct SaltedHash {
        u64 salt = 0;
        std::size_t operator()(const OutPoint& outpoint) const;
    };
    /// Two generations: what is used moves to the young one; when that is full it becomes the old
    /// one, and what nobody asked for since is let go.
    struct Generation {
        explicit Generation(SaltedHash hash) : coins(0, hash) {}

        std::unordered_map<OutPoint, consensus::Coin, SaltedHash> coins;
        std::size_t bytes = 0;

        void put(const OutPoint& outpoint, const consensus::Coin& coin);
        void drop(const OutPoint& outpoint);
    };
    void keep(const OutPoint& outpoint, const consensus::Coin& coin) const;

    const Store& store_;
    std::size_t generation_bytes_max_;
    mutable Generation young_, old_;
    mutable std::optional<StoreError> failure_;
};

}  // namespace adit::node::chain
