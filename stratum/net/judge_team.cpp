#include "stratum/net/judge_team.hpp"

#include <utility>

namespace adit::stratum::net {

JudgeTeam::JudgeTeam(unsigned threads, std::function<void(server::OpenShare)> done)
    : done_(std::move(done))
{
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

JudgeTeam::~JudgeTeam()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
}

void JudgeTeam::put(server::OpenShare share)
{
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(share));
    }
    wake_.notify_one();
}

void JudgeTeam::run()
{
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        server::OpenShare share = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        share.judgement = server::judge_dearly(share.candidate);
        done_(std::move(share));
        lock.lock();
    }
}

}  // namespace adit::stratum::net
