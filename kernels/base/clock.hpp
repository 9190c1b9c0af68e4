#pragma once

#include <chrono>

#include "kernels/base/bytes.hpp"

namespace adit {

/// Monotonic time, for intervals and time-outs. Virtual in tests and in the simulator.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// Unix time in whole seconds, as headers carry it.
using UnixTime = i64;

/// Time is always handed in. Calls may come from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    virtual TimePoint now() const = 0;
    virtual UnixTime unix_time() const = 0;
};

/// The machine's own clocks.
class SystemClock final : public Clock {
public:
    TimePoint now() const override { return std::chrono::steady_clock::now(); }
    UnixTime unix_time() const override
    {
        return std::chrono::duration_cast<std::chrono::seconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
};

/// A clock that moves only when told to. One thread.
class ManualClock final : public Clock {
public:
    explicit ManualClock(UnixTime start_unix = 1'700'000'000) : start_unix_(start_unix) {}

    TimePoint now() const override { return TimePoint{} + elapsed_; }
    UnixTime unix_time() const override
    {
        return start_unix_ + std::chrono::duration_cast<std::chrono::seconds>(elapsed_).count();
    }
    void advance(Duration by) { elapsed_ += by; }

private:
    UnixTime start_unix_;
    Duration elapsed_{};
};

}  // namespace adit
