#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <shared_mutex>
#include <unordered_set>
#include <vector>

#include "kernels/base/u256.hpp"
#include "node/consensus/ancestry.hpp"
#include "node/consensus/verdict.hpp"

/// The tree of known headers. Grows only; everything but a node's standing is fixed when it is
/// made.
namespace adit::node::chain {

/// What is known of a block besides its header.
struct Standing {
    bool has_body = false;       ///< its transactions are in the store
    bool linked = false;         ///< so are those of all its ancestors
    bool was_connected = false;  ///< its coins were checked once, so it is valid for good
    bool failed = false;         ///< it, or an ancestor, broke a rule for good
    /// The rule it broke itself; `bad_prevblk` when an ancestor broke one.
    std::optional<consensus::BlockError> failure;
};

/// A known header's place in the tree. Never moves and lives as long as its index: pointers to it
/// are names of blocks. Any thread may read it.
struct BlockNode {
    BlockHash hash;
    const BlockNode* parent = nullptr;  ///< null for genesis alone
    const BlockNode* skip = nullptr;    ///< an ancestor further back; genesis names itself
    Height height;
    i32 version = 0;
    u32 time = 0;  ///< Unix seconds
    u32 bits = 0;
    U256 total_work;  ///< from genesis up to and with this block

    Standing standing() const;
    /// The ancestor of this height, itself included: some log2(height) steps. Null above it.
    const BlockNode* ancestor(Height at) const;
    /// Whether `other` is this block or one of its ancestors.
    bool descends_from(const BlockNode& other) const { return ancestor(other.height) == &other; }
    /// Median time of this block and those before it, `span` in all (fewer near genesis).
    u32 median_time(u32 span) const;

    // Kept by BlockIndex.
    std::atomic<u32> flags{0};
    std::atomic<u64> arrival{0};  ///< bodies count up from 1: of equal work, the first seen wins
};

/// What one block with these bits adds to a chain's work; 0 for bits that are no target.
U256 work_of_bits(u32 bits);

/// The last block two branches share. Both must be of one tree.
const BlockNode* fork_of(const BlockNode* a, const BlockNode* b);

/// What the header rules read of `parent` and the blocks before it, newest first: as many of the
/// `count` wanted as there are.
std::vector<consensus::Ancestor> ancestors_of(const BlockNode& parent, u32 count);

/// Owns the nodes. Changes come from the chain thread alone; `find` and reading nodes is for any
/// thread.
class BlockIndex {
public:
    /// @param genesis  height 0, taken as given
    explicit BlockIndex(const BlockHeader& genesis);

    const BlockNode* genesis() const { return &nodes_.front(); }
    const BlockNode* find(const BlockHash& hash) const;
    std::size_t size() const;

    /// Nodes without children: the ends of all branches.
    std::vector<const BlockNode*> leaves() const;

    // The chain thread.
    void reserve(std::size_t headers);
    /// Adds a header whose parent is known; the node that is there already when it is.
    const BlockNode* add(const BlockHash& hash, const BlockNode& parent, i32 version, u32 time,
                         u32 bits);
    void set_standing(const BlockNode& node, const Standing& standing);
    void set_arrival(const BlockNode& node, u64 arrival);
    /// Every node made after `node` that descends from it, oldest first.
    std::vector<const BlockNode*> descendants_of(const BlockNode& node) const;
    /// Every node, parents before children.
    const std::deque<BlockNode>& nodes() const { return nodes_; }

private:
    struct ByHash {
        using is_transparent = void;
        std::size_t operator()(const BlockNode* node) const { return HashOfHash{}(node->hash); }
        std::size_t operator()(const BlockHash& hash) const { return HashOfHash{}(hash); }
    };
    struct SameHash {
        using is_transparent = void;
        bool operator()(const BlockNode* a, const BlockNode* b) const { return a == b; }
        bool operator()(const BlockHash& a, const BlockNode* b) const { return a == b->hash; }
        bool operator()(const BlockNode* a, const BlockHash& b) const { return a->hash == b; }
    };

    mutable std::shared_mutex mutex_;  // guards by_hash_ and the growth of nodes_
    std::deque<BlockNode> nodes_;
    std::unordered_set<BlockNode*, ByHash, SameHash> by_hash_;
};

}  // namespace adit::node::chain
