#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "miner/stats/hashrate.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::miner::stats {

/// What a device is doing, in the words that log, page and API use.
enum class DeviceState {
    starting,  ///< its solver is being made and tested
    mining,
    idle,  ///< there is no work
    paused,
    restarting,  ///< after a failure, at `retry_at`
    retired,     ///< failed too often; `reason` says how
};
std::string_view to_string(DeviceState state);

/// Counted since the program began.
struct SolutionCounts {
    u64 verified = 0;  ///< passed the judge: shares, and true solutions above the target
    u64 wrong = 0;     ///< refused by the judge
    u64 stale = 0;     ///< true, but of work that was void by then
    u64 duplicate = 0;
    u64 unjudged = 0;  ///< too many at once: thrown away unseen, never sent
};

struct ShareCounts {
    u64 found = 0;                    ///< passed the judge, handed to the source
    std::array<u64, 6> by_outcome{};  ///< by ShareOutcome
    u64 blocks = 0;                   ///< accepted, and meeting the chain's own target

    u64 of(stratum::ShareOutcome outcome) const
    {
        return by_outcome[static_cast<std::size_t>(outcome)];
    }
};

/// One device: all of its workers together.
struct DeviceSnapshot {
    std::string id;
    std::string name;
    std::string variant;  ///< lane or kernel in use, empty while there is none
    u32 workers = 0;
    DeviceState state{};
    std::string reason;  ///< for people; empty when all is well
    u64 memory_bytes = 0;
    u32 restarts = 0;
    Rates rates;
    u64 nonces_total = 0;
    u64 rows_dropped = 0;
    SolutionCounts solutions;
};

/// Everything console, page, API and metrics know of a miner: the one plain struct they all read.
struct Snapshot {
    Duration uptime{};
    stratum::WorkPtr work;  ///< null while there is none
    Duration work_age{};
    std::string source;  ///< name of where the work comes from
    stratum::SourceState source_state;
    Rates rates;
    u64 nonces_total = 0;
    SolutionCounts solutions;
    ShareCounts shares;
    std::vector<DeviceSnapshot> devices;
};

}  // namespace adit::miner::stats
