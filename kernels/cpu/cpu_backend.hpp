#pragma once

#include "kernels/solver/backend.hpp"

namespace adit::cpu {

/// The CPU as one device, "cpu", with a worker for every processing unit it may run on. A solver is
/// one thread with memory of its own, or a few threads that share one nonce and its memory, placed
/// as placement.hpp says. Lanes: portable, avx2, avx512; the best that runs here unless forced.
solver::Backend* cpu_backend();

/// Buckets of each of its tables, as layout.hpp has them; 0 for a set that is not known.
u32 bucket_count(const equihash::Params& params);

}  // namespace adit::cpu
