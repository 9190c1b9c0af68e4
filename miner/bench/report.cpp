#include "miner/bench/report.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "kernels/solver/digest.hpp"

namespace adit::miner::bench {
namespace {

constexpr std::size_t kWindowsMax = 60;
constexpr u64 kRunsLeast = 5;         ///< a figure to compare needs so many,
constexpr double kSecondsLeast = 1;   ///< and so long,
constexpr double kShareLeast = 0.97;  ///< and CPU threads that really ran

std::string first_value(const char* path, std::string_view key)
{
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
    }
    return {};
}

/// Runs a second in windows of equal length; each run's part in a window counts by its time there.
std::vector<double> rates_over_time(const DeviceRun& run)
{
    const u64 rounds = run.runs.size() / std::max(1u, run.workers);
    if (rounds < 2 || run.wall_s <= 0) return {};
    // Until the first worker ended: after that the rate is no longer all workers'.
    std::vector<double> last_end(run.workers);
    for (const Run& one : run.runs)
        last_end[one.worker] = std::max(last_end[one.worker], one.begun_s + one.took_s);
    std::erase(last_end, 0.0);  // came too late for any
    const double end = *std::min_element(last_end.begin(), last_end.end());
    const std::size_t windows = std::clamp<std::size_t>(rounds, 2, kWindowsMax);
    const double width = end / static_cast<double>(windows);
    if (width <= 0) return {};
    std::vector<double> rates(windows);
    for (const Run& one : run.runs) {
        const double to = std::min(end, one.begun_s + one.took_s);
        auto window = static_cast<std::size_t>(one.begun_s / width);
        for (double from = one.begun_s; from < to && window < windows; ++window) {
            const double cut = std::min(to, width * static_cast<double>(window + 1));
            if (cut > from) rates[window] += (cut - from) / one.took_s / width;
            from = std::max(from, cut);
        }
    }
    return rates;
}

void measure_runs(const DeviceRun& run, DeviceReport& report)
{
    std::vector<double> times;
    times.reserve(run.runs.size());
    for (const Run& one : run.runs) times.push_back(one.took_s);
    std::sort(times.begin(), times.end());
    if (times.empty()) return;
    for (const double q : kQuantiles) report.quantiles_s.push_back(quantile(times, q));
    report.median_s = quantile(times, 0.5);
    report.p99_s = quantile(times, 0.99);
    const std::size_t step = times.size() / kRunsDrawn + 1;
    for (std::size_t i = 0; i < times.size(); i += step) report.run_seconds.push_back(times[i]);

    // A worker that ended before the others stands still: each counts by its own time.
    std::vector<double> ends(run.workers);
    std::vector<double> counts(run.workers);
    for (const Run& one : run.runs) {
        ends[one.worker] = std::max(ends[one.worker], one.begun_s + one.took_s);
        ++counts[one.worker];
    }
    double rate = 0;
    for (u32 i = 0; i < run.workers; ++i)
        if (ends[i] > 0) rate += counts[i] / ends[i];
    report.rate_over_time = rates_over_time(run);
    report.runs_per_s = {rate, rate, rate};
    if (const auto spread = mean_interval(report.rate_over_time)) {
        const double half = (spread->high - spread->low) / 2;
        report.runs_per_s = {rate, rate - half, rate + half};
    }
}

void count_solutions(const Plan& plan, const DeviceRun& run, DeviceReport& report)
{
    report.solutions = run.found.size();
    report.verified = run.verified;
    report.wrong = run.wrong;
    report.rows_dropped = run.rows_dropped;
    report.verify_s = run.verify_s;
    if (report.runs > 0) {
        const Interval a_run =
            poisson_interval(run.verified).scaled(1 / static_cast<double>(report.runs));
        report.solutions_per_s = a_run.scaled(report.runs_per_s.value);
        report.yield = a_run.scaled(1 / expected_solutions(plan.params));
    }
    if (!run.whole)
        report.digest_note = "no digest: nonces were left unfinished";
    else if (run.rows_dropped > 0)
        report.digest_note = solver::digest_text(run.found, run.rows_dropped);
    else
        report.digest = solver::digest_text(run.found, 0);
}

void judge_validity(const DeviceRun& run, u32 cores, DeviceReport& report)
{
    std::vector<std::string>& reasons = report.reasons;
    reasons = disturbances(run.load, cores);
    // Threads that share a nonce wait for each other: their time off a core says nothing.
    if (run.device.id == "cpu" && run.workers == run.threads && run.worker_share < kShareLeast)
        reasons.push_back(fmt::format("the solver threads ran only {:.0f} % of the time",
                                      100 * run.worker_share));
    if (!run.ended_early.empty()) reasons.push_back(run.ended_early);
    if (report.runs < kRunsLeast || report.seconds < kSecondsLeast)
        reasons.push_back(fmt::format("too short: {} runs in {}; give --seconds more", report.runs,
                                      time_text(report.seconds)));
    if (run.wrong > 0) reasons.push_back(fmt::format("{} solutions are wrong", run.wrong));
#ifndef __OPTIMIZE__
    reasons.emplace_back("this program was built without optimisation");
#endif
    report.valid = reasons.empty();
}

}  // namespace

