#include "node/chain/block_index.hpp"

#include <algorithm>
#include <mutex>

#include "kernels/base/check.hpp"
#include "kernels/base/compact.hpp"

namespace adit::node::chain {
namespace {

constexpr u32 kHasBody = 1;
constexpr u32 kLinked = 2;
constexpr u32 kWasConnected = 4;
constexpr u32 kFailed = 8;
constexpr u32 kFailureShift = 8;  // above: the failure plus one, 0 for none

/// A jump pointer per node makes every path O(log n) long and costs one word (E. W. Myers, "An
/// applicative random-access stack", 1983): two jumps of equal length become one twice as long.
const BlockNode* skip_over(const BlockNode& parent)
{
    const BlockNode& jump = *parent.skip;
    const u32 first = parent.height.value - jump.height.value;
    const u32 second = jump.height.value - jump.skip->height.value;
    return first == second ? jump.skip : &parent;
}

}  // namespace

U256 work_of_bits(u32 bits)
{
    const CompactTarget compact = decode_compact(bits);
    return compact.usable() ? work_of_target(compact.target) : U256();
}

Standing BlockNode::standing() const
{
    const u32 f = flags.load(std::memory_order_acquire);
    Standing standing{(f & kHasBody) != 0, (f & kLinked) != 0, (f & kWasConnected) != 0,
                      (f & kFailed) != 0, std::nullopt};
    if (const u32 failure = f >> kFailureShift; failure != 0)
        standing.failure = static_cast<consensus::BlockError>(failure - 1);
    return standing;
}

const BlockNode* BlockNode::ancestor(Height at) const
{
    if (at > height) return nullptr;
    const BlockNode* node = this;
    while (node->height > at) node = node->skip->height >= at ? node->skip : node->parent;
    return node;
}

u32 BlockNode::median_time(u32 span) const
{
    const auto blocks = ancestors_of(*this, span);
    return consensus::median_time({height, blocks}, span);
}

const BlockNode* fork_of(const BlockNode* a, const BlockNode* b)
{
    const Height lower = std::min(a->height, b->height);
    a = a->ancestor(lower);
    b = b->ancestor(lower);
    // Of equal height, both have skips of equal length.
    while (a != b) {
        const bool leap = a->skip != b->skip;
        a = leap ? a->skip : a->parent;
        b = leap ? b->skip : b->parent;
    }
    return a;
}

std::vector<consensus::Ancestor> ancestors_of(const BlockNode& parent, u32 count)
{
    std::vector<consensus::Ancestor> blocks;
    blocks.reserve(count);
    for (const BlockNode* node = &parent; node != nullptr && blocks.size() < count;
         node = node->parent)
        blocks.push_back({node->time, node->bits});
    return blocks;
}

BlockIndex::BlockIndex(const BlockHeader& header)
{
    BlockNode& genesis = nodes_.emplace_back();
    genesis.hash = hash_of(header);
    genesis.skip = &genesis;
    genesis.version = header.version;
    genesis.time = header.time;
    genesis.bits = header.bits;
    genesis.total_work = work_of_bits(header.bits);
    by_hash_.insert(&genesis);
}

const BlockNode* BlockIndex::find(const BlockHash& hash) const
{
    const std::shared_lock lock(mutex_);
    const auto found = by_hash_.find(hash);
    return found == by_hash_.end() ? nullptr : *found;
}

std::size_t BlockIndex::size() const
{
    const std::shared_lock lock(mutex_);
    return nodes_.size();
}

std::vector<const BlockNode*> BlockIndex::leaves() const
{
    const std::shared_lock lock(mutex_);
    std::unordered_set<const BlockNode*> parents;
    parents.reserve(nodes_.size());
    for (const BlockNode& node : nodes_) parents.insert(node.parent);
    std::vector<const BlockNode*> leaves;
    for (const BlockNode& node : nodes_)
        if (!parents.contains(&node)) leaves.push_back(&node);
    return leaves;
}

void BlockIndex::reserve(std::size_t headers)
{
    const std::unique_lock lock(mutex_);
    by_hash_.reserve(headers);
}

const BlockNode* BlockIndex::add(const BlockHash& hash, const BlockNode& parent, i32 version,
                                 u32 time, u32 bits)
{
    if (const BlockNode* known = find(hash)) return known;
    // Neighbours mostly have equal bits, and the division is the dear part.
    const U256 work = bits == parent.bits && parent.parent != nullptr
                          ? parent.total_work - parent.parent->total_work
                          : work_of_bits(bits);
    const std::unique_lock lock(mutex_);
    BlockNode& node = nodes_.emplace_back();
    node.hash = hash;
    node.parent = &parent;
    node.skip = skip_over(parent);
    node.height = Height(parent.height.value + 1);
    node.version = version;
    node.time = time;
    node.bits = bits;
    node.total_work = parent.total_work + work;
    by_hash_.insert(&node);
    return &node;
}

void BlockIndex::set_standing(const BlockNode& node, const Standing& standing)
{
    u32 f = 0;
    if (standing.has_body) f |= kHasBody;
    if (standing.linked) f |= kLinked;
    if (standing.was_connected) f |= kWasConnected;
    if (standing.failed) f |= kFailed;
    if (standing.failure) f |= (static_cast<u32>(*standing.failure) + 1) << kFailureShift;
    const_cast<BlockNode&>(node).flags.store(f, std::memory_order_release);  // ours, not const
}

void BlockIndex::set_arrival(const BlockNode& node, u64 arrival)
{
    const_cast<BlockNode&>(node).arrival.store(arrival, std::memory_order_release);
}

std::vector<const BlockNode*> BlockIndex::descendants_of(const BlockNode& node) const
{
    std::vector<const BlockNode*> found;
    // Children are made after their parents, so nothing before `node` can descend from it.
    for (auto it = nodes_.rbegin(); it != nodes_.rend() && &*it != &node; ++it)
        if (it->descends_from(node)) found.push_back(&*it);
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace adit::node::chain
