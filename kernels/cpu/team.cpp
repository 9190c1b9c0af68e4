#include "kernels/cpu/team.hpp"

namespace adit::cpu {

Team::Team(u32 size) : size_(size)
{
    for (u32 member = 1; member < size_; ++member)
        threads_.emplace_back([this, member] { work(member); });
}

Team::~Team()
{
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
}

void Team::run(const std::function<void(u32 member)>& job)
{
    if (size_ == 1) return job(0);
    {
        const std::lock_guard lock(mutex_);
        job_ = &job;
        ++jobs_;
        waiting_ = gone_ = 0;
        changed_.notify_all();
    }
    job(0);
    leave();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return gone_ == size_; });
}

bool Team::meet()
{
    std::unique_lock lock(mutex_);
    if (gone_ > 0) return false;
    const u64 meeting = meetings_;
    if (++waiting_ == size_) {
        waiting_ = 0;
        ++meetings_;
        changed_.notify_all();
        return true;
    }
    changed_.wait(lock, [&] { return meetings_ != meeting || gone_ > 0; });
    return meetings_ != meeting;
}

void Team::work(u32 member)
{
    u64 done = 0;
    for (;;) {
        const std::function<void(u32)>* job = nullptr;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return closing_ || jobs_ != done; });
            if (closing_) return;
            done = jobs_;
            job = job_;
        }
        (*job)(member);
        leave();
    }
}

void Team::leave()
{
    const std::lock_guard lock(mutex_);
    ++gone_;
    changed_.notify_all();
}

}  // namespace adit::cpu
