#pragma once

#include <optional>
#include <vector>

#include "kernels/base/clock.hpp"
#include "kernels/base/random.hpp"

namespace adit::stratum::client {

struct FailoverOptions {
    Duration backoff_min = std::chrono::seconds(1);  ///< doubles with each failure in a row
    Duration backoff_max = std::chrono::seconds(60);
    int tries_before_next = 3;  ///< failures in a row at one pool before the next one's turn
    Duration return_to_main = std::chrono::seconds(600);  ///< between looks at the first; 0: never
    Duration move_window = std::chrono::minutes(10);      ///< client.reconnect …
    int moves_max = 5;                                    ///< … this often and no more
};

/// Which pool to dial and when. Pools are numbered in the order they were named, the first is home.
/// Knows nothing of sockets; draws its jitter from the generator that is handed in.
class Failover {
public:
    Failover(std::size_t pools, FailoverOptions options, Random& random);

    /// The pool whose turn it is; `dial_at` says when. Asked after each change.
    std::size_t next() const { return next_; }
    TimePoint dial_at() const { return dial_at_; }

    /// A dial or a session ended without success, or a working pool broke off.
    void failed(std::size_t pool, TimePoint now);
    /// It answers, but not as it should: when it fails now, it is another pool's turn.
    void shun(std::size_t pool);
    /// A job came: this is the pool in use.
    void works(std::size_t pool, TimePoint now);
    /// A pool took a share, or has worked for a while: all failures are forgotten, and when it ends
    /// the order begins anew. A pool that hangs up on every share never comes so far.
    void proved();
    /// client.reconnect; false when that pool has done so too often and counts as failed.
    [[nodiscard]] bool may_move(std::size_t pool, TimePoint now);

    /// While another pool than the first works: when to look whether the first is back.
    std::optional<TimePoint> look_home_at() const { return look_home_at_; }
    void looked_home(TimePoint now);  ///< in vain

    int failures(std::size_t pool) const { return pools_[pool].failures; }
    /// Each of them has had as many failures in a row as make it another one's turn.
    bool all_failed() const;

private:
    struct Pool {
        int failures = 0;  ///< in a row
        TimePoint ready_at{};
        std::vector<TimePoint> moves;
    };
    void choose(TimePoint now);

    FailoverOptions options_;
    Random& random_;
    std::vector<Pool> pools_;
    std::size_t next_ = 0;
    TimePoint dial_at_{};
    std::optional<TimePoint> look_home_at_;
};

}  // namespace adit::stratum::client
