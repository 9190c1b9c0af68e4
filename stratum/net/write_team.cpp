#include "stratum/net/write_team.hpp"

#include <algorithm>
#include <utility>

namespace adit::stratum::net {

WriteTeam::WriteTeam(unsigned helpers)
{
    for (unsigned i = 0; i < helpers; ++i) helpers_.emplace_back([this] { help(); });
}

WriteTeam::~WriteTeam()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    news_.notify_all();
}

void WriteTeam::for_each(std::size_t count, const std::function<void(std::size_t)>& task)
{
    if (count < kAlone || helpers_.empty()) {
        for (std::size_t i = 0; i < count; ++i) task(i);
        return;
    }
    std::unique_lock lock(mutex_);
    task_ = &task;
    next_ = 0;
    count_ = count;
    news_.notify_all();
    work(lock);
    done_.wait(lock, [&] { return at_work_ == 0; });  // a helper that slept through it is no matter
}

void WriteTeam::help()
{
    std::unique_lock lock(mutex_);
    while (true) {
        news_.wait(lock, [&] { return stopping_ || next_ < count_; });
        if (stopping_) return;
        work(lock);
        if (at_work_ == 0) done_.notify_one();
    }
}

/// Takes chunks until none is left.
void WriteTeam::work(std::unique_lock<std::mutex>& lock)
{
    while (next_ < count_) {
        const std::size_t first = std::exchange(next_, std::min(next_ + kChunk, count_));
        const std::size_t end = next_;
        ++at_work_;
        lock.unlock();
        for (std::size_t i = first; i < end; ++i) (*task_)(i);
        lock.lock();
        --at_work_;
    }
}

}  // namespace adit::stratum::net
