#include "miner/stats/snapshot.hpp"

namespace adit::miner::stats {

std::string_view to_string(DeviceState state)
{
    switch (state) {
        case DeviceState::starting: return "starting";
        case DeviceState::mining: return "mining";
        case DeviceState::idle: return "idle";
        case DeviceState::paused: return "paused";
        case DeviceState::restarting: return "restarting";
        case DeviceState::retired: return "retired";
    }
    return "?";
}

}  // namespace adit::miner::stats
