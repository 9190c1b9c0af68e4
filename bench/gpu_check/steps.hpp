#pragma once

#include "bench/gpu_check/run.hpp"

// The steps of a run; each result is in the record as soon as it is known.
namespace adit::gpu_check {

// truth.cpp

/// The known answer of every set.
void self_tests(Run& run, const ListedDevice& device);

/// What the device finds in a range of nonces, against all there is: found must be a subset of the
/// CPU's and at least 99 % of it.
void digests(Run& run, const ListedDevice& device);

/// E5: nonces 255 to 354 of the input that the field's solvers are compared by have 184 solutions.
void published_yield(Run& run, const ListedDevice& device);

// kernel_times.cpp

/// E1: what the card does of one thing alone. CUDA devices only; others say so.
void micro_rates(Run& run, const ListedDevice& device);

/// Kernel after kernel: E2 (the hash, alone and with its scatter) and E3 (the rounds) of (200,9)
/// and (144,5) in every way that changes kernels, and the usual way of every set.
void kernel_times(Run& run, const ListedDevice& device);

// rates.cpp

/// Every set on every device, devices in turn, twice: A B A B. OpenCL against CUDA, where both see
/// a card.
void rates(Run& run);

/// E4: batches, flights, graphs.
void rates_of_ways(Run& run, const ListedDevice& device);

}  // namespace adit::gpu_check
