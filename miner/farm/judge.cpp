#include "miner/farm/judge.hpp"

#include "stratum/proto/share.hpp"

namespace adit::miner::farm {

Judge::Judge(work::Verify verify, const work::Scheduler& scheduler, JudgeListener& listener)
    : filter_(std::move(verify)), scheduler_(scheduler), listener_(listener)
{}

void Judge::start()
{
    thread_ = std::jthread([this] { run(); });
}

void Judge::hand_in(Batch batch)
{
    {
        const std::lock_guard lock(mutex_);
        fresh_.push_back(std::move(batch));
    }
    arrived_.notify_one();
}

void Judge::stop()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Judge::run()
{
    while (true) {
        std::deque<Batch> fresh;
        {
            std::unique_lock lock(mutex_);
            if (urgent_.empty() && waiting_.empty())
                arrived_.wait(lock, [this] { return stopping_ || !fresh_.empty(); });
            fresh.swap(fresh_);
            if (fresh.empty() && urgent_.empty() && waiting_.empty()) return;
        }
        for (Batch& batch : fresh) sort_in(std::move(batch));
        std::deque<Case>& queue = urgent_.empty() ? waiting_ : urgent_;
        if (queue.empty()) continue;
        const Case next = std::move(queue.front());
        queue.pop_front();
        judge(next);
    }
}

/// A hash costs a hundredth of a verdict: it tells which solutions cannot wait.
void Judge::sort_in(Batch batch)
{
    const auto shared = std::make_shared<const Batch>(std::move(batch));
    const stratum::Work& work = *shared->order->work;
    u64 unjudged = 0;
    for (std::size_t i = 0; i < shared->report.found.size(); ++i) {
        const solver::FoundSolution& found = shared->report.found[i];
        equihash::PowInput input = work.input;
        input.set_nonce(found.nonce);
        const Hash256 hash = stratum::share_hash(input, found.solution.bytes);
        if (U256::from_le(hash) <= work.share_target)
            urgent_.push_back({shared, i});
        else if (waiting_.size() < kWaitingMax)
            waiting_.push_back({shared, i});
        else
            ++unjudged;
    }
    if (unjudged > 0) listener_.on_unjudged(*shared, unjudged);
}

void Judge::judge(const Case& next)
{
    const solver::FoundSolution& found = next.batch->report.found[next.index];
    const auto verdict = filter_.judge(*next.batch->order->work, found, scheduler_.newest_epoch());
    listener_.on_judged(*next.batch, found, verdict);
}

}  // namespace adit::miner::farm