Machine Machine::here()
{
    Machine machine;
    std::string secret;
    if (std::ifstream file("/etc/machine-id"); std::getline(file, secret) && !secret.empty())
        machine.id = to_hex(hash::sha256(as_bytes("adit.bench " + secret)).view()).substr(0, 16);
    machine.cpu = first_value("/proc/cpuinfo", "model name");
    machine.cores = std::max(1u, std::thread::hardware_concurrency());
    machine.memory_bytes =
        static_cast<u64>(sysconf(_SC_PHYS_PAGES)) * static_cast<u64>(sysconf(_SC_PAGE_SIZE));
    if (utsname names{}; uname(&names) == 0)
        machine.system = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
    return machine;
}

DeviceReport report_of(const Plan& plan, const DeviceRun& run, u32 cores)
{
    DeviceReport report;
    report.device = run.device.id;
    report.name = run.device.name;
    report.driver = run.device.driver;
    report.variant = run.variant;
    report.threads = run.threads;
    report.nonces_at_once = run.workers;
    report.memory_bytes = run.memory_bytes;
    report.runs = run.runs.size();
    report.seconds = run.wall_s;
    report.load = run.load;
    report.phases = run.phases;
    for (solver::Phase& phase : report.phases) {
        phase.seconds /= static_cast<double>(std::max<u64>(1, report.runs));
        phase.bytes /= std::max<u64>(1, report.runs);
    }
    if (run.load.energy_j > 0 && run.wall_s > 0) report.power_w = run.load.energy_j / run.wall_s;
    measure_runs(run, report);
    count_solutions(plan, run, report);
    judge_validity(run, cores, report);
    return report;
}

double bytes_per_s(const DeviceReport& d, const solver::Phase& phase)
{
    return phase.seconds > 0 ? static_cast<double>(phase.bytes) * d.nonces_at_once / phase.seconds
                             : 0;
}

std::string time_text(double seconds)
{
    if (seconds < 0.9995e-3) return fmt::format("{:.3g} µs", seconds * 1e6);
    if (seconds < 0.9995) return fmt::format("{:.3g} ms", seconds * 1e3);
    return fmt::format("{:.2f} s", seconds);
}

std::string bytes_text(double bytes)
{
    if (bytes < 999.5e3) return fmt::format("{:.0f} kB", bytes / 1e3);
    if (bytes < 999.5e6) return fmt::format("{:.0f} MB", bytes / 1e6);
    return fmt::format("{:.2f} GB", bytes / 1e9);
}

}  // namespace adit::miner::bench
