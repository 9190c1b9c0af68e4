#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "stratum/server/pool_server.hpp"

namespace adit::stratum::net {

/// Threads that verify shares, so that the network never waits for Equihash.
class JudgeTeam {
public:
    /// @param done  called from the team's threads, must return at once
    JudgeTeam(unsigned threads, std::function<void(server::OpenShare)> done);
    ~JudgeTeam();  ///< judges what waits
    JudgeTeam(const JudgeTeam&) = delete;

    void put(server::OpenShare share);

private:
    void run();

    std::function<void(server::OpenShare)> done_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<server::OpenShare> waiting_;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace adit::stratum::net
