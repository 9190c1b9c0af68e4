#pragma once

#include <string>

#include "miner/bench/report.hpp"

namespace adit::miner::bench {

/// Whether there is something to draw: phases that say their bytes, and a measured copy rate.
bool has_roofline(const DeviceReport& d);

/// Rows a second over rows to a byte moved, each phase a point, under what the machine could do at
/// most: copy, and hash (Williams, Waterman, Patterson: Roofline, CACM 52(4), 2009). Every table
/// counts as `rows`, the leaves of a nonce, which is what tables hold on average. SVG, 896 by 310.
std::string roofline(const DeviceReport& d, u32 rows, double left, double top);

}  // namespace adit::miner::bench
