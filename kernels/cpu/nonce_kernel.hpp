#pragma once

#include <span>

#include "kernels/equihash/params.hpp"
#include "kernels/hash/dispatch.hpp"

namespace adit::cpu {

/// Most solutions taken from one nonce: theory says 2 on average, 10 and more are one in millions.
inline constexpr u32 kSolutionsMax = 64;
/// Most leaves of one solution, over the known sets.
inline constexpr u32 kLeavesMax = 512;

/// Most parts a nonce's time is told in: k tables, the last digits, the way back.
inline constexpr u32 kPhasesMax = 11;

/// What a kernel works with and what it leaves behind. Plain data, so that units compiled for
/// different machines may share it.
struct NonceRun {
    u8* arena = nullptr;  ///< `arena_bytes`, aligned to 4096
    const hash::HeaderMidstate* midstate = nullptr;
    hash::LeafHasher hasher;
    bool (*stop_requested)(const void* stop) = nullptr;
    const void* stop = nullptr;

    u32 solutions = 0;
    u64 rows_dropped = 0;                 ///< rows and candidates lost to something full
    u32 (*leaves)[kLeavesMax] = nullptr;  ///< [kSolutionsMax]: indices in the solution's own order

    /// Of a nonce tried to the end: table 0 … k - 1, the last digits, the way back.
    u64 phase_ns[kPhasesMax] = {};
    u64 phase_bytes[kPhasesMax] = {};  ///< rows and references, read and written
};

/// The solver of one (n, k), compiled for one lane.
struct NonceKernel {
    equihash::Params params;
    hash::Lane lane{};
    u64 arena_bytes = 0;

    /// Tries one nonce. False when it was stopped on the way (asked at least every millisecond).
    bool (*run)(NonceRun& run) = nullptr;
};

/// Every kernel in this binary.
std::span<const NonceKernel* const> nonce_kernels();

/// Null when there is none for these parameters and lane.
const NonceKernel* find_kernel(const equihash::Params& params, hash::Lane lane);

}  // namespace adit::cpu
