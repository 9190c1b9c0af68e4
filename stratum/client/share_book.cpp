#include "stratum/client/share_book.hpp"

#include <algorithm>
#include <utility>

#include "stratum/proto/pool_work.hpp"

namespace adit::stratum::client {

void ShareBook::found(Share share)
{
    if (remembered_.size() >= kRememberedMax) remembered_.clear();
    if (!remembered_.insert(share.hash).second)
        return rule(std::move(share), Ruling::duplicate, "found twice; sent once");
    if (waiting_.size() >= kWaitingMax) {
        rule(std::move(waiting_.front()), Ruling::job_over, "too many shares wait for the pool");
        waiting_.pop_front();
    }
    waiting_.push_back(std::move(share));
}

std::deque<Share> ShareBook::take_waiting() { return std::exchange(waiting_, {}); }

void ShareBook::sent(i64 id, Share share, TimePoint now)
{
    next_id_ = std::max(next_id_, id + 1);
    in_flight_.emplace(id, Sent{std::move(share), now});
    if (in_flight_.size() <= kInFlightMax) return;
    const auto oldest = in_flight_.begin();
    rule(std::move(oldest->second.share), Ruling::unanswered, "too many shares without an answer");
    in_flight_.erase(oldest);
}

bool ShareBook::answered(i64 id, Ruling ruling, std::string reason, TimePoint now)
{
    const auto found = in_flight_.find(id);
    if (found == in_flight_.end()) return false;
    ruled_.push_back(
        {std::move(found->second.share), ruling, std::move(reason), now - found->second.at});
    in_flight_.erase(found);
    return true;
}

void ShareBook::link_lost(TimePoint now)
{
    std::vector<Share> unwritten;
    for (auto& [id, sent] : in_flight_) {
        if (id >= unwritten_from_)
            unwritten.push_back(std::move(sent.share));
        else
            ruled_.push_back({std::move(sent.share), Ruling::link_lost,
                              "connection lost before the pool answered", now - sent.at});
    }
    in_flight_.clear();
    waiting_.insert(waiting_.begin(), std::make_move_iterator(unwritten.begin()),
                    std::make_move_iterator(unwritten.end()));
    written();
}

std::size_t ShareBook::expire(TimePoint since, TimePoint now)
{
    std::size_t expired = 0;
    while (!in_flight_.empty() && in_flight_.begin()->second.at < since) {
        answered(in_flight_.begin()->first, Ruling::unanswered, "the pool never answered", now);
        ++expired;
    }
    return expired;
}

void ShareBook::drop_waiting(Ruling ruling, const std::string& reason)
{
    for (Share& share : take_waiting()) rule(std::move(share), ruling, reason);
}

void ShareBook::rule(Share share, Ruling ruling, std::string reason)
{
    ruled_.push_back({std::move(share), ruling, std::move(reason), {}});
}

std::optional<TimePoint> ShareBook::oldest_sent() const
{
    if (in_flight_.empty()) return std::nullopt;
    return in_flight_.begin()->second.at;
}

std::optional<i64> ShareBook::oldest_id() const
{
    if (in_flight_.empty()) return std::nullopt;
    return in_flight_.begin()->first;
}

bool ShareBook::is_of_same_block(i64 id, ByteView hash) const
{
    const auto found = in_flight_.find(id);
    return found != in_flight_.end() && equal(previous_hash(*found->second.share.work), hash);
}

}  // namespace adit::stratum::client
