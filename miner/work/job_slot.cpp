#include "miner/work/job_slot.hpp"

namespace adit::miner::work {
namespace {

/// Ends what ran under `source` and makes it ready for what comes next. Called with the lock held:
/// a stop callback only sets flags.
void renew(std::stop_source& source)
{
    source.request_stop();
    source = std::stop_source();
}

}  // namespace

void JobSlot::post(OrderPtr order, bool leave_old)
{
    {
        const std::lock_guard lock(mutex_);
        order_ = std::move(order);
        if (leave_old) renew(stop_);
    }
    changed_.notify_all();
}

void JobSlot::clear() { post(nullptr, true); }

void JobSlot::close()
{
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        stop_.request_stop();
    }
    changed_.notify_all();
}

void JobSlot::interrupt()
{
    const std::lock_guard lock(mutex_);
    if (!closed_) renew(stop_);
}

std::optional<JobSlot::Taken> JobSlot::take()
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || order_ != nullptr; });
    if (closed_) return std::nullopt;
    return Taken{order_, stop_.get_token()};
}

bool JobSlot::wait_for_other(const OrderPtr& old)
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || order_ != old; });
    return !closed_;
}

bool JobSlot::sleep_until(TimePoint when)
{
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, when, [this] { return closed_; });
    return !closed_;
}

bool JobSlot::closed() const
{
    const std::lock_guard lock(mutex_);
    return closed_;
}

}  // namespace adit::miner::work
