#pragma once

#include "kernels/base/u256.hpp"

namespace adit {

/// A header's `bits` read as a number: top byte = length in bytes, low 23 bits = leading digits,
/// bit 23 = sign (Bitcoin developer reference, "Target nBits").
struct CompactTarget {
    U256 target;            ///< the magnitude, cut to 256 bits when it overflows
    bool negative = false;  ///< sign bit set and magnitude not zero
    bool overflow = false;  ///< larger than 2^256 - 1

    /// A target that a hash can be held against. The chain's own limit is the caller's to check.
    bool usable() const { return !negative && !overflow && !target.is_zero(); }
};

/// Any 32 bits are readable; the flags say what came out.
CompactTarget decode_compact(u32 bits);

/// The shortest form, rounded down to 23 or 16 leading bits: consensus compares bits, not targets.
u32 encode_compact(const U256& target);

/// Hashes expected for a block of this target: floor(2^256 / (target + 1)). 0 < `target` < 2^256
/// - 1.
U256 work_of_target(const U256& target);

}  // namespace adit
