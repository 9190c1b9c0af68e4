#pragma once

#include <span>

#include "kernels/base/bytes.hpp"

namespace adit::equihash {

/// Does no index occur twice? At most 512 of them. A table of 2^15 fingerprints, the upper bits of
/// index * multiplier mod 2^32, finds nearly every index alone; the few that meet another's
/// fingerprint (4 of 512 by chance) are looked up one by one, and a crowd of them is sorted.
///
/// The answer is the same with every odd `multiplier`; who does not know it cannot choose indices
/// that make a crowd, so that a forged solution costs no more than a careless one (Carter and
/// Wegman, "Universal classes of hash functions", 1979; Dietzfelbinger and others 1997 for this
/// one). Allocates nothing; any thread.
[[nodiscard]] bool distinct(std::span<const u32> indices, u32 multiplier);

/// The same, with this process's own multiplier, drawn when it is first asked.
[[nodiscard]] bool distinct(std::span<const u32> indices);

}  // namespace adit::equihash
