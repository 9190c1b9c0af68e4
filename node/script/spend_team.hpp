#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/base/bytes.hpp"

/// Work of a block spread over cores.
namespace adit::node::script {

/// A few threads that answer many small questions together with whoever asks.
class SpendTeam {
public:
    static constexpr unsigned kThreadsMax = 16;
    static constexpr std::size_t kChunk = 8;  ///< questions taken at a time

    /// @param helpers  threads besides the asking one; 0 is fine
    explicit SpendTeam(unsigned helpers);
    ~SpendTeam();
    /// One thread a core, the asking one among them.
    static unsigned helpers_for_this_machine();

    /// Whether `good` says yes to 0 … count-1; stops early at a no. One caller at a time; `good` is
    /// called from several threads.
    bool all_good(std::size_t count, const std::function<bool(std::size_t)>& good);

private:
    struct Round {
        std::size_t count = 0;
        const std::function<bool(std::size_t)>* good = nullptr;
    };
    void work(const Round& round);
    void help(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any begun_;
    std::condition_variable ended_;
    Round round_;        // mutex_
    u64 number_ = 0;     // of the round; mutex_
    unsigned busy_ = 0;  // helpers at work; mutex_
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> all_good_{true};
    std::vector<std::jthread> helpers_;
};

}  // namespace adit::node::script
