#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "stratum/proto/work_source.hpp"

namespace adit::stratum::app {

/// What is said of blocks. On easy chains a pool finds dozens at one height, of which one can
/// count: the first of each kind has a line of its own, the others are counted, and the count is
/// said when the height is over. Any thread.
class BlockLines {
public:
    using Say = std::function<void(const std::string& line)>;
    explicit BlockLines(Say say) : say_(std::move(say)) {}

    void found(const Share& block, const std::string& worker);
    void ruled(const ShareVerdict& verdict, const std::string& node);
    /// Says what has been counted and not been said.
    void flush();

private:
    void say_counted();

    Say say_;
    std::mutex mutex_;
    u32 height_ = 0;                     ///< of the last block found
    std::map<std::string, u64> counts_;  ///< what was said → how often, the first included
};

}  // namespace adit::stratum::app
