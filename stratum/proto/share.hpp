#pragma once

#include "kernels/base/bytes.hpp"
#include "kernels/equihash/pow_input.hpp"
#include "kernels/equihash/solution.hpp"

namespace adit::stratum {

/// The solution behind its CompactSize, as headers and mining.submit carry it.
Bytes with_length(const equihash::MinimalSolution& solution);

/// Double SHA-256 of the 140 header bytes and the solution behind its CompactSize: the block hash,
/// in internal order. `U256::from_le` of it is what targets are compared with.
Hash256 header_hash(const equihash::PowInput& input, const equihash::MinimalSolution& solution);

/// Appends Bitcoin's variable-length number (1, 3, 5 or 9 bytes).
void append_compact_size(Bytes& to, u64 value);

}  // namespace adit::stratum
