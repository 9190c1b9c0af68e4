#pragma once

#include "miner/farm/judge.hpp"

namespace adit::miner::farm {

/// What a farm has to say. Called from workers' and judge's threads, several at once; returns soon.
class FarmListener {
public:
    virtual ~FarmListener() = default;
    virtual void on_share(stratum::Share share) = 0;
    virtual void on_device_state(const std::string& device_id, stats::DeviceState state,
                                 const std::string& reason) = 0;
    /// The device gave an answer that is none.
    virtual void on_wrong_solution(const std::string& device_id) = 0;
};

/// All workers, one judge, one scheduler. Starts, pauses and restarts; owns no policy of its own.
/// Calls may come from any thread.
class Farm {
public:
    /// @param specs  one per worker, at least one
    /// @param salt   see work::NonceSpace
    Farm(std::vector<WorkerSpec> specs, work::Verify verify, u64 salt, const Clock& clock,
         FarmListener& listener);
    ~Farm();

    void start();
    /// Ends all threads within the devices' stop bounds; what was found is judged before.
    void stop();

    void on_work(stratum::WorkPtr work) { scheduler_.on_work(std::move(work)); }

    /// Of the device with this id; empty: of all.
    void pause(std::string_view device_id = {});
    void resume(std::string_view device_id = {});

    /// Writes rates, devices, solutions and work into `snapshot`; the rest is its source's.
    void describe(stats::Snapshot& snapshot) const;

    /// Whether some device can still work or will try again.
    bool alive() const;

private:
    /// The workers' and the judge's ear.
    class Ear;
    struct Count {
        mutable std::mutex mutex;
        stats::RateMeter meter;
        stats::SolutionCounts solutions;
        u64 rows_dropped = 0;
        explicit Count(TimePoint start) : meter(start) {}
    };

    const Clock& clock_;
    FarmListener& listener_;
    TimePoint started_;
    work::Scheduler scheduler_;
    std::unique_ptr<Ear> ear_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::unique_ptr<Count>> counts_;
    std::unique_ptr<Judge> judge_;
};

}  // namespace adit::miner::farm
