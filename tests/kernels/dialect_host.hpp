#pragma once

#include <string>
#include <vector>

#include "kernels/dialect/arena.hpp"
#include "kernels/dialect/host_lane.hpp"
#include "kernels/equihash/pow_input.hpp"

namespace adit::test {

/// The kernels of one instance (one parameter set under one policy) on the host lane.
struct HostKernels {
    std::string_view name;
    const dialect::Layout* layout = nullptr;
    void (*hash)(const dialect::host::Arena&, const hash::HeaderMidstate*) = nullptr;
    void (*round)(const dialect::host::Arena&, u32 round) = nullptr;  ///< 1 … k-1
    void (*last)(const dialect::host::Arena&) = nullptr;
    void (*expand)(const dialect::host::Arena&, const hash::HeaderMidstate*) = nullptr;
    void (*hash_alone)(const dialect::host::Arena&, const hash::HeaderMidstate*) = nullptr;
    /// Of instances with ADIT_OVERLAP: a share of a round and of the hashing of the next batch.
    void (*share)(const dialect::host::Arena&, const dialect::host::Arena& next,
                  const hash::HeaderMidstate* next_midstates, const dialect::Share&) = nullptr;
    u32 (*pair_high)(u32 number) = nullptr;
};

/// The instances that must find everything (dialect_instances/), and those whose buckets and lists
/// are too small.
std::vector<const HostKernels*> host_instances();
std::vector<const HostKernels*> tight_instances();
/// Those with shares.
std::vector<const HostKernels*> overlap_instances();
/// (125,4): its nonces are too large here, but a few blocks can be hashed.
std::vector<const HostKernels*> twisted_instances();
/// (128,7) with the twist, on no chain: of the sets whose digests have four slots of 16 bytes, the
/// smallest with a k that the kernels are written for.
const HostKernels& small_twisted_instance();

/// What a batch of nonces gave on the host lane.
struct HostRun {
    struct Nonce {
        std::vector<std::vector<u32>> solutions;  ///< leaf indices as the kernels leave them
        std::vector<u64> rows;                    ///< of each table, counted by its fill counters
        std::vector<u64> rows_over;               ///< of them, those that found their bucket full
        u32 tallies[dialect::kTallyWords] = {};
    };
    std::vector<Nonce> nonces;
};
/// `stop_before`: the kernel (0: hash, 1 … k-1: rounds, k: last, k+1: expand) before which the stop
/// word is set.
constexpr u32 kNeverStopped = ~u32{0};
HostRun run_on_host(const HostKernels& kernels, const std::vector<hash::HeaderMidstate>& midstates,
                    dialect::host::LaneOrder order, u32 threads, u32 stop_before = kNeverStopped);

/// The same, batches of `batch` nonces one after the other, each hashed during the rounds of the
/// one before it. For instances that have shares.
HostRun run_overlapped_on_host(const HostKernels& kernels,
                               const std::vector<hash::HeaderMidstate>& midstates, u32 batch,
                               dialect::host::LaneOrder order, u32 threads);

/// What each lane of `adit_hash_alone` leaves for one nonce: [block * hash_calls + lane].
std::vector<u32> hash_alone_on_host(const HostKernels& kernels,
                                    const hash::HeaderMidstate& midstate);

}  // namespace adit::test
