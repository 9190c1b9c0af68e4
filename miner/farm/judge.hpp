#pragma once

#include <thread>

#include "miner/farm/worker.hpp"
#include "miner/work/scheduler.hpp"
#include "miner/work/share_filter.hpp"

namespace adit::miner::farm {

/// Hears the judge's word on every solution, in the judge's thread.
class JudgeListener {
public:
    virtual ~JudgeListener() = default;
    virtual void on_judged(const Batch& batch, const solver::FoundSolution& found,
                           const work::ShareFilter::Verdict& verdict) = 0;
    /// So many of this batch's solutions were thrown away unseen; none met the share target.
    virtual void on_unjudged(const Batch& batch, u64 solutions) = 0;
};

/// The judge's bench: a thread with the share filter, so that no device waits for a verdict.
/// Solutions that meet their target are judged before all others and never thrown away.
class Judge {
public:
    /// Solutions that wait and do not meet the target; with more, they go unjudged.
    static constexpr std::size_t kWaitingMax = 1 << 14;

    Judge(work::Verify verify, const work::Scheduler& scheduler, JudgeListener& listener);

    void start();
    void hand_in(Batch batch);  ///< any thread, returns at once
    void stop();                ///< after all that was handed in is judged

private:
    struct Case {
        std::shared_ptr<const Batch> batch;
        std::size_t index = 0;  ///< in the batch's solutions
    };
    void run();
    void sort_in(Batch batch);
    void judge(const Case& next);

    work::ShareFilter filter_;
    const work::Scheduler& scheduler_;
    JudgeListener& listener_;

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Batch> fresh_;
    bool stopping_ = false;

    // The judge's own thread.
    std::deque<Case> urgent_;
    std::deque<Case> waiting_;

    std::jthread thread_;
};

}  // namespace adit::miner::farm
