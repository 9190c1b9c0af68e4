// Following the branch with most work.

#include "kernels/base/hex.hpp"
#include "node/chain/chainstate_on_store.hpp"

namespace adit::node::chain {

std::string text_of(const RefusedBranch& branch)
{
    const std::string hash = to_hex_reversed(branch.end->hash.bytes);
    return "a branch with more work forks off " + std::to_string(branch.depth) +
           " blocks deep and is not followed: " + hash +
           "; `adit rpc reconsiderblock` with this "
           "hash follows it";
}

void ChainstateOnStore::follow_best(Arrival* arrival)
{
    const BlockNode& start = *ledger_.tip();
    while (const BlockNode* target = better_than_tip(start)) {
        const BlockNode* fork = fork_of(ledger_.tip(), target);
        while (ledger_.tip() != fork)
            if (!commit_pending(arrival) || !disconnect_tip()) return;
        if (!connect_branch(*target, *fork, arrival)) return;
    }
    if (commit_pending(arrival)) candidates_.forget_below(*ledger_.tip());
}

/// Of the candidates with more work than the tip, the best one that may be followed from `start`,
/// where all this began; `start` itself before others of its work.
const BlockNode* ChainstateOnStore::better_than_tip(const BlockNode& start)
{
    const BlockNode& tip = *ledger_.tip();
    const bool may_go_back =
        &tip != &start && tip.total_work <= start.total_work && !start.standing().failed;
    for (const BlockNode* candidate : candidates_.by_merit()) {
        if (may_go_back && candidate->total_work <= start.total_work) return &start;
        if (candidate->total_work <= tip.total_work) return nullptr;
        if (!too_deep(start, *candidate)) return candidate;
    }
    return nullptr;
}

/// How deep it forks off, where that is too deep to be followed; else 0.
u32 ChainstateOnStore::refused_depth(const BlockNode& start, const BlockNode& candidate) const
{
    const u32 depth = start.height.value - fork_of(&start, &candidate)->height.value;
    if (depth <= spec_.max_reorg) return 0;
    for (const BlockNode* wanted : wanted_)
        if (candidate.descends_from(*wanted)) return 0;
    return depth;
}

std::optional<RefusedBranch> ChainstateOnStore::refused_branch() const
{
    const BlockNode& tip = *ledger_.tip();
    for (const BlockNode* candidate : candidates_.by_merit()) {
        if (candidate->total_work <= tip.total_work) break;
        if (const u32 depth = refused_depth(tip, *candidate); depth > 0)
            return RefusedBranch{candidate, depth};
    }
    return std::nullopt;
}

bool ChainstateOnStore::too_deep(const BlockNode& start, const BlockNode& candidate)
{
    const u32 depth = refused_depth(start, candidate);
    if (depth == 0) return false;
    const BlockNode* branch = candidate.ancestor(Height(start.height.value - depth + 1));
    if (refused_.insert(branch).second)
        for (ChainListener* listener : listeners_) listener->on_reorg_refused(candidate, depth);
    return true;
}

/// Connects up to `target`, or as far as the rules let it. False: the store failed.
bool ChainstateOnStore::connect_branch(const BlockNode& target, const BlockNode& fork,
                                       Arrival* arrival)
{
    for (u32 height = fork.height.value + 1; height <= target.height.value; ++height) {
        const BlockNode& node = *target.ancestor(Height(height));
        if (!connect(node, arrival)) return false;
        if (node.standing().failed) break;
    }
    return true;
}

/// False: the store failed. A block that breaks a rule is marked, and that is success.
bool ChainstateOnStore::connect(const BlockNode& node, Arrival* arrival)
{
    const bool arriving = arrival != nullptr && arrival->node == &node;
    if (!arriving && !commit_pending(arrival)) return false;
    std::optional<Block> stored;
    if (!arriving) {
        auto read = stored_block(node);
        if (!read) return fail(read.error()), false;
        stored = std::move(*read);
    }
    const Block& block = arriving ? *arrival->block : *stored;
    Batch own;
    Batch& batch = arriving ? arrival->batch : own;
    const auto step = ledger_.prepare_connect(node, block, batch);
    if (!step) {
        if (step.error().store) return fail(*step.error().store), false;
        remember_failed(node, step.error().block, batch);
        return commit(batch);
    }
    Standing standing = node.standing();
    if (!standing.was_connected) {
        standing.was_connected = true;
        index_.set_standing(node, standing);
        batch.put(Column::index, block_key(node), to_record(index_record_of(node)));
    }
    if (!commit(batch, &*step)) return false;
    for (ChainListener* listener : listeners_) listener->on_block_connected(node, block);
    return true;
}

bool ChainstateOnStore::disconnect_tip()
{
    const BlockNode& node = *ledger_.tip();
    const auto block = stored_block(node);
    if (!block) return fail(block.error()), false;
    Batch batch;
    const auto step = ledger_.prepare_disconnect(*block, batch);
    if (!step) return fail(step.error()), false;
    if (!commit(batch, &*step)) return false;
    for (ChainListener* listener : listeners_) listener->on_block_disconnected(node, *block);
    return true;
}

void ChainstateOnStore::remember_failed(const BlockNode& node, BlockError error, Batch& batch)
{
    mark_failed(node, error);
    Standing standing = node.standing();
    standing.has_body = false;
    index_.set_standing(node, standing);
    batch.erase(Column::bodies, block_key(node));
    batch.put(Column::index, block_key(node), to_record(index_record_of(node)));
}

/// It and all that build on it can no longer be the best chain's end.
void ChainstateOnStore::mark_failed(const BlockNode& node, BlockError error)
{
    Standing standing = node.standing();
    standing.linked = false;
    standing.failed = true;
    standing.failure = error;
    index_.set_standing(node, standing);
    candidates_.remove(node);
    for (const BlockNode* heir : index_.descendants_of(node)) {
        candidates_.remove(*heir);
        standing = heir->standing();
        if (standing.failed)
            continue;  // for a reason of its own, or an ancestor's nearer than this
        standing.failed = true;
        standing.failure = BlockError::bad_prevblk;
        index_.set_standing(*heir, standing);
    }
    find_best_header();
}

void ChainstateOnStore::find_best_header()
{
    const BlockNode* best = index_.genesis();
    if (!best_header_.load()->standing().failed) return;
    for (const BlockNode& other : index_.nodes())
        if (other.total_work > best->total_work && !other.standing().failed) best = &other;
    best_header_ = best;
}

}  // namespace adit::node::chain
