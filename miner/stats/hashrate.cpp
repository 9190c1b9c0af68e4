#include "miner/stats/hashrate.hpp"

#include <algorithm>
#include <cmath>

namespace adit::miner::stats {
namespace {

using namespace std::chrono_literals;

/// The longest window, and the seconds under way at both of its ends.
constexpr std::size_t kBuckets = 902;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// How much of [from, to] lies in [low, low + 1).
double overlap(double from, double to, double low)
{
    return std::max(0.0, std::min(to, low + 1) - std::max(from, low));
}

Rate& operator+=(Rate& sum, const Rate& other)
{
    sum.its += other.its;
    sum.sol_s += other.sol_s;
    return sum;
}

}  // namespace

Rates& Rates::operator+=(const Rates& other)
{
    w10s += other.w10s;
    w60s += other.w60s;
    w15m += other.w15m;
    return *this;
}

RateMeter::RateMeter(TimePoint start) : start_(start), last_end_(start), buckets_(kBuckets) {}

void RateMeter::add(TimePoint from, TimePoint to, u64 nonces, u64 solutions)
{
    nonces_total_ += nonces;
    solutions_total_ += solutions;
    if (nonces > 0) {
        last_end_ = std::max(last_end_, to);
        last_batch_ = to - from;
    }
    const double end = std::max(seconds(to - start_), 1e-9);
    const double begin = std::clamp(seconds(from - start_), 0.0, end - 1e-9);
    // What lies further back than the longest window is nobody's any more.
    const auto last = static_cast<i64>(end);
    const auto first = std::max(static_cast<i64>(begin), last - static_cast<i64>(kBuckets) + 1);
    for (i64 second = first; second <= last; ++second) {
        Bucket& bucket = buckets_[static_cast<std::size_t>(second) % kBuckets];
        if (bucket.second > second) continue;
        if (bucket.second < second) bucket = Bucket{second};
        const double part = overlap(begin, end, static_cast<double>(second)) / (end - begin);
        bucket.nonces += part * static_cast<double>(nonces);
        bucket.solutions += part * static_cast<double>(solutions);
    }
}

Rate RateMeter::rate(Duration window, TimePoint end_point) const
{
    const double end = seconds(end_point - start_);
    const double begin = std::max(0.0, end - seconds(window));
    if (end - begin < 1e-3) return {};
    Rate sum;
    for (auto second = static_cast<i64>(begin); second <= static_cast<i64>(end); ++second) {
        const Bucket& bucket = buckets_[static_cast<std::size_t>(second) % kBuckets];
        if (bucket.second != second) continue;
        // Within a bucket that the window cuts, the work counts as evenly spread over what of that
        // second has passed.
        const auto low = static_cast<double>(second);
        const double passed = overlap(0, end, low);
        const double part = passed > 0 ? overlap(begin, end, low) / passed : 0;
        sum.its += part * bucket.nonces;
        sum.sol_s += part * bucket.solutions;
    }
    sum.its /= end - begin;
    sum.sol_s /= end - begin;
    return sum;
}

Rates RateMeter::rates(TimePoint now) const
{
    const Duration since = now - last_end_;
    const TimePoint end = since <= 2 * last_batch_ + 1s ? std::min(now, last_end_) : now;
    return {rate(10s, end), rate(60s, end), rate(15min, end)};
}

}  // namespace adit::miner::stats
