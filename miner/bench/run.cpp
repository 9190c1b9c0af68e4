#include "miner/bench/run.hpp"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <mutex>
#include <optional>
#include <thread>

#include "kernels/equihash/verifier.hpp"

namespace adit::miner::bench {
namespace {

using solver::DeviceError;
using SteadyClock = std::chrono::steady_clock;

constexpr double kBatchWanted_s = 0.25;  ///< of devices that are no CPU: launches cost something

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

double thread_cpu_seconds()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// What the workers of one run share.
class Shared {
public:
    Shared(const Plan& plan, u32 workers)
        : plan_(plan),
          next_(plan.first_nonce),
          end_(plan.nonces ? plan.first_nonce + *plan.nonces : kNonceEnd),
          gate_(static_cast<std::ptrdiff_t>(workers), OnStart{this})
    {}

    /// All workers begin together; `start` is set and the machine's CPU time taken just before.
    void begin_together() { gate_.arrive_and_wait(); }

    /// The next nonces, at most so many; nullopt: there is nothing more to do.
    std::optional<solver::NonceRange> take(u64 wanted)
    {
        if (stop.stop_requested()) return std::nullopt;
        if (!plan_.nonces && SteadyClock::now() - start >= plan_.time) return std::nullopt;
        if (solution_bytes >= kSolutionBytesMax) {
            full = true;
            return std::nullopt;
        }
        u64 first = next_.load();
        u64 count = 0;
        do {
            count = std::min(wanted, end_ - first);
            if (count == 0) return std::nullopt;
        } while (!next_.compare_exchange_weak(first, first + count));
        return plan_.range(first, count);
    }

    void fail(DeviceError why)
    {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::move(why);
        stop.request_stop();
    }
    std::optional<DeviceError> error() const { return error_; }  ///< after all workers ended
    u64 handed_out() const { return next_ - plan_.first_nonce; }

    std::stop_source stop;
    SteadyClock::time_point start;
    CpuTimes cpu_at_start;
    std::atomic<bool> started = false;
    std::atomic<u64> runs = 0;
    std::atomic<u64> solutions = 0;
    std::atomic<u64> solution_bytes = 0;
    std::atomic<bool> full = false;
    std::atomic<u32> ended = 0;

private:
    struct OnStart {
        Shared* shared;
        void operator()() noexcept
        {
            shared->cpu_at_start = CpuTimes::now();
            shared->start = SteadyClock::now();
            shared->started = true;
        }
    };

