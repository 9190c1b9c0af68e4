#pragma once

#include "kernels/dialect/arena.hpp"
#include "kernels/hash/blake2b.hpp"

namespace adit::dialect::cuda {

/// Where a launch's nonces lie: one allocation, passed to kernels by value.
struct Arena {
    u32* base = nullptr;        ///< of the first nonce
    const u32* stop = nullptr;  ///< not zero: blocks that have not begun leave at once
    u32 nonce_words = 0;        ///< from one nonce to the next
    u32 first_block = 0;        ///< that this launch's first block is to be
    Places places;
};

/// By value too: read through a pointer, the shared state would be kept in a hundred registers.
template <u32 Batch>
struct Midstates {
    hash::HeaderMidstate of[Batch];
};

}  // namespace adit::dialect::cuda
