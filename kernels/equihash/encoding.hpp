#pragma once

#include <span>
#include <string_view>

#include "kernels/base/result.hpp"
#include "kernels/equihash/params.hpp"
#include "kernels/equihash/solution.hpp"

namespace adit::equihash {

/// Which rule a solution breaks. The enumerators are log words.
enum class SolutionError {
    bad_length,       ///< not the exact number of bytes or indices of this (n, k)
    index_too_large,  ///< an index that does not fit its bits (only when packing)
    out_of_order,     ///< a left half begins with a larger index than its right half
    duplicate_index,  ///< an index occurs twice
    no_collision,     ///< a group's xor does not begin with the zeros of its level
    not_zero,         ///< the xor of all leaves is not zero in all n bits
};
std::string_view to_string(SolutionError error);

/// Minimal form ↔ indices (Zcash protocol specification 7.7.1). Only length
/// and range are looked at; the verifier judges the rest.
Result<Indices, SolutionError> to_indices(const Params& params, ByteView minimal);
Result<MinimalSolution, SolutionError> to_minimal(const Params& params,
                                                  std::span<const u32> indices);

/// The packing itself, for any count: `index_bits` (1 … 27) each, most significant bit first, no
/// gaps; the last byte is filled up with zeros. `packed` holds exactly the indices' bytes; every
/// index fits its bits.
void unpack_indices(ByteView packed, u32 index_bits, std::span<u32> indices);
void pack_indices(std::span<const u32> indices, u32 index_bits, MutableByteView packed);

}  // namespace adit::equihash
