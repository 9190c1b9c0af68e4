#include "miner/app/cpu_teams.hpp"

#include <algorithm>
#include <bit>

namespace adit::miner::app {

std::vector<u32> cpu_teams(const TeamWish& wish, u64 teams_max, u32 threads_max)
{
    u32 width = std::bit_floor(std::clamp(wish.share.value_or(1), 1u, threads_max));
    if (!wish.share)
        while (width < threads_max && u64{width} * teams_max < wish.threads) width *= 2;
    std::vector<u32> teams;
    for (u32 left = wish.threads; left > 0 && teams.size() < teams_max; left -= teams.back())
        teams.push_back(std::min(width, std::bit_floor(left)));
    return teams;
}

}  // namespace adit::miner::app
