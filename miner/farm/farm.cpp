#include "miner/farm/farm.hpp"

#include <algorithm>

namespace adit::miner::farm {

using stats::DeviceState;
using work::Judgement;

class Farm::Ear final : public WorkerListener, public JudgeListener {
public:
    explicit Ear(Farm& farm) : farm_(farm) {}

    void on_batch(Batch batch) override
    {
        Count& count = *farm_.counts_[batch.worker];
        {
            const std::lock_guard lock(count.mutex);
            count.meter.add(batch.begun, batch.ended, batch.report.nonces_done, 0);
            count.rows_dropped += batch.report.rows_dropped;
        }
        if (!batch.report.found.empty()) farm_.judge_->hand_in(std::move(batch));
    }

    void on_state(u32 worker, DeviceState state, const std::string& reason) override
    {
        farm_.listener_.on_device_state(id_of(worker), state, reason);
    }

    void on_judged(const Batch& batch, const solver::FoundSolution& found,
                   const work::ShareFilter::Verdict& verdict) override
    {
        count_solution(batch, verdict.judgement);
        if (verdict.judgement == Judgement::wrong) {
            farm_.listener_.on_wrong_solution(id_of(batch.worker));
            farm_.workers_[batch.worker]->on_wrong_answer();
        }
        if (verdict.judgement != Judgement::share) return;
        stratum::Share share;
        share.work = batch.order->work;
        share.nonce = found.nonce;
        share.solution = found.solution;
        share.hash = verdict.hash;
        share.is_block = verdict.is_block;
        share.device_id = id_of(batch.worker);
        share.found = batch.ended;
        farm_.listener_.on_share(std::move(share));
    }

    void on_unjudged(const Batch& batch, u64 solutions) override
    {
        Count& count = *farm_.counts_[batch.worker];
        const std::lock_guard lock(count.mutex);
        count.solutions.unjudged += solutions;
    }

private:
    const std::string& id_of(u32 worker) const { return farm_.workers_[worker]->spec().device.id; }

    void count_solution(const Batch& batch, Judgement judgement)
    {
        Count& count = *farm_.counts_[batch.worker];
        const std::lock_guard lock(count.mutex);
        if (judgement == Judgement::wrong) {
            ++count.solutions.wrong;
            return;
        }
        count.meter.add(batch.begun, batch.ended, 0, 1);
        ++count.solutions.verified;
        if (judgement == Judgement::stale) ++count.solutions.stale;
        if (judgement == Judgement::duplicate) ++count.solutions.duplicate;
    }

    Farm& farm_;
};

Farm::Farm(std::vector<WorkerSpec> specs, work::Verify verify, u64 salt, const Clock& clock,
           FarmListener& listener)
    : clock_(clock),
      listener_(listener),
      started_(clock.now()),
      scheduler_(static_cast<u32>(specs.size()), salt),
      ear_(std::make_unique<Ear>(*this))
{
    for (u32 i = 0; i < specs.size(); ++i) {
        counts_.push_back(std::make_unique<Count>(started_));
        workers_.push_back(
            std::make_unique<Worker>(i, std::move(specs[i]), scheduler_.inbox(i), *ear_, clock_));
    }
    judge_ = std::make_unique<Judge>(std::move(verify), scheduler_, *ear_);
}

Farm::~Farm() { stop(); }

void Farm::start()
{
    judge_->start();
    for (const auto& worker : workers_) worker->start();
}

void Farm::stop()
{
    scheduler_.close();
    for (const auto& worker : workers_) worker->join();
    judge_->stop();
}

void Farm::pause(std::string_view device_id)
{
    for (u32 i = 0; i < workers_.size(); ++i)
        if (device_id.empty() || workers_[i]->spec().device.id == device_id) scheduler_.pause(i);
}

void Farm::resume(std::string_view device_id)
{
    for (u32 i = 0; i < workers_.size(); ++i)
        if (device_id.empty() || workers_[i]->spec().device.id == device_id) scheduler_.resume(i);
}

bool Farm::alive() const
{
    return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) {
        return worker->status().state != DeviceState::retired;
    });
}

namespace {

stats::SolutionCounts& operator+=(stats::SolutionCounts& sum, const stats::SolutionCounts& other)
{
    sum.verified += other.verified;
    sum.wrong += other.wrong;
    sum.stale += other.stale;
    sum.duplicate += other.duplicate;
    sum.unjudged += other.unjudged;
    return sum;
}

/// A device is as well as its best worker; a reason of any of them is worth showing.
void take_up(stats::DeviceSnapshot& device, const Worker::Status& status)
{
    ++device.workers;
    device.state = std::min(device.state, status.state, [](DeviceState a, DeviceState b) {
        const auto rank = [](DeviceState s) {
            return s == DeviceState::mining ? -1 : static_cast<int>(s);
        };
        return rank(a) < rank(b);
    });
    if (device.reason.empty()) device.reason = status.silent ? "no answer for long" : status.reason;
    if (device.variant.empty()) device.variant = status.variant;
    device.memory_bytes += status.memory_bytes;
    device.restarts += status.restarts;
}

}  // namespace

void Farm::describe(stats::Snapshot& snapshot) const
{
    const TimePoint now = clock_.now();
    snapshot.uptime = now - started_;
    snapshot.work = scheduler_.newest();
    if (snapshot.work) snapshot.work_age = now - snapshot.work->arrived;
    for (u32 i = 0; i < workers_.size(); ++i) {
        const solver::DeviceInfo& info = workers_[i]->spec().device;
        auto device = std::find_if(snapshot.devices.begin(), snapshot.devices.end(),
                                   [&](const auto& d) { return d.id == info.id; });
        if (device == snapshot.devices.end()) {
            device = snapshot.devices.insert(device, stats::DeviceSnapshot{});
            device->id = info.id;
            device->name = info.name;
            device->state = DeviceState::retired;
        }
        Worker::Status status = workers_[i]->status();
        if (status.state == DeviceState::mining && snapshot.work == nullptr)
            status.state = DeviceState::idle;
        if (scheduler_.paused(i) && status.state != DeviceState::retired)
            status.state = DeviceState::paused;
        take_up(*device, status);
        const Count& count = *counts_[i];
        const std::lock_guard lock(count.mutex);
        device->rates += count.meter.rates(now);
        device->nonces_total += count.meter.nonces_total();
        device->rows_dropped += count.rows_dropped;
        device->solutions += count.solutions;
    }
    for (const stats::DeviceSnapshot& device : snapshot.devices) {
        snapshot.rates += device.rates;
        snapshot.nonces_total += device.nonces_total;
        snapshot.solutions += device.solutions;
    }
}

}  // namespace adit::miner::farm
