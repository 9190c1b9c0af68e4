#pragma once

#include <functional>
#include <map>

#include "kernels/base/interrupts.hpp"
#include "miner/app/console.hpp"
#include "miner/farm/farm.hpp"

namespace adit::miner::app {

struct RunSettings {
    u64 blocks_wanted = 0;  ///< end after so many blocks of ours; 0: never
    u64 shares_wanted = 0;  ///< end after so many accepted shares; 0: never
    std::function<std::string()>
        source_line;  ///< of the source, beside each rate line; may be null
    Duration rate_every = std::chrono::seconds(10);
    /// Called about ten times a second with the main thread: an exit code ends the run.
    std::function<std::optional<int>()> also_ends = [] { return std::nullopt; };
    /// Sol/s over a minute, once a second, for whoever wants to know.
    std::function<void(double sol_s)> on_rate = [](double) {};
};

/// One source, one farm, one console: from the first template to the last line. The source's
/// thread, the farm's threads and the main thread meet here.
class MiningRun final : public stratum::SourceListener, public farm::FarmListener {
public:
    MiningRun(stratum::WorkSource& source, std::vector<farm::WorkerSpec> workers, Console& console,
              const Clock& clock, RunSettings settings);

    /// Until a signal, the last block wanted, or an end without hope. Stops farm and source.
    /// @return the program's exit code
    int run(const Interrupts& interrupts);

    /// One line for people when the exit code is neither done nor interrupted; may be empty.
    std::string why_it_ended() const;

    stats::Snapshot snapshot() const;

    // From the source.
    void on_work(stratum::WorkPtr work) override;
    void on_verdict(const stratum::ShareVerdict& verdict) override;
    void on_state(const stratum::SourceState& state) override;
    // From the farm.
    void on_share(stratum::Share share) override;
    void on_device_state(const std::string& device_id, stats::DeviceState state,
                         const std::string& reason) override;
    void on_wrong_solution(const std::string& device_id) override;

private:
    int wait_for_end(const Interrupts& interrupts);
    bool may_send(const stratum::Share& share);
    std::optional<int> looks_over() const;
    void tell_of_verdict(const stratum::ShareVerdict& verdict);
    void tell_of_pool_verdict(const stratum::ShareVerdict& verdict);
    bool is_enough() const;
    void say_goodbye() const;

    stratum::WorkSource& source_;
    Console& console_;
    const Clock& clock_;
    RunSettings settings_;
    TimePoint started_;
    farm::Farm farm_;

    mutable std::mutex mutex_;
    stats::ShareCounts shares_;
    stratum::SourceState source_state_;
    std::map<u64, u32> open_;  ///< block candidates without a verdict, by epoch
    std::optional<TimePoint> last_block_;
    std::map<std::pair<stratum::ShareOutcome, bool>, std::optional<TimePoint>> last_lines_;
    bool enough_ = false;
    bool said_waiting_ = false;
    bool ever_mined_ = false;
    u32 taken_height_ = 0;  ///< of our last block that the chain took
    std::map<std::string, stats::DeviceState> device_states_;
};

}  // namespace adit::miner::app
