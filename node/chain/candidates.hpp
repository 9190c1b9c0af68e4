#pragma once

#include <map>
#include <set>

#include "node/chain/block_index.hpp"

namespace adit::node::chain {

/// The blocks the best chain could end in: all bodies there down to genesis, no rule known broken.
/// The chain thread alone.
class Candidates {
public:
    explicit Candidates(BlockIndex& index) : index_(index) {}

    /// Takes note of a body. Links the block, and whatever waited for it, where its ancestors'
    /// bodies are there; where not, it waits.
    void body_arrived(const BlockNode& node);
    void remove(const BlockNode& node);
    /// Takes one in again that was let go of; it is linked and not failed.
    void add(const BlockNode& node) { by_merit_.insert(&node); }
    /// Lets go of those with less work than `tip`, which must be a candidate itself.
    void forget_below(const BlockNode& tip);

    /// Of most work, the first seen first.
    struct ByMerit {
        bool operator()(const BlockNode* a, const BlockNode* b) const;
    };
    const std::set<const BlockNode*, ByMerit>& by_merit() const { return by_merit_; }

private:
    BlockIndex& index_;
    std::set<const BlockNode*, ByMerit> by_merit_;
    std::multimap<const BlockNode*, const BlockNode*>
        waiting_;  // for the body of → whose body is there
};

}  // namespace adit::node::chain
