#pragma once

#include <mutex>
#include <unordered_set>

#include "node/script/spend_check.hpp"

namespace adit::node::mempool {

/// Signatures found good, in two generations: when the young one is full, the old one is let go.
/// Any thread.
class SignatureCache final : public script::SignatureMemory {
public:
    static constexpr std::size_t kGenerationMax =
        250'000;  ///< entries of 32 bytes, and as much overhead

    bool knows(const Hash256& entry) const override
    {
        const std::scoped_lock lock(mutex_);
        return young_.contains(entry) || old_.contains(entry);
    }
    void remember(const Hash256& entry) override
    {
        const std::scoped_lock lock(mutex_);
        if (young_.size() >= kGenerationMax) {
            old_.swap(young_);
            young_.clear();
        }
        young_.insert(entry);
    }

private:
    mutable std::mutex mutex_;
    std::unordered_set<Hash256, HashOfHash> young_, old_;
};

}  // namespace adit::node::mempool
