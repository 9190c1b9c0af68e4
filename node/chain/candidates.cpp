#include "node/chain/candidates.hpp"

namespace adit::node::chain {

bool Candidates::ByMerit::operator()(const BlockNode* a, const BlockNode* b) const
{
    if (a->total_work != b->total_work) return a->total_work > b->total_work;
    if (a->arrival != b->arrival) return a->arrival < b->arrival;
    return a->hash < b->hash;
}

void Candidates::body_arrived(const BlockNode& node)
{
    if (node.parent != nullptr && !node.parent->standing().linked) {
        waiting_.emplace(node.parent, &node);
        return;
    }
    std::vector<const BlockNode*> ready{&node};
    while (!ready.empty()) {
        const BlockNode* next = ready.back();
        ready.pop_back();
        Standing standing = next->standing();
        if (standing.failed) continue;
        standing.linked = true;
        index_.set_standing(*next, standing);
        by_merit_.insert(next);
        const auto [first, last] = waiting_.equal_range(next);
        for (auto it = first; it != last; ++it) ready.push_back(it->second);
        waiting_.erase(first, last);
    }
}

void Candidates::remove(const BlockNode& node) { by_merit_.erase(&node); }

void Candidates::forget_below(const BlockNode& tip)
{
    while (!by_merit_.empty() && (*by_merit_.rbegin())->total_work < tip.total_work)
        by_merit_.erase(std::prev(by_merit_.end()));
}

}  // namespace adit::node::chain
