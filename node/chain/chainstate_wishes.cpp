// What whoever runs the node wants of the chain, whatever the rules say.

#include <algorithm>

#include "kernels/base/check.hpp"
#include "node/chain/chainstate_on_store.hpp"

namespace adit::node::chain {

Result<void, StoreError> ChainstateOnStore::invalidate(const BlockNode& node)
{
    ADIT_CHECK(node.parent != nullptr);
    if (const auto why = failure()) return *why;
    // First off the chain, then marked: a chain cut short in between is whole, and the block still
    // on it or followed again.
    while (ledger_.tip()->descends_from(node))
        if (!disconnect_tip()) return *failure();
    for (auto at = wanted_.begin(); at != wanted_.end();)
        at = (*at)->descends_from(node) ? wanted_.erase(at) : std::next(at);
    mark_failed(node, BlockError::invalidated);
    Batch batch;
    batch.put(Column::index, block_key(node), to_record(index_record_of(node)));
    if (!commit(batch)) return *failure();
    renew_candidates();
    follow_best(nullptr);
    return publish();
}

Result<void, StoreError> ChainstateOnStore::reconsider(const BlockNode& node)
{
    if (const auto why = failure()) return *why;
    Batch batch;
    clear_failures(node, batch);
    if (!batch.empty() && !commit(batch)) return *failure();
    wanted_.insert(&node);
    renew_candidates();
    follow_best(nullptr);
    return publish();
}

/// Of the block, its ancestors, all that build on it, and whoever failed for one of these alone.
void ChainstateOnStore::clear_failures(const BlockNode& node, Batch& batch)
{
    const BlockNode* top = &node;
    for (const BlockNode* at = &node; at != nullptr; at = at->parent)
        if (at->standing().failed) top = at;
    std::vector<const BlockNode*> family = index_.descendants_of(*top);
    family.insert(family.begin(), top);
    std::vector<const BlockNode*> broke_a_rule;
    for (const BlockNode* member : family)
        if (member->standing().failed && (member->standing().failure != BlockError::bad_prevblk ||
                                          !member->parent->standing().failed))
            broke_a_rule.push_back(member);
    for (const BlockNode* member : family) {  // parents first
        Standing standing = member->standing();
        const bool named = node.descends_from(*member) || member->descends_from(node);
        const bool own =
            std::find(broke_a_rule.begin(), broke_a_rule.end(), member) != broke_a_rule.end();
        if (!standing.failed || member->parent->standing().failed || (own && !named)) continue;
        standing.failed = false;
        standing.failure.reset();
        standing.linked = false;
        index_.set_standing(*member, standing);
        batch.put(Column::index, block_key(*member), to_record(index_record_of(*member)));
        if (member->total_work > best_header_.load()->total_work) best_header_ = member;
    }
    for (const BlockNode* member : family)
        if (const Standing standing = member->standing();
            standing.has_body && !standing.failed && !standing.linked)
            candidates_.body_arrived(*member);
}

/// Branches with less work than the tip had were let go of: they may matter again.
void ChainstateOnStore::renew_candidates()
{
    const U256& enough = ledger_.tip()->total_work;
    for (const BlockNode& node : index_.nodes())
        if (const Standing standing = node.standing();
            standing.linked && !standing.failed && node.total_work >= enough)
            candidates_.add(node);
}

}  // namespace adit::node::chain
