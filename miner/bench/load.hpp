#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/bytes.hpp"

/// What else went on in the machine while something was measured.
namespace adit::miner::bench {

/// The machine's and this process's CPU time up to a moment, in seconds. Fields the system does not
/// tell stay 0, and `known` says so.
struct CpuTimes {
    bool known = false;
    double busy = 0;          ///< all programs, all cores, without steal
    double stolen = 0;        ///< time the hypervisor gave to others
    double own = 0;           ///< this process
    u64 throttle_events = 0;  ///< since boot, where the kernel counts them
    double energy_j = 0;      ///< of the CPU's packages, a counter; 0: not to be read

    /// From /proc/stat, getrusage, /sys/devices/system/cpu and /sys/class/powercap.
    static CpuTimes now();
};

/// The first line of /proc/stat as busy and stolen seconds; `known` is false when it is none.
CpuTimes parse_proc_stat(std::string_view text, double ticks_a_second);

/// Two moments' difference, judged.
struct Load {
    bool known = false;
    double stolen = 0;  ///< cores' worth: 0.5 is half of one core all the time
    double others = 0;  ///< cores' worth of other programs
    double own = 0;     ///< cores' worth of this one
    u64 throttle_events = 0;
    double energy_j = 0;  ///< 0: not to be read
};
Load load_between(const CpuTimes& before, const CpuTimes& after, double wall_s);

/// Why a measurement under this load is not to be compared; empty: it may be. Steal or other
/// programs may take 1 core in 20, and 1 % of all cores where that is more.
std::vector<std::string> disturbances(const Load& load, u32 cores);

}  // namespace adit::miner::bench
