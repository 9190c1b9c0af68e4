#include "node/mempool/package_select.hpp"

#include <algorithm>
#include <queue>

#include "node/consensus/check_tx.hpp"

namespace adit::node::mempool {
namespace {

constexpr int kMissesMax = 1'000;  ///< packages that did not fit, in a row, before it is enough
constexpr u32 kAlone = 0xffffffff;

/// A transaction with the ancestors it still needs.
struct Package {
    const MempoolEntry* last = nullptr;
    Amount fees = 0;
    std::size_t bytes = 0;
    u32 relative = kAlone;  ///< its place among the relatives; kAlone: it needs nobody, nobody it
    u32 generation = 0;     ///< of the last one's sums: an outdated package is thrown away

    bool operator<(const Package& other) const
    {
        const auto mine = static_cast<__int128>(fees) * static_cast<__int128>(other.bytes);
        const auto theirs = static_cast<__int128>(other.fees) * static_cast<__int128>(bytes);
        return mine != theirs ? mine < theirs : other.last->txid < last->txid;
    }
};

/// Most of what waits stands alone: it is sorted once, and taken as it comes. Only relatives keep
/// sums that change as their ancestors are taken; their new packages wait in a queue beside.
class Selection {
public:
    Selection(const Mempool& pool, const NextBlock& next, std::size_t bytes_max, u32 sigops_max)
        : pool_(pool), next_(next), bytes_left_(bytes_max), sigops_left_(sigops_max)
    {
        sorted_.reserve(pool.size());
        chosen_.reserve(pool.size());
        for (const MempoolEntry* entry : pool.all_unordered()) {
            Package package{entry, entry->ancestor_fees, entry->ancestor_bytes};
            if (!entry->parents.empty() || !entry->children.empty()) {
                package.relative = static_cast<u32>(relatives_.size());
                relatives_.push_back({entry, package.fees, package.bytes});
                relative_of_[entry] = package.relative;
            }
            sorted_.push_back(package);
        }
        std::sort(sorted_.begin(), sorted_.end(),
                  [](const Package& a, const Package& b) { return b < a; });
    }

    std::vector<TemplateTransaction> run()
    {
        int misses = 0;
        while (misses < kMissesMax) {
            const auto package = take_best();
            if (!package) break;
            const bool taken =
                package->relative == kAlone ? take_alone(*package->last) : take(*package->last);
            misses = taken ? 0 : misses + 1;
        }
        return std::move(chosen_);
    }

private:
    struct Relative {
        const MempoolEntry* entry = nullptr;
        Amount fees = 0;
        std::size_t bytes = 0;
        u32 generation = 0;
        u32 place = 0;  ///< in the block, 1-based as `depends` counts; 0: not there
    };

    bool outdated(const Package& package) const
    {
        if (package.relative == kAlone) return false;
        const Relative& relative = relatives_[package.relative];
        return relative.place != 0 || relative.generation != package.generation;
    }

    /// The best package left, out of both lists.
    std::optional<Package> take_best()
    {
        while (at_ < sorted_.size() && outdated(sorted_[at_])) ++at_;
        while (!changed_.empty() && outdated(changed_.top())) changed_.pop();
        const bool any = at_ < sorted_.size();
        if (!any && changed_.empty()) return std::nullopt;
        if (any && (changed_.empty() || !(sorted_[at_] < changed_.top()))) return sorted_[at_++];
        const Package best = changed_.top();
        changed_.pop();
        return best;
    }

    bool fits(std::size_t bytes, u32 sigops) const
    {
        return bytes <= bytes_left_ && sigops <= sigops_left_;
    }
    bool is_final(const MempoolEntry& entry) const
    {
        return consensus::is_final(*entry.tx, next_.height, next_.time);
    }
    Relative& relative(const MempoolEntry* entry) { return relatives_[relative_of_.at(entry)]; }
    Relative& relative(const TxId& txid) { return relative(pool_.find(txid)); }

    bool take_alone(const MempoolEntry& entry)
    {
        if (!fits(entry.bytes, entry.sigops) || !is_final(entry)) return false;
        place(entry, {});
        return true;
    }

    /// Takes the whole package, or nothing of it.
    bool take(const MempoolEntry& last)
    {
        std::vector<const MempoolEntry*> members;
        gather(last, members);
        std::size_t bytes = 0;
        u32 sigops = 0;
        for (const MempoolEntry* member : members) {
            bytes += member->bytes;
            sigops += member->sigops;
            if (!is_final(*member)) return false;
        }
        if (!fits(bytes, sigops)) return false;
        std::sort(members.begin(), members.end(), [](const MempoolEntry* a, const MempoolEntry* b) {
            return a->ancestor_count != b->ancestor_count ? a->ancestor_count < b->ancestor_count
                                                          : a->txid < b->txid;
        });
        for (const MempoolEntry* member : members) {
            std::vector<u32> depends;
            for (const TxId& parent : member->parents) depends.push_back(relative(parent).place);
            std::sort(depends.begin(), depends.end());
            place(*member, std::move(depends));
            relative(member).place = static_cast<u32>(chosen_.size());
            lighten_descendants(*member);
        }
        return true;
    }

    void gather(const MempoolEntry& entry, std::vector<const MempoolEntry*>& members)
    {
        if (relative(&entry).place != 0 ||
            std::find(members.begin(), members.end(), &entry) != members.end())
            return;
        members.push_back(&entry);
        for (const TxId& parent : entry.parents) gather(*pool_.find(parent), members);
    }

    void place(const MempoolEntry& entry, std::vector<u32> depends)
    {
        bytes_left_ -= entry.bytes;
        sigops_left_ -= entry.sigops;
        chosen_.push_back(
            {entry.tx, entry.txid, entry.fee, entry.sigops, std::move(depends), entry.bytes});
    }

    /// What is in the block already no longer weighs on those that need it.
    void lighten_descendants(const MempoolEntry& placed)
    {
        std::vector<u32> seen;
        std::vector<TxId> next(placed.children.begin(), placed.children.end());
        while (!next.empty()) {
            const MempoolEntry* descendant = pool_.find(next.back());
            next.pop_back();
            const u32 number = relative_of_.at(descendant);
            if (std::find(seen.begin(), seen.end(), number) != seen.end()) continue;
            seen.push_back(number);
            next.insert(next.end(), descendant->children.begin(), descendant->children.end());
            Relative& sums = relatives_[number];
            if (sums.place != 0) continue;
            sums.fees -= placed.fee;
            sums.bytes -= placed.bytes;
            changed_.push({descendant, sums.fees, sums.bytes, number, ++sums.generation});
        }
    }

    const Mempool& pool_;
    NextBlock next_;
    std::size_t bytes_left_;
    u32 sigops_left_;
    std::vector<Package> sorted_;  ///< as they were at first, the best in front
    std::size_t at_ = 0;           ///< the first not looked at
    std::priority_queue<Package> changed_;
    std::vector<Relative> relatives_;
    std::unordered_map<const MempoolEntry*, u32> relative_of_;
    std::vector<TemplateTransaction> chosen_;
};

}  // namespace

std::vector<TemplateTransaction> select_packages(const Mempool& pool, const NextBlock& next,
                                                 std::size_t bytes_max, u32 sigops_max)
{
    return Selection(pool, next, bytes_max, sigops_max).run();
}

}  // namespace adit::node::mempool
