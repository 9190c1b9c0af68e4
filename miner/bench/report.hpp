#pragma once

#include <string>
#include <vector>

#include "miner/bench/run.hpp"
#include "miner/bench/statistics.hpp"

namespace adit::miner::bench {

/// The machine, as far as a comparison must know it.
struct Machine {
    std::string id;  ///< of this installation: a hash of /etc/machine-id; empty when there is none
    std::string cpu;
    u32 cores = 0;
    u64 memory_bytes = 0;
    std::string system;  ///< "Linux 6.1.0-18-amd64 x86_64"

    static Machine here();
    bool operator==(const Machine&) const = default;
};

/// What is said of one device's run. Rates are a second of wall time.
struct DeviceReport {
    std::string device;  ///< "cpu", "cuda:0"
    std::string name;
    std::string driver;  ///< empty when there is none
    std::string variant;
    std::string way;  ///< how the variant was chosen: "named", "tuned", "usual"
    u32 threads = 0;
    u32 nonces_at_once = 0;  ///< fewer than threads where these share
    u64 memory_bytes = 0;

    u64 runs = 0;
    double seconds = 0;
    Interval runs_per_s;  ///< from the rates of equal windows; low = high below two runs a thread
    double median_s = 0, p99_s = 0;
    std::vector<double> quantiles_s;     ///< 0, 1, 5, 25, 50, 75, 95, 99, 100 %
    std::vector<double> run_seconds;     ///< ascending; of up to kRunsDrawn runs
    std::vector<double> rate_over_time;  ///< runs a second in windows of equal length

    u64 solutions = 0;
    Interval solutions_per_s;  ///< the solutions a Poisson count
    Interval yield;            ///< solutions a run, by the expectation of that (n, k)
    u64 verified = 0, wrong = 0, rows_dropped = 0;
    double verify_s = 0;      ///< of the judge, all solutions on one core
    std::string digest;       ///< 64 hex digits; empty when it cannot be held against another
    std::string digest_note;  ///< why it is empty

    std::vector<solver::Phase> phases;  ///< of one run, the mean; empty: the device does not tell

    double copy_bytes_per_s = 0;   ///< the machine's, with as many threads; 0: not measured
    double atomic_adds_per_s = 0;  ///< to `atomic_counters`, as many threads; 0: not measured
    u32 atomic_counters = 0;       ///< the buckets of a table
    double hashing_s = 0;          ///< of all leaves of a nonce, with as many threads; 0: the same
    Load load;
    double power_w = 0;  ///< of the CPU's packages, the mean; 0: not to be read
    bool valid = false;
    std::vector<std::string> reasons;  ///< why it is not
};
inline constexpr std::size_t kRunsDrawn = 100'000;  ///< of more runs every second, third … is kept
inline constexpr std::array kQuantiles{0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0};

struct Report {
    std::string version, commit, command_line;
    i64 unix_time = 0;
    Machine machine;
    Plan plan;
    std::vector<DeviceReport> devices;  ///< one at least
};

/// What a phase of `d` moves in a second while all threads are at it, by its own count of bytes.
double bytes_per_s(const DeviceReport& d, const solver::Phase& phase);

/// "2 threads", "4 threads on 1 nonce"
std::string threads_text(const DeviceReport& d);

/// All that follows from one run; the yardsticks are filled in by the caller.
DeviceReport report_of(const Plan& plan, const DeviceRun& run, u32 cores);

/// For people, a line an element.
std::string text_of(const Report& report);

/// "adit.bench/1": the sums over all devices on top, each device under "results".
std::string json_of(const Report& report);

/// A line of names, then a row a device.
std::string csv_of(const Report& report);

/// A page of charts (SVG 1.1): run times, rate over time, what bounds a run.
std::string svg_of(const Report& report);

/// "150 µs", "223 ms", "4.10 s"
std::string time_text(double seconds);
/// "118 MB", "2.57 GB"
std::string bytes_text(double bytes);

}  // namespace adit::miner::bench
