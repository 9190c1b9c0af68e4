#include "stratum/app/block_lines.hpp"

#include <fmt/format.h>

#include <utility>

#include "kernels/base/hex.hpp"

namespace adit::stratum::app {
namespace {

std::string block_text(const Share& block)
{
    return fmt::format("block {} {}…", block.work->height,
                       to_hex_reversed(block.hash.bytes).substr(0, 16));
}

}  // namespace

void BlockLines::found(const Share& block, const std::string& worker)
{
    const std::lock_guard lock(mutex_);
    if (std::exchange(height_, block.work->height) != block.work->height) {
        say_counted();
        counts_.clear();
    }
    if (counts_["found"]++ == 0) say_(block_text(block) + " found by " + worker);
}

void BlockLines::ruled(const ShareVerdict& verdict, const std::string& node)
{
    const std::lock_guard lock(mutex_);
    if (verdict.outcome == ShareOutcome::accepted)
        return say_(block_text(verdict.share) + " accepted by " + node);
    const std::string what =
        "refused by " + node + (verdict.reason.empty() ? "" : ": " + verdict.reason);
    if (counts_[what]++ == 0) say_(block_text(verdict.share) + " " + what);
}

void BlockLines::flush()
{
    const std::lock_guard lock(mutex_);
    say_counted();
}

void BlockLines::say_counted()
{
    for (auto& [what, count] : counts_) {
        if (count > 1) say_(fmt::format("  {} more like it {}", count - 1, what));
        count = 1;
    }
}

}  // namespace adit::stratum::app
