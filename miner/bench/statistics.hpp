#pragma once

#include <optional>
#include <span>
#include <vector>

#include "kernels/equihash/params.hpp"

/// What a benchmark may say of its figures. Pure.
namespace adit::miner::bench {

/// An estimate and the ends of its 95 % interval.
struct Interval {
    double value = 0;
    double low = 0;
    double high = 0;

    /// Without a spread (low = high) the value stands alone and decides nothing.
    bool known() const { return low < high; }
    bool contains(double x) const { return low <= x && x <= high; }
    Interval scaled(double by) const { return {value * by, low * by, high * by}; }
    bool operator==(const Interval&) const = default;
};

/// The q-quantile (0 … 1) by linear interpolation between neighbours (Hyndman and Fan 1996, type
/// 7). `sorted` ascends and is not empty.
double quantile(std::span<const double> sorted, double q);

struct Moments {
    double mean = 0;
    double deviation = 0;  ///< of the sample (n - 1); 0 for a single value
};
Moments moments(std::span<const double> values);

/// The mean of `values` with Student's t interval; nullopt below two values.
std::optional<Interval> mean_interval(std::span<const double> values);

/// The mean of a Poisson count of which `count` were seen: Byar's approximation of the exact
/// interval (Breslow and Day 1987), within 0.2 % of it from a count of 10 on.
Interval poisson_interval(u64 count);

/// a / b with the interval that follows from both, taken as independent (normal on the logarithm).
/// Values > 0.
Interval ratio_of(const Interval& a, const Interval& b);

/// Solutions one nonce has on average, if BLAKE2b behaves as a random function: of R = 2^(n/(k+1) +
/// 1) leaves there are R! / (R - 2^k)! / 2^(2^k - 1) trees of 2^k different ones, and each solves
/// with 2^-(2^k n/(k+1)). That is 2 times the product of (1 - i/R) over i < 2^k: 1.88 at (200,9).
double expected_solutions(const equihash::Params& params);

}  // namespace adit::miner::bench
