#pragma once

#include <cstdio>
#include <mutex>

#include "miner/stats/snapshot.hpp"

namespace adit::miner::app {

/// A block of ours that the chain has taken.
struct BlockNews {
    stratum::Share share;
    std::optional<Duration> since_last;  ///< nullopt: it is the first
    Duration since_start{};
    u64 count = 0;  ///< of our blocks, with this one
};

/// How things look; pure, so that tests can read it. Blocks and rates keep to 80 columns.
struct Style {
    bool colour = false;

    /// Height and hash; then when, by whom; then who is paid what.
    std::vector<std::string> block(const BlockNews& news, std::string_view clock) const;
    /// Rates over 10 s, 60 s and 15 min.
    std::string rates(const stats::Snapshot& snapshot, std::string_view clock) const;
    std::string faint(std::string_view text) const;
    std::string good(std::string_view text) const;
    std::string warning(std::string_view text) const;
};

/// "7.5": base units as coins, without needless zeros.
std::string coins_text(i64 amount);
/// "9.3 s", "4 min 2 s", "3 h 12 min".
std::string duration_text(Duration duration);
/// Four digits at most: "0.52", "12.3", "7.70k", "1.23M".
std::string rate_text(double rate);

/// The program's standard output. Any thread; each call prints whole lines at once.
class Console {
public:
    /// @param colours  asked for and not forbidden; used only where `out` is a terminal
    Console(std::FILE* out, bool colours);

    void block(const BlockNews& news);
    void rates(const stats::Snapshot& snapshot);
    void say(std::string_view text);   ///< a line of its own
    void warn(std::string_view text);  ///< the same, and it stands out

    /// Nobody reads any more (a closed pipe).
    bool closed() const;

private:
    void print(const std::vector<std::string>& lines);

    std::FILE* out_;
    Style style_;
    mutable std::mutex mutex_;
    bool closed_ = false;
};

}  // namespace adit::miner::app
