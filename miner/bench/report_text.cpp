#include <fmt/format.h>

#include "miner/bench/report.hpp"

namespace adit::miner::bench {
namespace {

std::string rate(double x) { return x < 100 ? fmt::format("{:.3g}", x) : fmt::format("{:.0f}", x); }

/// "4.43 it/s ± 0.02"
std::string rate_with_spread(const Interval& i, std::string_view unit)
{
    const double half = (i.high - i.low) / 2;
    if (!i.known()) return fmt::format("{} {}", rate(i.value), unit);
    if (half >= 10) return fmt::format("{} {} ± {:.0f}", rate(i.value), unit, half);
    return fmt::format("{} {} ± {:.2g}", rate(i.value), unit, half);
}

std::string digest_line(const DeviceReport& d)
{
    return d.digest.empty() ? d.digest_note : "digest " + d.digest;
}

/// What the device holds and what bounds it; the machine's own rates are those of as many threads.
std::string bounds_text(const DeviceReport& d)
{
    std::string line = fmt::format("  memory {}", bytes_text(static_cast<double>(d.memory_bytes)));
    if (d.hashing_s > 0 && d.median_s > 0)
        line += fmt::format(" · hashing alone {} = {:.0f} % of a run", time_text(d.hashing_s),
                            100 * d.hashing_s / d.median_s);
    std::string rates;
    if (d.copy_bytes_per_s > 0) rates = fmt::format("copies {}/s", bytes_text(d.copy_bytes_per_s));
    if (d.atomic_adds_per_s > 0)
        rates += fmt::format("{}{} million atomic additions/s to {} counters",
                             rates.empty() ? "" : " · ", rate(d.atomic_adds_per_s / 1e6),
                             d.atomic_counters);
    return rates.empty() ? line : line + "\n  machine " + rates;
}

/// A line a phase; what it moves is held against the rate this machine copies at.
std::string phases_text(const DeviceReport& d)
{
    std::string text;
    for (const solver::Phase& phase : d.phases) {
        text += fmt::format("  {:<13}{:>8}", phase.name, time_text(phase.seconds));
        if (d.median_s > 0) text += fmt::format("  {:>3.0f} %", 100 * phase.seconds / d.median_s);
        if (phase.bytes > 0) {
            text += fmt::format("  moves {:>7} at {:>9}/s",
                                bytes_text(static_cast<double>(phase.bytes)),
                                bytes_text(bytes_per_s(d, phase)));
            if (d.copy_bytes_per_s > 0)
                text += fmt::format(", {:.0f} % of copying",
                                    100 * bytes_per_s(d, phase) / d.copy_bytes_per_s);
        }
        text += "\n";
    }
    return text;
}

std::string device_text(const DeviceReport& d)
{
    std::string text = fmt::format("device {}  {}{} ({}{}, {})\n", d.device, d.name,
                                   d.driver.empty() ? "" : " · " + d.driver, d.variant,
                                   d.way.empty() ? "" : ", " + d.way, threads_text(d));
    text += fmt::format(
        "  {:<24}{:<24} median {}, p99 {}\n", fmt::format("runs {} in {:.2f} s", d.runs, d.seconds),
        rate_with_spread(d.runs_per_s, "it/s"), time_text(d.median_s), time_text(d.p99_s));
    text += fmt::format("  {:<24}{:<24} yield {:.3f} ({:.3f} to {:.3f})\n",
                        fmt::format("solutions {}", d.solutions),
                        rate_with_spread(d.solutions_per_s, "Sol/s"), d.yield.value, d.yield.low,
                        d.yield.high);
    text += fmt::format("  verified {}/{}, {} wrong, {} rows dropped", d.verified, d.solutions,
                        d.wrong, d.rows_dropped);
    if (d.solutions > 0)
        text += fmt::format(" · {} a verification",
                            time_text(d.verify_s / static_cast<double>(d.solutions)));
    text += "\n  " + digest_line(d) + "\n" + bounds_text(d) + "\n" + phases_text(d);
    if (d.power_w > 0)
        text += fmt::format("  power {:.1f} W (CPU packages) · {:.3g} Sol/J\n", d.power_w,
                            d.solutions_per_s.value / d.power_w);
    if (d.valid) return text + "  valid for comparison\n";
    text += "  not valid for comparison:\n";
    for (const std::string& reason : d.reasons) text += "    " + reason + "\n";
    return text;
}

/// The nonces of a report: those asked for, or the most that a device came to.
std::string nonces_text(const Report& report)
{
    u64 runs = 0;
    for (const DeviceReport& d : report.devices) runs = std::max(runs, d.runs);
    const u64 first = report.plan.first_nonce;
    const u64 count = report.plan.nonces.value_or(runs);
    return count == 0 ? "no nonces" : fmt::format("nonces {}..{}", first, first + count - 1);
}

}  // namespace

std::string threads_text(const DeviceReport& d)
{
    const std::string text = fmt::format("{} {}", d.threads, d.threads == 1 ? "thread" : "threads");
    if (d.nonces_at_once >= d.threads) return text;
    return fmt::format("{} on {} {}", text, d.nonces_at_once,
                       d.nonces_at_once == 1 ? "nonce" : "nonces");
}

std::string text_of(const Report& report)
{
    std::string text = fmt::format("adit {} ({}) benchmark {} {} · {}\n", report.version,
                                   report.commit, equihash::to_string(report.plan.params),
                                   report.plan.personalization.text(), nonces_text(report));
    for (const DeviceReport& d : report.devices) text += device_text(d);
    return text;
}

std::string csv_of(const Report& report)
{
    std::string csv =
        "params,personalization,device,name,driver,variant,threads,memory_bytes,first_nonce,runs,"
        "seconds,runs_per_s,runs_per_s_low,runs_per_s_high,median_ms,p99_ms,solutions,"
        "solutions_per_s,solutions_per_s_low,solutions_per_s_high,yield,verified,wrong,"
        "rows_dropped,digest,valid,version,commit\n";
    const auto quoted = [](std::string text) {
        for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2)
            text.insert(at, 1, '"');
        return '"' + text + '"';
    };
    for (const DeviceReport& d : report.devices)
        csv += fmt::format(
            "\"{}\",{},{},{},{},{},{},{},{},{},{:.6f},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{},{:.6g},"
            "{:.6g},{:.6g},{:.4f},{},{},{},{},{},{},{}\n",
            equihash::to_string(report.plan.params),
            quoted(std::string(report.plan.personalization.text())), d.device, quoted(d.name),
            quoted(d.driver), d.variant, d.threads, d.memory_bytes, report.plan.first_nonce, d.runs,
            d.seconds, d.runs_per_s.value, d.runs_per_s.low, d.runs_per_s.high, d.median_s * 1e3,
            d.p99_s * 1e3, d.solutions, d.solutions_per_s.value, d.solutions_per_s.low,
            d.solutions_per_s.high, d.yield.value, d.verified, d.wrong, d.rows_dropped, d.digest,
            d.valid, report.version, report.commit);
    return csv;
}

}  // namespace adit::miner::bench
