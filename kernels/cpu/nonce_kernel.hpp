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

/// What a kernel works with and what it leaves behind, for one of the threads that share a nonce.
/// Plain data, so that units compiled for different machines may share it.
struct NonceRun {
    u8* arena = nullptr;  ///< `arena_bytes`, aligned to 4096; the nonce's threads have the same
    u32 thread = 0;       ///< which of them this is
    u32 threads = 1;      ///< that share the nonce, at most the kernel's `threads_max`
    /// Waits until all of them are here. False when one has left: there is nothing more to do.
    bool (*meet)(void* team) = nullptr;
    void* team = nullptr;
    const hash::HeaderMidstate* midstate = nullptr;
    hash::LeafHasher hasher;
    bool (*stop_requested)(const void* stop) = nullptr;
    const void* stop = nullptr;

    u32 solutions = 0;
    u64 rows_dropped = 0;                 ///< rows and candidates lost to something full
    u32 (*leaves)[kLeavesMax] = nullptr;  ///< [kSolutionsMax]: indices in the solution's own order

    /// Of a nonce tried to the end: table 0 … k - 1, the last digits, the way back.
    u64 phase_ns[kPhasesMax] = {};
    u64 phase_bytes[kPhasesMax] = {};  ///< rows and references, read and written by this thread
};

/// The solver of one (n, k), compiled for one lane.
struct NonceKernel {
    equihash::Params params;
    hash::Lane lane{};
    u64 arena_bytes = 0;
    u32 threads_max = 1;  ///< that may share one nonce and its arena

    /// Tries one nonce; each of its threads calls it. False when it was stopped on the way (asked
    /// at least every millisecond).
    bool (*run)(NonceRun& run) = nullptr;
};

/// Every kernel in this binary.
std::span<const NonceKernel* const> nonce_kernels();

/// Null when there is none for these parameters and lane.
const NonceKernel* find_kernel(const equihash::Params& params, hash::Lane lane);

}  // namespace adit::cpu
