#include "stratum/server/server_session.hpp"

#include <algorithm>
#include <utility>

#include "stratum/proto/codec.hpp"

namespace adit::stratum::server {

void TargetHistory::push(const U256& target)
{
    if (count_ > 0) ++generation_;
    targets_[generation_ % kKept] = target;
    count_ = std::min(count_ + 1, kKept);
}

const U256* TargetHistory::find(u8 generation) const
{
    const u8 age = static_cast<u8>(generation_ - generation);
    return age < count_ ? &targets_[generation % kKept] : nullptr;
}

ServerSession::ServerSession(u64 number, std::string address, std::size_t line_bytes_max,
                             TimePoint now)
    : connected_at(now),
      share_at(now),
      number_(number),
      address_(std::move(address)),
      framer_(line_bytes_max)
{}

void ServerSession::subscribe(const MinerState& state, std::string name)
{
    state_ = state;
    name_ = std::move(name);
}

bool ServerSession::authorized(std::string_view worker) const
{
    return std::find(workers_.begin(), workers_.end(), worker) != workers_.end();
}

bool ServerSession::authorize(std::string worker)
{
    if (authorized(worker)) return true;
    if (workers_.size() >= kWorkersMax) return false;
    workers_.push_back(std::move(worker));
    return true;
}

void ServerSession::send_job(const ServerJob& job, bool clean)
{
    // A share is never harder than a block, so that no block goes unseen.
    const U256 target = std::max(target_for(state_->vardiff.solutions()), job.work->block_target);
    TargetHistory& targets = state_->targets;
    const bool changed = targets.empty() || targets.newest() != target;
    if (changed) targets.push(target);
    // A miner who came back to its session has heard of no target on this connection yet.
    if (!std::exchange(target_sent_, true) || changed) send(encode(SetTarget{target}));
    send(job.notify_line(job_id(job.number, targets.generation()), clean));
}

}  // namespace adit::stratum::server
