#pragma once

#include <span>

#include "kernels/cuda/policies.hpp"

namespace adit::cuda {

/// The kernels of one (n, k) on one class of architectures, as the runtime launches them.
struct KernelSet {
    const char* name = nullptr;  ///< "roomy", "narrow", "trial-3": the lane that picks it
    Architecture architecture{};
    const dialect::Layout* layout = nullptr;
    const void* hash = nullptr;                    ///< (Arena, Midstates<batch>)
    const void* rounds[dialect::kTablesMax] = {};  ///< 1 … k-1: (Arena)
    /// Where the policy says overlap, 1 … k-1: (Arena, Arena of the next batch, its
    /// Midstates<batch>, first bucket, buckets, first tile, tiles)
    const void* overlaps[dialect::kTablesMax] = {};
    const void* last = nullptr;        ///< (Arena)
    const void* expand = nullptr;      ///< (Arena, Midstates<batch>)
    const void* hash_alone = nullptr;  ///< the same; only in builds with ADIT_PROBE
};

/// Those compiled into this program; trials last.
std::span<const KernelSet* const> kernel_sets();

}  // namespace adit::cuda
