#pragma once

#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/leaves.hpp"

namespace adit::equihash {

/// The judge: is `minimal` a solution of Equihash(n, k) for `input`? (Zcash protocol specification
/// 7.7.1.) Everything that leaves the house and everything that enters the chain passes here.
///
/// `input` is the 140-byte header up to and including the nonce (any other length is hashed as it
/// is, slowly). `minimal` may be any bytes. Length is looked at first, then order and distinctness,
/// and only then is anything hashed; hashing ends at the first group that does not collide. The
/// target is not looked at.
/// Allocates nothing (20 KiB of stack); any thread.
[[nodiscard]] Result<void, SolutionError> verify(
    const Params& params, const Personalization& personalization, ByteView input, ByteView minimal,
    const hash::LeafHasher& hasher = hash::leaf_hasher());

/// The part that needs no hash, for callers that have indices already (solvers): exactly 2^k of
/// them, each tree node's left half first, none twice.
[[nodiscard]] Result<void, SolutionError> check_structure(const Params& params,
                                                          std::span<const u32> indices);

}  // namespace adit::equihash