    const Plan& plan_;
    std::atomic<u64> next_;
    u64 end_;
    std::barrier<OnStart> gate_;
    std::mutex mutex_;
    std::optional<DeviceError> error_;
};

/// One worker's own part.
struct Part {
    std::vector<Run> runs;
    std::vector<solver::FoundSolution> found;
    u64 rows_dropped = 0;
    std::vector<solver::Phase> phases;
    u64 memory_bytes = 0;
    std::string variant;
    double cpu_s = 0;
    double wall_s = 0;
};

/// Adds phases of the same names; a list still empty becomes `more`.
void add_phases(const std::vector<solver::Phase>& more, std::vector<solver::Phase>& sum)
{
    if (sum.empty())
        sum = more;
    else
        for (std::size_t i = 0; i < std::min(sum.size(), more.size()); ++i) {
            sum[i].seconds += more[i].seconds;
            sum[i].bytes += more[i].bytes;
        }
}

void measure(const Plan& plan, solver::Solver& device, bool one_by_one, u32 worker, Shared& shared,
             Part& part)
{
    u64 batch = 1;
    const double cpu_before = thread_cpu_seconds();
    while (const auto range = shared.take(batch)) {
        const auto begun = SteadyClock::now();
        auto report = device.solve(equihash::PowInput{}, *range, shared.stop.get_token());
        const double took = seconds(SteadyClock::now() - begun);
        if (!report) return shared.fail(report.error());
        const u64 done = report->nonces_done;
        const double each = took / static_cast<double>(std::max<u64>(1, done));
        for (u64 i = 0; i < done; ++i)
            part.runs.push_back(
                {seconds(begun - shared.start) + each * static_cast<double>(i), each, worker});
        part.rows_dropped += report->rows_dropped;
        add_phases(report->phases, part.phases);
        shared.runs += done;
        shared.solutions += report->found.size();
        shared.solution_bytes += report->found.size() * plan.params.solution_bytes();
        std::move(report->found.begin(), report->found.end(), std::back_inserter(part.found));
        if (!one_by_one && each > 0)
            batch = std::clamp<u64>(static_cast<u64>(kBatchWanted_s / each), 1, 2 * batch);
    }
    part.cpu_s = thread_cpu_seconds() - cpu_before;
    part.wall_s = seconds(SteadyClock::now() - shared.start);
}

/// A worker's thread, from making its solver to its last nonce.
void work(const Plan& plan, const Bench& bench, u32 worker, Shared& shared, Part& part)
{
    solver::SolverOptions options{.params = plan.params,
                                  .personalization = plan.personalization,
                                  .lane = bench.lane,
                                  .worker = worker,
                                  .teams = bench.teams};
    auto made = bench.backend->make_solver(bench.device, options);
    if (made) {
        part.variant = (*made)->info().variant;
        part.memory_bytes = (*made)->info().memory_bytes;
        const auto warm = (*made)->solve(equihash::PowInput{}, plan.range(plan.first_nonce, 1),
                                         shared.stop.get_token());
        if (!warm) shared.fail(warm.error());
    } else {
        shared.fail(made.error());
    }
    shared.begin_together();
    if (made) measure(plan, **made, bench.device.id == "cpu", worker, shared, part);
    ++shared.ended;
}

/// Every solution before the judge; equal ones count once.
void judge(const Plan& plan, DeviceRun& run)
{
    const auto start = SteadyClock::now();
    std::sort(run.found.begin(), run.found.end());
    equihash::PowInput input;
    for (std::size_t i = 0; i < run.found.size(); ++i) {
        const solver::FoundSolution& one = run.found[i];
        input.set_nonce(one.nonce);
        const bool twice = i > 0 && one == run.found[i - 1];
        const auto verdict =
            equihash::verify(plan.params, plan.personalization, input.view(), one.solution.bytes);
        ++(verdict && !twice ? run.verified : run.wrong);
    }
    run.verify_s = seconds(SteadyClock::now() - start);
}

DeviceRun gather(const Bench& bench, std::vector<Part>& parts, const Shared& shared)
{
    DeviceRun run;
    run.device = bench.device;
    run.workers = bench.workers();
    run.threads = bench.threads();
    run.variant = parts[0].variant;
    double cpu_s = 0;
    double wall_s = 0;
    for (Part& part : parts) {
        run.memory_bytes += part.memory_bytes;
        run.rows_dropped += part.rows_dropped;
        add_phases(part.phases, run.phases);
        cpu_s += part.cpu_s;
        wall_s += part.wall_s;
        run.wall_s = std::max(run.wall_s, part.wall_s);
        run.runs.insert(run.runs.end(), part.runs.begin(), part.runs.end());
        std::move(part.found.begin(), part.found.end(), std::back_inserter(run.found));
    }
    run.worker_share = wall_s > 0 ? cpu_s / wall_s : 1;
    run.whole = run.runs.size() == shared.handed_out();
    if (shared.full) run.ended_early = "no more room for solutions";
    return run;
}

}  // namespace

Result<DeviceRun, DeviceError> run_benchmark(const Plan& plan, const Bench& bench,
                                             const OnProgress& on_progress)
{
    Shared shared(plan, bench.workers());
    std::vector<Part> parts(bench.workers());
    bool enough = false;
    {
        std::vector<std::jthread> team;
        for (u32 i = 0; i < bench.workers(); ++i)
            team.emplace_back([&, i] { work(plan, bench, i, shared, parts[i]); });
        while (shared.ended < bench.workers()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(shared.runs < 3 ? 5 : 50));
            const double elapsed = shared.started ? seconds(SteadyClock::now() - shared.start) : 0;
            if (!enough && on_progress({elapsed, shared.runs, shared.solutions})) {
                enough = true;
                shared.stop.request_stop();
            }
        }
    }
    if (const auto error = shared.error()) return *error;
    const CpuTimes cpu_at_end = CpuTimes::now();
    const double wall_s = seconds(SteadyClock::now() - shared.start);
    DeviceRun run = gather(bench, parts, shared);
    run.load = load_between(shared.cpu_at_start, cpu_at_end, wall_s);
    if (enough) run.ended_early = "interrupted";
    judge(plan, run);
    return run;
}

}  // namespace adit::miner::bench
