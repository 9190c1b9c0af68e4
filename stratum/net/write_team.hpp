#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace adit::stratum::net {

/// Threads that help the network's own to write one thing to many sockets. A thousand writes cost
/// ten thousand cache misses in the system's TCP, and nothing else; two cores take half as long.
class WriteTeam {
public:
    static constexpr std::size_t kAlone = 64;  ///< so few are done before a helper has woken
    static constexpr std::size_t kChunk = 16;  ///< taken at once

    explicit WriteTeam(unsigned helpers);
    ~WriteTeam();
    WriteTeam(const WriteTeam&) = delete;

    /// Calls `task` once with each number below `count`, here and on the helpers, in any order;
    /// returns when all calls have. One thread at a time may ask for it.
    void for_each(std::size_t count, const std::function<void(std::size_t)>& task);

private:
    void help();
    void work(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::condition_variable news_;  ///< there is work, or the end
    std::condition_variable done_;
    const std::function<void(std::size_t)>* task_ = nullptr;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    std::size_t at_work_ = 0;  ///< threads with a chunk in hand
    bool stopping_ = false;
    std::vector<std::jthread> helpers_;
};

}  // namespace adit::stratum::net
