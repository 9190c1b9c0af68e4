#include "stratum/server/worker_book.hpp"

#include "stratum/proto/target.hpp"

namespace adit::stratum::server {

WorkerStats& WorkerBook::of(const std::string& worker, TimePoint now)
{
    const auto known = workers_.find(worker);
    if (known != workers_.end()) return known->second;
    if (workers_.size() >= kWorkersMax) {
        auto oldest = workers_.begin();
        for (auto at = workers_.begin(); at != workers_.end(); ++at)
            if (at->second.connections == 0 && (oldest->second.connections > 0 ||
                                                at->second.last_share < oldest->second.last_share))
                oldest = at;
        workers_.erase(oldest);
    }
    WorkerStats& fresh = workers_[worker];
    fresh.name = worker;
    fresh.last_share = now;
    fresh.rate.start(now);
    return fresh;
}

void WorkerBook::connected(const std::string& worker, TimePoint now)
{
    ++of(worker, now).connections;
}

void WorkerBook::disconnected(const std::string& worker)
{
    const auto known = workers_.find(worker);
    if (known != workers_.end() && known->second.connections > 0) --known->second.connections;
}

void WorkerBook::ruled(const std::string& worker, Ruling ruling, TimePoint now)
{
    ++of(worker, now).rulings[static_cast<std::size_t>(ruling)];
}

void WorkerBook::credited(const std::string& worker, const U256& target, bool is_block,
                          TimePoint now)
{
    WorkerStats& stats = of(worker, now);
    ++stats.rulings[static_cast<std::size_t>(Ruling::accepted)];
    stats.solutions += solutions_per_share(target);
    stats.blocks += is_block ? 1 : 0;
    stats.last_share = now;
    stats.rate.accepted(target, now);
}

}  // namespace adit::stratum::server
