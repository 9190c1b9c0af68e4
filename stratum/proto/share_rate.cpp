#include "stratum/proto/share_rate.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>

#include "stratum/proto/target.hpp"

namespace adit::stratum {

PoissonInterval poisson_interval_95(double count)
{
    using boost::math::chi_squared;
    PoissonInterval interval;
    if (count > 0) interval.low = boost::math::quantile(chi_squared(2 * count), 0.025) / 2;
    interval.high = boost::math::quantile(chi_squared(2 * (count + 1)), 0.975) / 2;
    return interval;
}

void ShareRate::start(TimePoint now)
{
    shares_.clear();
    since_ = now;
}

void ShareRate::accepted(const U256& target, TimePoint now)
{
    shares_.push_back({now, solutions_per_share(target)});
    if (shares_.size() <= kSharesMax) return;
    since_ = shares_.front().at;
    shares_.pop_front();
}

void ShareRate::forget(TimePoint now)
{
    since_ = std::max(since_, now - window_);
    while (!shares_.empty() && shares_.front().at < since_) shares_.pop_front();
}

RateEstimate ShareRate::estimate(TimePoint now)
{
    forget(now);
    RateEstimate estimate;
    estimate.window = now - since_;
    estimate.shares = shares_.size();
    const double seconds = std::chrono::duration<double>(estimate.window).count();
    if (seconds <= 0) return estimate;
    double sum = 0;
    double squares = 0;
    for (const Accepted& share : shares_) {
        sum += share.solutions;
        squares += share.solutions * share.solutions;
    }
    if (sum <= 0) return estimate;  // no share yet: the interval needs a target to speak of
    const double effective = sum * sum / squares;
    const double each = sum / effective;
    const PoissonInterval interval = poisson_interval_95(effective);
    estimate.rate_sol_s = sum / seconds;
    estimate.low_sol_s = interval.low * each / seconds;
    estimate.high_sol_s = interval.high * each / seconds;
    return estimate;
}

}  // namespace adit::stratum
