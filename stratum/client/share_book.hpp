#pragma once

#include <deque>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "stratum/proto/errors.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum::client {

/// A share that has its verdict.
struct Ruled {
    Share share;
    Ruling ruling{};
    std::string reason;  ///< the pool's words, or ours
    Duration latency{};  ///< from the write to the answer; 0 when it was never sent
};

/// One pool's shares between finding and verdict: waiting for a link that takes them, or sent and
/// unanswered. Every share that comes in goes out by exactly one `Ruled`, and none is sent twice.
class ShareBook {
public:
    static constexpr std::size_t kWaitingMax = 4096;
    static constexpr std::size_t kInFlightMax = 4096;
    static constexpr std::size_t kRememberedMax = 65536;  ///< hashes known as sent

    /// Takes a share; one known already, or one too many, is ruled at once.
    void found(Share share);

    /// The waiting shares, oldest first; those not sent are to be given back by `wait_again`.
    std::deque<Share> take_waiting();
    void wait_again(Share share) { waiting_.push_back(std::move(share)); }

    /// A share goes out under request `id`. Nothing says yet that it reached the socket.
    void sent(i64 id, Share share, TimePoint now);
    /// All that went out so far is on its way: from here on nothing is sent again.
    void written() { unwritten_from_ = next_id_; }

    bool is_share(i64 id) const { return in_flight_.contains(id); }
    /// False when no share waits under `id` (answered before, or never ours).
    bool answered(i64 id, Ruling ruling, std::string reason, TimePoint now);

    /// The connection is gone: what was written is lost, the rest waits again.
    void link_lost(TimePoint now);
    /// Rules on sent shares that have waited since before `since`; how many those were.
    std::size_t expire(TimePoint since, TimePoint now);
    /// Rules on every waiting share.
    void drop_waiting(Ruling ruling, const std::string& reason);

    void rule(Share share, Ruling ruling, std::string reason);
    std::vector<Ruled> take_ruled() { return std::exchange(ruled_, {}); }

    /// Another previous block: nothing sent before can come again.
    void forget_sent() { remembered_.clear(); }

    std::size_t waiting() const { return waiting_.size(); }
    std::size_t in_flight() const { return in_flight_.size(); }
    std::optional<TimePoint> oldest_sent() const;
    std::optional<i64> oldest_id() const;
    /// Whether the share sent under `id` builds on this previous block.
    bool is_of_same_block(i64 id, ByteView previous_hash) const;

private:
    struct Sent {
        Share share;
        TimePoint at;
    };
    std::deque<Share> waiting_;
    std::map<i64, Sent> in_flight_;  ///< by request id, so oldest first
    std::unordered_set<Hash256, HashOfHash> remembered_;
    std::vector<Ruled> ruled_;
    i64 next_id_ = 0;         ///< one past the highest id sent
    i64 unwritten_from_ = 0;  ///< ids from here on are still in our own hands
};

}  // namespace adit::stratum::client
