#pragma once

#include <deque>

#include "kernels/base/clock.hpp"
#include "kernels/base/u256.hpp"

namespace adit::stratum {

/// A rate with what chance allows around it, in solutions a second.
struct RateEstimate {
    double rate_sol_s = 0;
    double low_sol_s = 0;  ///< 95 % interval
    double high_sol_s = 0;
    u64 shares = 0;  ///< in the window
    Duration window{};
};

/// The rate a pool sees: each accepted share stands for 2^256 / (target + 1) solutions, and shares
/// come as a Poisson process. The interval is Garwood's exact one (Garwood 1936), for shares of
/// unlike targets at their effective number (sum of weights)^2 / (sum of squared weights).
class ShareRate {
public:
    static constexpr std::size_t kSharesMax = 16384;  ///< older ones leave the window early

    explicit ShareRate(Duration window) : window_(window) {}

    void start(TimePoint now);  ///< mining begins, or begins again: the window starts here
    void accepted(const U256& target, TimePoint now);
    RateEstimate estimate(TimePoint now);

private:
    struct Accepted {
        TimePoint at;
        double solutions;
    };
    void forget(TimePoint now);

    Duration window_;
    TimePoint since_{};
    std::deque<Accepted> shares_;
};

/// Garwood's 95 % interval for the mean of a Poisson count; `count` may be fractional.
struct PoissonInterval {
    double low = 0;
    double high = 0;
};
PoissonInterval poisson_interval_95(double count);

}  // namespace adit::stratum
