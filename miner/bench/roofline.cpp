#include "miner/bench/roofline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "miner/bench/drawing.hpp"

namespace adit::miner::bench {
namespace {

using namespace drawing;

/// A phase that moves bytes; both figures are logarithms to the base of ten.
struct Point {
    const solver::Phase* phase;
    double rows_per_kb;
    double rows_per_s;  ///< in millions, of all nonces at once
};

std::vector<Point> points_of(const DeviceReport& d, u32 rows)
{
    std::vector<Point> points;
    for (const solver::Phase& phase : d.phases) {
        if (phase.bytes == 0 || phase.seconds <= 0) continue;
        points.push_back(
            {&phase, std::log10(1e3 * rows / static_cast<double>(phase.bytes)),
             std::log10(1e-6 * rows * std::max(1u, d.nonces_at_once) / phase.seconds)});
    }
    return points;
}

/// 1, 2 and 5 times every power of ten between two logarithms.
std::vector<double> ticks(double low, double high)
{
    std::vector<double> found;
    for (double power = std::floor(low); power <= high; ++power)
        for (const double factor : {1.0, 2.0, 5.0})
            if (const double at = power + std::log10(factor); at >= low && at <= high)
                found.push_back(at);
    return found;
}

std::string log_grid(const Plot& plot)
{
    std::string svg;
    for (const double at : ticks(plot.y_low, plot.y_high)) {
        svg += line(plot.left, plot.y(at), plot.left + plot.width, plot.y(at), kLine);
        svg += label(plot.left - 8, plot.y(at) + 4, rate_text(std::pow(10, at)), kFaint, 11, "end");
    }
    for (const double at : ticks(plot.x_low, plot.x_high)) {
        svg += line(plot.x(at), plot.top, plot.x(at), plot.bottom(), kLine);
        svg += label(plot.x(at), plot.bottom() + 18, rate_text(std::pow(10, at)), kFaint, 11,
                     "middle");
    }
    return svg;
}

/// The slanted roof: rows to a kB times the kB a second that the machine copies.
std::string copy_roof(const DeviceReport& d, const Plot& plot)
{
    const double at_one = std::log10(d.copy_bytes_per_s * 1e-9);  // million rows/s at 1 row to a kB
    const double x1 = std::max(plot.x_low, plot.y_low - at_one);
    const double x2 = std::min(plot.x_high, plot.y_high - at_one);
    if (x1 >= x2) return {};
    const double left = plot.x(x1), right = plot.x(x2);
    const double down = plot.y(x1 + at_one), up = plot.y(x2 + at_one);
    const double angle = std::atan2(up - down, right - left) * 180 / std::numbers::pi;
    return line(left, down, right, up, kGreen, 2) +
           fmt::format("<g transform=\"translate({:.1f} {:.1f}) rotate({:.1f})\">{}</g>\n",
                       (left + right) / 2, (down + up) / 2, angle,
                       label(0, -7, fmt::format("copying, {}/s", bytes_text(d.copy_bytes_per_s)),
                             kGreen, 11, "middle"));
}

/// The flat roof, which is table 0's.
std::string hash_roof(const DeviceReport& d, u32 rows, const Plot& plot)
{
    if (d.hashing_s <= 0) return {};
    const double rate = 1e-6 * rows * std::max(1u, d.nonces_at_once) / d.hashing_s;
    const double y = plot.y(std::log10(rate));
    if (y < plot.top || y > plot.bottom()) return {};
    return line(plot.left, y, plot.left + plot.width, y, kAmber, 1.5, true) +
           label(plot.left + plot.width - 4, y - 6,
                 fmt::format("hashing leaves alone, {} million/s", rate_text(rate)), kAmber, 11,
                 "end");
}

std::string dot(const DeviceReport& d, const Plot& plot, const Point& point, bool name_above)
{
    const double x = plot.x(point.rows_per_kb), y = plot.y(point.rows_per_s);
    const double rate = bytes_per_s(d, *point.phase);
    const std::string words =
        fmt::format("{}: {} million rows/s, {}/s, {:.0f} % of copying", point.phase->name,
                    rate_text(std::pow(10, point.rows_per_s)), bytes_text(rate),
                    100 * rate / d.copy_bytes_per_s);
    return fmt::format(
               "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"{}\" stroke=\"#ffffff\" "
               "stroke-width=\"1.2\"><title>{}</title></circle>\n",
               x, y, kBlue, escaped(words)) +
           label(x, y + (name_above ? -10 : 19), point.phase->name, kInk, 11, "middle");
}

}  // namespace

bool has_roofline(const DeviceReport& d)
{
    return d.copy_bytes_per_s > 0 &&
           std::any_of(d.phases.begin(), d.phases.end(), [](const solver::Phase& phase) {
               return phase.bytes > 0 && phase.seconds > 0;
           });
}

std::string roofline(const DeviceReport& d, u32 rows, double left, double top)
{
    const std::vector<Point> points = points_of(d, rows);
    if (points.empty()) return {};
    const double at_one = std::log10(d.copy_bytes_per_s * 1e-9);
    Plot plot{left + 44, top + 34, 820, 220, 1e9, -1e9, 1e9, -1e9};
    for (const Point& point : points) {
        plot.x_low = std::min(plot.x_low, point.rows_per_kb - 0.1);
        plot.x_high = std::max(plot.x_high, point.rows_per_kb + 0.1);
        plot.y_low = std::min(plot.y_low, point.rows_per_s - 0.2);
        plot.y_high = std::max({plot.y_high, point.rows_per_s + 0.2,
                                std::min(point.rows_per_kb, points[0].rows_per_kb) + at_one + 0.2});
    }
    std::string svg = label(left, top + 14, "Roofline", kInk, 14, "start", true);
    svg +=
        label(left + 78, top + 14,
              fmt::format(
                  "million rows a second, by rows to a kB moved; every table counted as 2^{} rows",
                  std::bit_width(rows) - 1),
              kFaint);
    svg += log_grid(plot) + copy_roof(d, plot) + hash_roof(d, rows, plot);
    bool above = true;  // names take turns: points lie close, and table 0's right under its roof
    for (const Point& point : points) svg += dot(d, plot, point, above = !above);
    return svg + label(plot.left + plot.width, plot.bottom() + 36, "rows to a kB moved", kFaint, 11,
                       "end");
}

}  // namespace adit::miner::bench
