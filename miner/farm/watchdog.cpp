#include "miner/farm/watchdog.hpp"

#include <algorithm>

namespace adit::miner::farm {
namespace {

/// A batch may take this many times its usual length before anybody worries.
constexpr int kSlowBatches = 20;

}  // namespace

void Watchdog::forgive(std::deque<TimePoint>& events, TimePoint now) const
{
    while (!events.empty() && now - events.front() > limits_.window) events.pop_front();
}

Watchdog::Decision Watchdog::fail(std::string reason, TimePoint now)
{
    forgive(failures_, now);
    failures_.push_back(now);
    Decision decision;
    decision.reason = std::move(reason);
    if (failures_.size() > limits_.failures_max) {
        decision.retire = true;
        decision.reason += " (given up after " + std::to_string(failures_.size()) + " failures)";
        return decision;
    }
    decision.wait = limits_.wait_first;
    for (std::size_t i = 1; i < failures_.size(); ++i)
        decision.wait = std::min(decision.wait * 2, limits_.wait_max);
    return decision;
}

Watchdog::Decision Watchdog::on_error(const solver::DeviceError& error, TimePoint now)
{
    std::string reason(to_string(error.word));
    if (!error.detail.empty()) reason += ": " + error.detail;
    // What cannot change by waiting is not tried again.
    if (error.word == solver::DeviceError::Word::self_test_failed) {
        Decision decision;
        decision.retire = true;
        decision.reason = std::move(reason);
        return decision;
    }
    return fail(std::move(reason), now);
}

std::optional<Watchdog::Decision> Watchdog::on_wrong_answer(TimePoint now)
{
    forgive(wrong_, now);
    wrong_.push_back(now);
    if (wrong_.size() <= limits_.wrong_max) return std::nullopt;
    const std::size_t count = wrong_.size();
    wrong_.clear();
    return fail(std::to_string(count) + " wrong solutions", now);
}

bool Watchdog::is_silent(TimePoint begun, Duration usual, TimePoint now) const
{
    return now - begun > std::max(limits_.silence_max, usual * kSlowBatches);
}

}  // namespace adit::miner::farm
