#pragma once

#include <optional>
#include <vector>

#include "kernels/base/bytes.hpp"

namespace adit::miner::app {

/// How the CPU's threads are to work on nonces of one (n, k).
struct TeamWish {
    u32 threads = 1;             ///< in all, > 0
    std::optional<u32> share{};  ///< so many on one nonce; nothing: as few as fit into memory
};

/// Each nonce's threads, widest team first: as many threads as `wish` says, in teams of 1, 2, 4 …
/// up to `threads_max`, of which no more than `teams_max` (> 0) fit into memory. Threads for whom
/// there is no room are left out.
std::vector<u32> cpu_teams(const TeamWish& wish, u64 teams_max, u32 threads_max);

}  // namespace adit::miner::app
