#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/base/bytes.hpp"

namespace adit::cpu {

/// Threads that do one job together and meet on the way: the caller's own and `size` - 1 more,
/// which sleep between jobs. Driven by one thread.
class Team {
public:
    explicit Team(u32 size);
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    u32 size() const { return size_; }

    /// Calls `job` with 0 … size - 1, each in a thread of its own, 0 in the caller's. Returns when
    /// all have returned.
    void run(const std::function<void(u32 member)>& job);

    /// Called by members during a job: waits until all are here. False, for all of them, once one
    /// has returned from the job instead.
    bool meet();

private:
    void work(u32 member);
    void leave();

    const u32 size_;
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void(u32)>* job_ = nullptr;
    u64 jobs_ = 0;      ///< begun so far
    u64 meetings_ = 0;  ///< held so far
    u32 waiting_ = 0;   ///< members at the meeting now
    u32 gone_ = 0;      ///< members that have returned from the job
    bool closing_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace adit::cpu
