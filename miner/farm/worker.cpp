#include "miner/farm/worker.hpp"

#include <algorithm>

namespace adit::miner::farm {
namespace {

using stats::DeviceState;

bool fits(const solver::Solver& made, const stratum::Work& work)
{
    return made.info().params == work.params && made.info().personalization == work.personalization;
}

}  // namespace

Worker::Worker(u32 index, WorkerSpec spec, work::JobSlot& inbox, WorkerListener& listener,
               const Clock& clock)
    : index_(index),
      spec_(std::move(spec)),
      inbox_(inbox),
      listener_(listener),
      clock_(clock),
      sizer_(spec_.batch_wanted),
      watchdog_(spec_.limits)
{
    status_.state = DeviceState::idle;
}

Worker::~Worker() = default;

void Worker::start()
{
    thread_ = std::jthread([this] { run(); });
}

void Worker::join()
{
    if (thread_.joinable()) thread_.join();
}

void Worker::run()
{
    while (const auto taken = inbox_.take()) {
        if (!can_do(*taken->order->work))
            inbox_.wait_for_other(taken->order);
        else if (make_ready(*taken->order->work) && !work_on(*taken))
            inbox_.wait_for_other(taken->order);
    }
    solver_.reset();
}

/// False for parameters that this device was found not to support: nothing to try again.
bool Worker::can_do(const stratum::Work& work) const
{
    return !unsupported_ || *unsupported_ != work.params;
}

/// A solver for this work's parameters, tested. False when there is none: it has rested already.
bool Worker::make_ready(const stratum::Work& work)
{
    std::optional<Watchdog::Decision> ordered;
    {
        const std::lock_guard lock(mutex_);
        ordered = std::exchange(ordered_, std::nullopt);
    }
    if (ordered) {
        solver_.reset();
        rest(*ordered);
        return false;
    }
    if (solver_ != nullptr && fits(*solver_, work)) return true;
    solver_.reset();  // before the next one asks for memory
    set_state(DeviceState::starting, "");
    solver::SolverOptions options = spec_.options;
    options.params = work.params;
    options.personalization = work.personalization;
    auto made = spec_.make(options);
    if (!made && made.error().word == solver::DeviceError::Word::unsupported_params) {
        unsupported_ = work.params;
        set_state(DeviceState::retired, made.error().detail);
        return false;
    }
    if (!made) {
        Watchdog::Decision decision;
        {
            const std::lock_guard lock(mutex_);
            decision = watchdog_.on_error(made.error(), clock_.now());
        }
        rest(decision);
        return false;
    }
    solver_ = std::move(*made);
    sizer_ = work::BatchSizer(spec_.batch_wanted);
    {
        const std::lock_guard lock(mutex_);
        status_.variant = solver_->info().variant;
        status_.memory_bytes = solver_->info().memory_bytes;
    }
    set_state(DeviceState::mining, "");
    return true;
}

/// One batch. False when this worker's nonces are used up on this header.
bool Worker::work_on(const work::JobSlot::Taken& taken)
{
    const work::Order& order = *taken.order;
    if (!cursor_ || cursor_->slice() != order.slice) cursor_.emplace(order.slice);
    if (!std::equal(header_.begin(), header_.end(), order.input.header.begin())) {
        std::copy_n(order.input.header.begin(), header_.size(), header_.begin());
        cursor_->begin_header();
    }
    const auto range = cursor_->take(sizer_.nonces());
    if (!range) return false;

    const TimePoint begun = clock_.now();
    {
        const std::lock_guard lock(mutex_);
        batch_begun_ = begun;
    }
    auto report = solver_->solve(order.input, *range, taken.stop);
    const TimePoint ended = clock_.now();
    std::optional<Watchdog::Decision> failed;
    {
        const std::lock_guard lock(mutex_);
        batch_begun_.reset();
        batch_usual_ = ended - begun;
        if (!report) {
            failed = watchdog_.on_error(report.error(), ended);
        } else if (report->nonces_done == 0 && !taken.stop.stop_requested()) {
            failed =
                watchdog_.on_error({solver::DeviceError::Word::lost, "gave back no work"}, ended);
        }
    }
    if (failed) {
        solver_.reset();
        rest(*failed);
        return true;
    }
    sizer_.learn(report->nonces_done, ended - begun);
    listener_.on_batch({index_, taken.order, std::move(*report), begun, ended});
    return true;
}

/// Until the device may try again; for good when it is retired.
void Worker::rest(const Watchdog::Decision& decision)
{
    {
        const std::lock_guard lock(mutex_);
        status_.memory_bytes = 0;
        status_.variant.clear();
        if (!decision.retire) ++status_.restarts;
    }
    if (decision.retire) {
        set_state(DeviceState::retired, decision.reason);
        while (const auto taken = inbox_.take()) inbox_.wait_for_other(taken->order);
    } else {
        set_state(DeviceState::restarting, decision.reason);
        inbox_.sleep_until(clock_.now() + decision.wait);
    }
}

void Worker::on_wrong_answer()
{
    {
        const std::lock_guard lock(mutex_);
        const auto decision = watchdog_.on_wrong_answer(clock_.now());
        if (!decision) return;
        ordered_ = decision;
    }
    inbox_.interrupt();
}

void Worker::set_state(DeviceState state, std::string reason)
{
    {
        const std::lock_guard lock(mutex_);
        status_.state = state;
        status_.reason = reason;
    }
    listener_.on_state(index_, state, reason);
}

Worker::Status Worker::status() const
{
    const std::lock_guard lock(mutex_);
    Status status = status_;
    status.silent = batch_begun_ && watchdog_.is_silent(*batch_begun_, batch_usual_, clock_.now());
    return status;
}

}  // namespace adit::miner::farm
