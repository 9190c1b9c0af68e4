#include "miner/work/scheduler.hpp"

#include "kernels/base/check.hpp"
#include "miner/work/nonce_space.hpp"

namespace adit::miner::work {

bool must_leave(const stratum::Work& old, const stratum::Work& fresh)
{
    return old.epoch != fresh.epoch || old.params != fresh.params ||
           old.personalization != fresh.personalization || old.share_target < fresh.share_target;
}

Scheduler::Scheduler(u32 workers, u64 salt) : salt_(salt), slots_(workers)
{
    ADIT_CHECK(workers > 0);
    for (Slot& slot : slots_) slot.inbox = std::make_unique<JobSlot>();
}

void Scheduler::on_work(stratum::WorkPtr work)
{
    const std::lock_guard lock(mutex_);
    const stratum::WorkPtr old = std::exchange(newest_, std::move(work));
    if (newest_ == nullptr) {
        for (const Slot& slot : slots_) slot.inbox->clear();
        return;
    }
    newest_epoch_.store(newest_->epoch, std::memory_order_release);
    const bool leave_old = old == nullptr || must_leave(*old, *newest_);
    for (u32 worker = 0; worker < slots_.size(); ++worker) deal(worker, leave_old);
}

void Scheduler::deal(u32 worker, bool leave_old)
{
    if (slots_[worker].paused) return;
    const NonceSpace space(newest_->prefix_bytes, workers());
    auto order = std::make_shared<Order>();
    order->work = newest_;
    order->input = newest_->input;
    space.place_salt(order->input, salt_);
    order->slice = space.slice(worker);
    slots_[worker].inbox->post(std::move(order), leave_old);
}

void Scheduler::pause(u32 worker)
{
    const std::lock_guard lock(mutex_);
    slots_[worker].paused = true;
    slots_[worker].inbox->clear();
}

void Scheduler::resume(u32 worker)
{
    const std::lock_guard lock(mutex_);
    slots_[worker].paused = false;
    if (newest_ != nullptr) deal(worker, true);
}

bool Scheduler::paused(u32 worker) const
{
    const std::lock_guard lock(mutex_);
    return slots_[worker].paused;
}

void Scheduler::close()
{
    const std::lock_guard lock(mutex_);
    for (const Slot& slot : slots_) slot.inbox->close();
}

stratum::WorkPtr Scheduler::newest() const
{
    const std::lock_guard lock(mutex_);
    return newest_;
}

}  // namespace adit::miner::work
