#pragma once

#include <functional>
#include <thread>

#include "kernels/solver/backend.hpp"
#include "miner/farm/watchdog.hpp"
#include "miner/stats/snapshot.hpp"
#include "miner/work/batch_sizer.hpp"
#include "miner/work/job_slot.hpp"
#include "miner/work/nonce_space.hpp"

namespace adit::miner::farm {

/// Makes a solver for the options' parameters. Called in the worker's own thread.
using MakeSolver = std::function<Result<std::unique_ptr<solver::Solver>, solver::DeviceError>(
    const solver::SolverOptions&)>;

/// What a worker is made of.
struct WorkerSpec {
    solver::DeviceInfo device;
    MakeSolver make;
    solver::SolverOptions options;  ///< lane, place among the device's workers; (n, k) come by work
    Duration batch_wanted = std::chrono::milliseconds(100);
    Watchdog::Limits limits{};
};

/// One batch, done or stopped.
struct Batch {
    u32 worker = 0;
    work::OrderPtr order;
    solver::SolveReport report;
    TimePoint begun;
    TimePoint ended;
};

/// Where workers hand in what they have; called from their threads.
class WorkerListener {
public:
    virtual ~WorkerListener() = default;
    virtual void on_batch(Batch batch) = 0;
    virtual void on_state(u32 worker, stats::DeviceState state, const std::string& reason) = 0;
};

/// One thread, one solver, one inbox. Makes its solver when work of other parameters comes, makes
/// it anew when the device fails, and rests when the watchdog gives the device up.
class Worker {
public:
    Worker(u32 index, WorkerSpec spec, work::JobSlot& inbox, WorkerListener& listener,
           const Clock& clock);
    ~Worker();

    void start();
    void join();  ///< after the inbox was closed

    const WorkerSpec& spec() const { return spec_; }

    /// The judge refused an answer. Any thread.
    void on_wrong_answer();

    /// What it holds and does now. Any thread.
    struct Status {
        stats::DeviceState state = stats::DeviceState::starting;
        std::string reason;
        std::string variant;
        u64 memory_bytes = 0;
        u32 restarts = 0;
        bool silent = false;  ///< its batch takes far longer than usual
    };
    Status status() const;

private:
    void run();
    bool can_do(const stratum::Work& work) const;
    bool make_ready(const stratum::Work& work);
    bool work_on(const work::JobSlot::Taken& taken);
    void rest(const Watchdog::Decision& decision);
    void set_state(stats::DeviceState state, std::string reason);

    u32 index_;
    WorkerSpec spec_;
    work::JobSlot& inbox_;
    WorkerListener& listener_;
    const Clock& clock_;

    // The worker's own thread.
    std::unique_ptr<solver::Solver> solver_;
    std::optional<equihash::Params> unsupported_;  ///< tried last, and not possible
    std::optional<work::NonceCursor> cursor_;
    std::array<u8, equihash::kNonceOffset> header_{};
    work::BatchSizer sizer_;

    mutable std::mutex mutex_;
    Watchdog watchdog_;
    Status status_;
    std::optional<Watchdog::Decision> ordered_;  ///< a restart asked for from outside
    std::optional<TimePoint> batch_begun_;
    Duration batch_usual_{};

    std::jthread thread_;
};

}  // namespace adit::miner::farm
