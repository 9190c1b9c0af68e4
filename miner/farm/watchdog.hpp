#pragma once

#include <deque>
#include <optional>
#include <string>

#include "kernels/base/clock.hpp"
#include "kernels/solver/solver.hpp"

namespace adit::miner::farm {

/// Decides when one worker's device is started anew and when it is given up. Owns no timer and no
/// thread: it hears what happened and says what to do. One thread at a time.
class Watchdog {
public:
    struct Limits {
        Duration window = std::chrono::minutes(10);  ///< what lies further back is forgiven
        std::size_t failures_max = 5;                ///< in a window; one more and it is retired
        std::size_t wrong_max = 3;  ///< wrong answers in a window; one more is a failure
        Duration wait_first = std::chrono::seconds(1);  ///< before the first restart, then doubled
        Duration wait_max = std::chrono::minutes(1);
        Duration silence_max = std::chrono::seconds(90);  ///< without a batch's end
    };

    Watchdog() : Watchdog(Limits{}) {}
    explicit Watchdog(const Limits& limits) : limits_(limits) {}

    struct Decision {
        bool retire = false;  ///< else: restart after `wait`
        Duration wait{};
        std::string reason;  ///< one line for people
    };

    /// The device failed, or could not be made ready.
    Decision on_error(const solver::DeviceError& error, TimePoint now);

    /// It gave an answer that the judge refused. nullopt: let it go on.
    std::optional<Decision> on_wrong_answer(TimePoint now);

    /// Whether a batch begun at `begun` has taken suspiciously long; `usual` is what one takes.
    bool is_silent(TimePoint begun, Duration usual, TimePoint now) const;

private:
    Decision fail(std::string reason, TimePoint now);
    void forgive(std::deque<TimePoint>& events, TimePoint now) const;

    Limits limits_;
    std::deque<TimePoint> failures_;
    std::deque<TimePoint> wrong_;
};

}  // namespace adit::miner::farm
