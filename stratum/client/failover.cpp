#include "stratum/client/failover.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"

namespace adit::stratum::client {

Failover::Failover(std::size_t pools, FailoverOptions options, Random& random)
    : options_(options), random_(random), pools_(pools)
{
    ADIT_CHECK(pools > 0);
}

void Failover::failed(std::size_t pool, TimePoint now)
{
    Pool& failing = pools_[pool];
    const int doublings = std::min(failing.failures, 16);
    const Duration pause =
        std::min(options_.backoff_max, options_.backoff_min * (Duration::rep{1} << doublings));
    ++failing.failures;
    // Half fixed, half by chance: rigs that lost the same pool do not come back in one wave.
    failing.ready_at = now + pause / 2 + random_.up_to(pause / 2);
    look_home_at_.reset();
    choose(now);
}

void Failover::shun(std::size_t pool)
{
    pools_[pool].failures = std::max(pools_[pool].failures, options_.tries_before_next - 1);
}

void Failover::proved()
{
    for (Pool& pool : pools_) pool.failures = 0;
}

bool Failover::all_failed() const
{
    return std::all_of(pools_.begin(), pools_.end(), [&](const Pool& pool) {
        return pool.failures >= options_.tries_before_next;
    });
}

/// Stays with a pool for its first failures; then, of those that may be dialled, the one with the
/// fewest failures, the first in order among equals: everybody has a turn before anybody has the
/// next. When none may be dialled, the one that may be soonest.
void Failover::choose(TimePoint now)
{
    const Pool& present = pools_[next_];
    if (present.failures == 0 || present.failures >= options_.tries_before_next) {
        const auto comes_first = [&](const Pool& a, const Pool& b) {
            const bool a_is_ready = a.ready_at <= now;
            const bool b_is_ready = b.ready_at <= now;
            if (a_is_ready != b_is_ready) return a_is_ready;
            return a_is_ready ? a.failures < b.failures : a.ready_at < b.ready_at;
        };
        next_ = static_cast<std::size_t>(
            std::min_element(pools_.begin(), pools_.end(), comes_first) - pools_.begin());
    }
    dial_at_ = std::max(now, pools_[next_].ready_at);
}

void Failover::works(std::size_t pool, TimePoint now)
{
    pools_[pool].ready_at = now;
    next_ = pool;
    dial_at_ = now;
    look_home_at_.reset();
    if (pool != 0) looked_home(now);
}

bool Failover::may_move(std::size_t pool, TimePoint now)
{
    auto& moves = pools_[pool].moves;
    std::erase_if(moves, [&](TimePoint at) { return now - at > options_.move_window; });
    moves.push_back(now);
    return moves.size() <= static_cast<std::size_t>(options_.moves_max);
}

void Failover::looked_home(TimePoint now)
{
    if (options_.return_to_main > Duration::zero()) look_home_at_ = now + options_.return_to_main;
}

}  // namespace adit::stratum::client
