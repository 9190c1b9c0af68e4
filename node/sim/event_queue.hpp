#pragma once

#include <functional>
#include <queue>
#include <vector>

#include "kernels/base/clock.hpp"

namespace adit::node::sim {

/// Virtual time: events in order of their time, those of the same time in the order they were
/// added.
class EventQueue {
public:
    using Event = std::function<void()>;

    void at(TimePoint when, Event event)
    {
        events_.push({std::max(when, now_), next_++, std::move(event)});
    }
    TimePoint now() const { return now_; }
    bool empty() const { return events_.empty(); }
    u64 done() const { return done_; }  ///< events run so far

    /// Runs everything up to and with `until`, which is the time then.
    void run_until(TimePoint until)
    {
        while (!events_.empty() && events_.top().when <= until) {
            Entry entry = events_.top();
            events_.pop();
            now_ = entry.when;
            ++done_;
            entry.event();
        }
        now_ = std::max(now_, until);
    }

private:
    struct Entry {
        TimePoint when;
        u64 order;
        Event event;
        bool operator<(const Entry& other) const
        {
            return when != other.when ? when > other.when : order > other.order;
        }
    };
    std::priority_queue<Entry> events_;
    TimePoint now_{};
    u64 next_ = 0;
    u64 done_ = 0;
};

}  // namespace adit::node::sim
