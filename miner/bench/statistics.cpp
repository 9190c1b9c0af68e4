#include "miner/bench/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/base/check.hpp"

namespace adit::miner::bench {
namespace {

constexpr double kNormal95 = 1.959964;

/// Student's t, two-sided 95 %, by degrees of freedom: a table up to 10, then the Cornish-Fisher
/// expansion about the normal quantile (within 0.1 %).
double student_95(std::size_t freedom)
{
    static constexpr std::array kTable{12.7062, 4.3027, 3.1824, 2.7764, 2.5706,
                                       2.4469,  2.3646, 2.3060, 2.2622, 2.2281};
    if (freedom <= kTable.size()) return kTable[freedom - 1];
    const double z = kNormal95;
    const double f = static_cast<double>(freedom);
    return z + (z * z * z + z) / (4 * f) +
           (5 * std::pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * f * f);
}

}  // namespace

double quantile(std::span<const double> sorted, double q)
{
    ADIT_CHECK(!sorted.empty() && q >= 0 && q <= 1);
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Moments moments(std::span<const double> values)
{
    Moments m;
    if (values.empty()) return m;
    const auto count = static_cast<double>(values.size());
    for (const double value : values) m.mean += value / count;
    if (values.size() < 2) return m;
    double squares = 0;
    for (const double value : values) squares += (value - m.mean) * (value - m.mean);
    m.deviation = std::sqrt(squares / (count - 1));
    return m;
}

std::optional<Interval> mean_interval(std::span<const double> values)
{
    if (values.size() < 2) return std::nullopt;
    const Moments m = moments(values);
    const double half =
        student_95(values.size() - 1) * m.deviation / std::sqrt(static_cast<double>(values.size()));
    return Interval{m.mean, m.mean - half, m.mean + half};
}

Interval poisson_interval(u64 count)
{
    const auto byar = [](double n, double z) {
        return n * std::pow(1 - 1 / (9 * n) + z / (3 * std::sqrt(n)), 3);
    };
    const auto n = static_cast<double>(count);
    if (count == 0) return {0, 0, -std::log(0.025)};
    return {n, std::max(0.0, byar(n, -kNormal95)), byar(n + 1, kNormal95)};
}

Interval ratio_of(const Interval& a, const Interval& b)
{
    ADIT_CHECK(a.value > 0 && b.value > 0);
    const double part_a = (a.high - a.low) / 2 / a.value;
    const double part_b = (b.high - b.low) / 2 / b.value;
    const double half = std::sqrt(part_a * part_a + part_b * part_b);
    const double ratio = a.value / b.value;
    return {ratio, ratio * std::exp(-half), ratio * std::exp(half)};
}

double expected_solutions(const equihash::Params& params)
{
    double expected = 2;
    for (u32 i = 0; i < params.indices(); ++i)
        expected *= 1 - static_cast<double>(i) / static_cast<double>(params.rows());
    return expected;
}

}  // namespace adit::miner::bench
