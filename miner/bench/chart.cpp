// The page of charts of a benchmark: plain SVG 1.1, no scripts, no fonts of its own.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "miner/bench/drawing.hpp"
#include "miner/bench/roofline.hpp"

namespace adit::miner::bench {
namespace {

using namespace drawing;

constexpr double kWidth = 960;
constexpr double kHeadHeight = 64;
constexpr double kDeviceHeight = 560;
constexpr double kPhasesHeight = 238;
constexpr double kRooflineHeight = 326;
std::string grid(const Plot& plot)
{
    std::string svg;
    const double step = nice_step(plot.y_high, 4);
    for (int i = 0; i * step <= plot.y_high * 1.001; ++i) {
        const double y = plot.y(i * step);
        svg += line(plot.left, y, plot.left + plot.width, y, kLine);
        svg += label(plot.left - 8, y + 4, rate_text(i * step), kFaint, 11, "end");
    }
    return svg;
}

/// Run times from the fastest to the 99th percentile; slower ones stand in the last bar.
std::string histogram(const DeviceReport& d, double left, double top)
{
    Plot plot{left + 44, top + 34, 380, 180};
    std::string svg = label(left, top + 14, "Run time", kInk, 14, "start", true);
    if (d.run_seconds.size() < 2)
        return svg + label(left, top + 60, "too few runs to draw", kFaint);
    plot.x_low = d.run_seconds.front();
    plot.x_high = std::max(d.p99_s, plot.x_low * 1.001);
    const double room = (plot.x_high - plot.x_low) * 0.04;
    plot.x_low -= room;
    plot.x_high += room;
    const auto bars = static_cast<std::size_t>(
        std::clamp(2 * std::sqrt(static_cast<double>(d.run_seconds.size())), 8.0, 48.0));
    std::vector<double> counts(bars);
    for (const double t : d.run_seconds) {
        const double place = (t - plot.x_low) / (plot.x_high - plot.x_low);
        ++counts[std::min(bars - 1, static_cast<std::size_t>(place * static_cast<double>(bars)))];
    }
    for (double& count : counts) count *= 100 / static_cast<double>(d.run_seconds.size());
    plot.y_high = *std::max_element(counts.begin(), counts.end()) * 1.1;
    svg += label(left + 78, top + 14, "% of runs", kFaint);
    svg += grid(plot);
    const double width = plot.width / static_cast<double>(bars);
    for (std::size_t i = 0; i < bars; ++i)
        svg += box(plot.left + width * static_cast<double>(i) + 0.5, plot.y(counts[i]), width - 1,
                   plot.bottom() - plot.y(counts[i]), kBlue);
    const double step = nice_step(plot.x_high - plot.x_low, 5);
    for (double t = std::ceil(plot.x_low / step) * step; t <= plot.x_high; t += step)
        svg += label(plot.x(t), plot.bottom() + 18, time_text(t), kFaint, 11, "middle");
    // The median's words stand left of its line where there is room, p99's always do.
    const bool median_right = plot.x(d.median_s) < plot.left + 120;
    svg += line(plot.x(d.median_s), plot.top - 12, plot.x(d.median_s), plot.bottom(), kInk, 1.5);
    svg += label(plot.x(d.median_s) + (median_right ? 5 : -5), plot.top - 4,
                 "median " + time_text(d.median_s), kInk, 11, median_right ? "start" : "end");
    svg += line(plot.x(d.p99_s), plot.top, plot.x(d.p99_s), plot.bottom(), kAmber, 1.5, true);
    svg +=
        label(plot.x(d.p99_s) - 5, plot.top + 12, "p99 " + time_text(d.p99_s), kAmber, 11, "end");
    return svg;
}

std::string rate_over_time(const DeviceReport& d, double left, double top)
{
    Plot plot{left + 44, top + 34, 380, 180};
    std::string svg = label(left, top + 14, "Rate over time", kInk, 14, "start", true);
    const std::vector<double>& rates = d.rate_over_time;
    if (rates.size() < 2) return svg + label(left, top + 60, "too few runs to draw", kFaint);
    svg += label(left + 132, top + 14, "runs a second, with the 95 % interval of the mean", kFaint);
    plot.x_high = d.seconds;
    plot.y_high = *std::max_element(rates.begin(), rates.end()) * 1.15;
    svg += grid(plot);
    svg += fmt::format("<g opacity=\"0.18\">{}</g>\n",
                       box(plot.left, plot.y(d.runs_per_s.high), plot.width,
                           plot.y(d.runs_per_s.low) - plot.y(d.runs_per_s.high), kGreen));
    svg += line(plot.left, plot.y(d.runs_per_s.value), plot.left + plot.width,
                plot.y(d.runs_per_s.value), kGreen, 1.5);
    std::string points;
    const double width = d.seconds / static_cast<double>(rates.size());
    for (std::size_t i = 0; i < rates.size(); ++i)
        points += fmt::format("{:.1f},{:.1f} ", plot.x((static_cast<double>(i) + 0.5) * width),
                              plot.y(rates[i]));
    svg +=
        fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\"/>\n",
                    points, kBlue);
    const double step = nice_step(d.seconds, 5);
    for (int i = 0; i * step <= d.seconds * 1.001; ++i)
        svg += label(plot.x(i * step), plot.bottom() + 18, fmt::format("{:.4g} s", i * step),
                     kFaint, 11, "middle");
    return svg;
}

/// A run beside what this machine needs for its parts alone.
std::string bounds(const DeviceReport& d, double left, double top)
{
    struct Bar {
        std::string what;
        double seconds;
        std::string_view fill;
    };
    std::vector<Bar> bars{{"a run (median)", d.median_s, kBlue}};
    if (d.hashing_s > 0) bars.push_back({"hashing its leaves alone", d.hashing_s, kAmber});
    if (d.copy_bytes_per_s > 0)
        bars.push_back({"copying its memory once",
                        2 * static_cast<double>(d.memory_bytes) / d.copy_bytes_per_s, kGreen});
    std::string svg = label(left, top + 14, "What bounds a run", kInk, 14, "start", true);
    std::string note = fmt::format("{} held", bytes_text(static_cast<double>(d.memory_bytes)));
    if (d.copy_bytes_per_s > 0)
        note += fmt::format(", copied at {}/s (read and written), with as many threads",
                            bytes_text(d.copy_bytes_per_s));
    svg += label(left + 164, top + 14, note, kFaint);
    double longest = 0;
    for (const Bar& bar : bars) longest = std::max(longest, bar.seconds);
    for (std::size_t i = 0; i < bars.size() && longest > 0; ++i) {
        const double y = top + 32 + 30 * static_cast<double>(i);
        const double width = 560 * bars[i].seconds / longest;
        svg += label(left + 176, y + 15, bars[i].what, kInk, 12, "end");
        svg += box(left + 186, y, width, 20, bars[i].fill);
        std::string amount = time_text(bars[i].seconds);
        if (i > 0)
            amount += fmt::format(" · {:.0f} % of a run", 100 * bars[i].seconds / bars[0].seconds);
        svg += label(left + 194 + width, y + 15, amount, kFaint);
    }
    return svg;
}

double height_of(const DeviceReport& d)
{
    return kDeviceHeight + (d.phases.empty() ? 0 : kPhasesHeight) +
           (has_roofline(d) ? kRooflineHeight : 0);
}

/// A column a phase, and on it how long its bytes would take at the rate the machine copies at.
std::string phases(const DeviceReport& d, double left, double top)
{
    Plot plot{left + 44, top + 34, 820, 130};
    std::string svg = label(left, top + 14, "Phases of a run", kInk, 14, "start", true);
    svg += label(left + 144, top + 14, "ms, the mean of all runs", kFaint);
    const auto at_copy_rate = [&d](const solver::Phase& phase) {
        return static_cast<double>(phase.bytes) * d.nonces_at_once / d.copy_bytes_per_s;
    };
    double longest_s = 1e-9;
    for (const solver::Phase& phase : d.phases) longest_s = std::max(longest_s, phase.seconds);
    plot.y_high = longest_s * 1e3 * 1.15;
    svg += grid(plot);
    const double width = plot.width / static_cast<double>(d.phases.size());
    for (std::size_t i = 0; i < d.phases.size(); ++i) {
        const solver::Phase& phase = d.phases[i];
        const double x = plot.left + width * static_cast<double>(i);
        const double y = plot.y(phase.seconds * 1e3);
        svg += box(x + 6, y, width - 12, plot.bottom() - y, kBlue);
        svg += label(x + width / 2, y - 4, time_text(phase.seconds), kFaint, 11, "middle");
        svg += label(x + width / 2, plot.bottom() + 18, phase.name, kFaint, 11, "middle");
        if (phase.bytes == 0) continue;
        svg += label(x + width / 2, plot.bottom() + 33, bytes_text(bytes_per_s(d, phase)) + "/s",
                     kFaint, 11, "middle");
        if (d.copy_bytes_per_s <= 0) continue;
        const double mark = plot.y(std::min(at_copy_rate(phase) * 1e3, plot.y_high));
        svg += line(x + 2, mark, x + width - 2, mark, kGreen, 2);
    }
    if (d.copy_bytes_per_s > 0)
        svg += label(plot.left + plot.width, top + 14,
                     "green: as long as copying its bytes would take", kGreen, 11, "end");
    return svg;
}

std::string device_page(const DeviceReport& d, u32 rows, double top)
{
    constexpr double kLeft = 32;
    std::string svg =
        label(kLeft, top + 22,
              fmt::format("{}  {}  ({}, {})", d.device, d.name, d.variant, threads_text(d)), kInk,
              14, "start", true);
    svg += label(kLeft, top + 58, rate_text(d.solutions_per_s.value) + " Sol/s", kBlue, 28, "start",
                 true);
    svg += label(kLeft + 264, top + 48,
                 fmt::format("{} it/s ({} to {}) · {} runs in {:.1f} s · {} solutions, "
                             "{} verified · yield {:.3f}",
                             rate_text(d.runs_per_s.value), rate_text(d.runs_per_s.low),
                             rate_text(d.runs_per_s.high), d.runs, d.seconds, d.solutions,
                             d.verified, d.yield.value));
    svg += label(kLeft + 264, top + 66, d.digest.empty() ? d.digest_note : "digest " + d.digest,
                 kFaint, 11);
    svg += histogram(d, kLeft, top + 92);
    svg += rate_over_time(d, kLeft + 464, top + 92);
    svg += bounds(d, kLeft, top + 362);
    if (!d.phases.empty()) svg += phases(d, kLeft, top + 502);
    if (has_roofline(d)) svg += roofline(d, rows, kLeft, top + 502 + kPhasesHeight);
    top = top + height_of(d) - kDeviceHeight;
    if (d.valid) return svg + label(kLeft, top + 486, "valid for comparison", kGreen);
    std::string reasons;
    for (const std::string& reason : d.reasons) reasons += (reasons.empty() ? "" : "; ") + reason;
    svg += label(kLeft, top + 486, "not valid for comparison", kAmber, 12, "start", true);
    svg += label(kLeft, top + 504, reasons, kAmber, 11);
    return svg;
}

}  // namespace

std::string svg_of(const Report& report)
{
    double height = kHeadHeight;
    for (const DeviceReport& d : report.devices) height += height_of(d);
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
        "{1}\" font-family=\"Inter, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif\">\n",
        kWidth, height);
    svg += box(0, 0, kWidth, height, "#ffffff");
    svg += box(0, 0, kWidth, 48, kInk);
    svg += label(32, 31,
                 fmt::format("Equihash ({})  {}", equihash::to_string(report.plan.params),
                             report.plan.personalization.text()),
                 "#ffffff", 18, "start", true);
    svg += label(kWidth - 32, 30, fmt::format("adit {} ({})", report.version, report.commit),
                 "#cbd2d9", 12, "end");
    for (double top = kHeadHeight; const DeviceReport& d : report.devices) {
        svg += device_page(d, report.plan.params.rows(), top);
        top += height_of(d);
    }
    svg += label(32, height - 16, report.command_line, kFaint, 11);
    svg += label(kWidth - 32, height - 16, report.machine.system, kFaint, 11, "end");
    return svg + "</svg>\n";
}

}  // namespace adit::miner::bench
