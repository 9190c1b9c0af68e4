#pragma once

#include <vector>

#include "kernels/base/bytes.hpp"

namespace adit::stratum {

/// Root over transaction ids, in internal order: pairwise double SHA-256, an odd level repeating
/// its last node (Bitcoin developer reference, "Merkle Trees"). At least one id.
Hash256 merkle_root_of(std::vector<Hash256> level);

}  // namespace adit::stratum
