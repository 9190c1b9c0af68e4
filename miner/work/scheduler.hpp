#pragma once

#include <atomic>
#include <vector>

#include "miner/work/job_slot.hpp"

namespace adit::miner::work {

/// Work × workers → orders. Deals each new piece of work to every worker's inbox, with that
/// worker's part of the nonces, in the thread that brings it (microseconds a worker). Any thread.
class Scheduler {
public:
    /// @param workers  > 0   @param salt  see NonceSpace
    Scheduler(u32 workers, u64 salt);

    /// Newest wins. Null: all workers rest.
    void on_work(stratum::WorkPtr work);

    /// A paused worker rests; resumed, it takes up the newest work.
    void pause(u32 worker);
    void resume(u32 worker);
    bool paused(u32 worker) const;

    /// Ends all inboxes; nothing is dealt any more.
    void close();

    JobSlot& inbox(u32 worker) { return *slots_[worker].inbox; }
    u32 workers() const { return static_cast<u32>(slots_.size()); }

    stratum::WorkPtr newest() const;  ///< null while there is none

    /// Of the newest work ever seen: what the judge holds against a solution's own.
    u64 newest_epoch() const { return newest_epoch_.load(std::memory_order_acquire); }

private:
    struct Slot {
        std::unique_ptr<JobSlot> inbox;
        bool paused = false;
    };
    void deal(u32 worker, bool leave_old);

    u64 salt_;
    mutable std::mutex mutex_;
    std::vector<Slot> slots_;
    stratum::WorkPtr newest_;
    std::atomic<u64> newest_epoch_{0};
};

/// Whether a batch in progress on `old` is worth less than starting on `fresh` at once: the old is
/// void, of another kind, or the new asks for less.
bool must_leave(const stratum::Work& old, const stratum::Work& fresh);

}  // namespace adit::miner::work
