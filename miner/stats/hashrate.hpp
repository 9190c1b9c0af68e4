#pragma once

#include <array>
#include <vector>

#include "kernels/base/clock.hpp"

namespace adit::miner::stats {

/// What was done in a second, on average over a window.
struct Rate {
    double its = 0;    ///< nonces tried
    double sol_s = 0;  ///< solutions found
};

/// The three windows people know from other miners.
struct Rates {
    Rate w10s;
    Rate w60s;
    Rate w15m;

    Rates& operator+=(const Rates& other);
};

/// Counts one worker's work in buckets of a second, a quarter of an hour of them. One thread at a
/// time.
class RateMeter {
public:
    explicit RateMeter(TimePoint start);

    /// Nonces tried and solutions found between `from` and `to`, spread evenly over that time.
    /// Either may be 0: the judge's count may come later than the nonces'.
    void add(TimePoint from, TimePoint to, u64 nonces, u64 solutions);

    /// Averages up to `now`; a window that is longer than the meter is old covers its life. Work
    /// in progress is not held against a slow device: the window ends with the last batch while
    /// the next cannot be expected yet.
    Rates rates(TimePoint now) const;

    u64 nonces_total() const { return nonces_total_; }
    u64 solutions_total() const { return solutions_total_; }

private:
    struct Bucket {
        i64 second = -1;  ///< since `start_`; tells an old lap from the new
        double nonces = 0;
        double solutions = 0;
    };
    Rate rate(Duration window, TimePoint end) const;

    TimePoint start_;
    TimePoint last_end_;
    Duration last_batch_{};
    std::vector<Bucket> buckets_;
    u64 nonces_total_ = 0;
    u64 solutions_total_ = 0;
};

}  // namespace adit::miner::stats
