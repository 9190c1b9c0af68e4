#include "node/script/spend_team.hpp"

#include <algorithm>

namespace adit::node::script {

unsigned SpendTeam::helpers_for_this_machine()
{
    return std::clamp(std::thread::hardware_concurrency(), 1u, kThreadsMax) - 1;
}

SpendTeam::SpendTeam(unsigned helpers)
{
    for (unsigned i = 0; i < helpers; ++i)
        helpers_.emplace_back([this](const std::stop_token& stop) { help(stop); });
}

SpendTeam::~SpendTeam()
{
    for (std::jthread& helper : helpers_) helper.request_stop();
}

bool SpendTeam::all_good(std::size_t count, const std::function<bool(std::size_t)>& good)
{
    const Round round{count, &good};
    next_ = 0;
    all_good_ = true;
    // A handful is done before anybody has woken up.
    const bool alone = count <= kChunk || helpers_.empty();
    if (!alone) {
        const std::scoped_lock lock(mutex_);
        round_ = round;
        ++number_;
        begun_.notify_all();
    }
    work(round);
    if (!alone) {
        std::unique_lock lock(mutex_);
        round_ = {};  // who comes late finds nothing
        ended_.wait(lock, [&] { return busy_ == 0; });
    }
    return all_good_;
}

void SpendTeam::work(const Round& round)
{
    while (all_good_.load(std::memory_order_relaxed)) {
        const std::size_t first = next_.fetch_add(kChunk);
        if (first >= round.count) return;
        for (std::size_t i = first; i < std::min(first + kChunk, round.count); ++i)
            if (!(*round.good)(i)) all_good_ = false;
    }
}

void SpendTeam::help(const std::stop_token& stop)
{
    u64 seen = 0;
    std::unique_lock lock(mutex_);
    while (begun_.wait(lock, stop, [&] { return number_ != seen; })) {
        seen = number_;
        const Round round = round_;
        if (round.good == nullptr) continue;
        ++busy_;
        lock.unlock();
        work(round);
        lock.lock();
        if (--busy_ == 0) ended_.notify_all();
    }
}

}  // namespace adit::node::script
