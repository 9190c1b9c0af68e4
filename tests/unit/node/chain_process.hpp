#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace adit::node::chain::test {

/// The blocks of the tree that `write` accepts.
inline constexpr std::size_t kWriterBlocks = 400;

/// A run of chain_store_process: another process with a store of its own.
class Process {
public:
    explicit Process(std::vector<std::string> arguments);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// A line it printed; nullopt when there is none until then, or none any more.
    std::optional<std::string> read_line(std::chrono::steady_clock::time_point until);
    void kill();  ///< SIGKILL, and gone when this returns
    int wait();   ///< its exit code
    pid_t pid() const { return pid_; }

private:
    pid_t pid_ = -1;
    int output_ = -1;
    int input_ = -1;  ///< closed when this object goes: tells `hold` to end
    std::string buffered_;
};

}  // namespace adit::node::chain::test
