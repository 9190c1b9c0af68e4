#include "node/mempool/package_select.hpp"

#include <algorithm>
#include <queue>

#include "node/consensus/check_tx.hpp"

namespace adit::node::mempool {
namespace {

constexpr int kMissesMax = 1'000;  ///< packages that did not fit, in a row, before it is enough

/// A transaction with the ancestors it still needs.
struct Package {
    const MempoolEntry* last = nullptr;
    Amount fees = 0;
    std::size_t bytes = 0;
    u32 generation = 0;  ///< of the last one's sums: an outdated package is thrown away

    bool operator<(const Package& other) const
    {
        const auto mine = static_cast<__int128>(fees) * static_cast<__int128>(other.bytes);
        const auto theirs = static_cast<__int128>(other.fees) * static_cast<__int128>(bytes);
        return mine != theirs ? mine < theirs : other.last->txid < last->txid;
    }
};

class Selection {
public:
    Selection(const Mempool& pool, const NextBlock& next, std::size_t bytes_max, u32 sigops_max)
        : pool_(pool), next_(next), bytes_left_(bytes_max), sigops_left_(sigops_max)
    {
        std::vector<Package> packages;
        packages.reserve(pool.size());
        for (const MempoolEntry* entry : pool.all()) {
            sums_[entry] = {entry->ancestor_fees, entry->ancestor_bytes, 0};
            packages.push_back({entry, entry->ancestor_fees, entry->ancestor_bytes, 0});
        }
        queue_ = std::priority_queue<Package>(std::less<Package>(), std::move(packages));
    }

    std::vector<TemplateTransaction> run()
    {
        int misses = 0;
        while (!queue_.empty() && misses < kMissesMax) {
            const Package package = queue_.top();
            queue_.pop();
            if (places_.contains(package.last) ||
                sums_.at(package.last).generation != package.generation)
                continue;
            if (take(*package.last))
                misses = 0;
            else
                ++misses;
        }
        return std::move(chosen_);
    }

private:
    struct Sums {
        Amount fees = 0;
        std::size_t bytes = 0;
        u32 generation = 0;
    };

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
            if (!consensus::is_final(member->tx, next_.height, next_.time)) return false;
        }
        if (bytes > bytes_left_ || sigops > sigops_left_) return false;
        bytes_left_ -= bytes;
        sigops_left_ -= sigops;
        std::sort(members.begin(), members.end(), [](const MempoolEntry* a, const MempoolEntry* b) {
            return a->ancestor_count != b->ancestor_count ? a->ancestor_count < b->ancestor_count
                                                          : a->txid < b->txid;
        });
        for (const MempoolEntry* member : members) place(*member);
        return true;
    }

    void gather(const MempoolEntry& entry, std::vector<const MempoolEntry*>& members)
    {
        if (places_.contains(&entry) ||
            std::find(members.begin(), members.end(), &entry) != members.end())
            return;
        members.push_back(&entry);
        for (const TxId& parent : entry.parents) gather(*pool_.find(parent), members);
    }

    void place(const MempoolEntry& entry)
    {
        TemplateTransaction chosen{entry.tx, entry.txid, entry.fee, entry.sigops, {}, entry.bytes};
        for (const TxId& parent : entry.parents)
            chosen.depends.push_back(places_.at(pool_.find(parent)));
        std::sort(chosen.depends.begin(), chosen.depends.end());
        chosen_.push_back(std::move(chosen));
        places_[&entry] = static_cast<u32>(chosen_.size());
        lighten_descendants(entry);
    }

    /// What is in the block already no longer weighs on those that need it.
    void lighten_descendants(const MempoolEntry& placed)
    {
        std::vector<const MempoolEntry*> seen;
        std::vector<TxId> next(placed.children.begin(), placed.children.end());
        while (!next.empty()) {
            const MempoolEntry* descendant = pool_.find(next.back());
            next.pop_back();
            if (std::find(seen.begin(), seen.end(), descendant) != seen.end()) continue;
            seen.push_back(descendant);
            next.insert(next.end(), descendant->children.begin(), descendant->children.end());
            if (places_.contains(descendant)) continue;
            Sums& sums = sums_.at(descendant);
            sums.fees -= placed.fee;
            sums.bytes -= placed.bytes;
            queue_.push({descendant, sums.fees, sums.bytes, ++sums.generation});
        }
    }

    const Mempool& pool_;
    NextBlock next_;
    std::size_t bytes_left_;
    u32 sigops_left_;
    std::unordered_map<const MempoolEntry*, Sums> sums_;
    std::unordered_map<const MempoolEntry*, u32> places_;  ///< 1-based, as `depends` counts
    std::priority_queue<Package> queue_;
    std::vector<TemplateTransaction> chosen_;
};

}  // namespace

std::vector<TemplateTransaction> select_packages(const Mempool& pool, const NextBlock& next,
                                                 std::size_t bytes_max, u32 sigops_max)
{
    return Selection(pool, next, bytes_max, sigops_max).run();
}

}  // namespace adit::node::mempool
