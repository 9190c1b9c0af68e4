#pragma once

#include "kernels/equihash/params.hpp"
#include "kernels/hash/dispatch.hpp"

/// What this machine can do at best, measured: the figures a solver's rate is to be held against.
namespace adit::miner::bench {

/// Bytes read and written a second (STREAM's way of counting) when `threads` copy at once between
/// buffers too large for the caches: the best of several passes. 0 when memory is short. Takes
/// about half a second.
double copy_rate(u32 threads);

/// Relaxed atomic additions a second of all `threads` together, each to a random one of `counters`
/// 32-bit counters that lie side by side: how fast rows could claim places in buckets that all
/// threads fill. 0 without counters or threads. Takes 50 ms.
double atomic_rate(u32 threads, u32 counters);

/// Seconds to hash all leaves of one nonce and do nothing else, with `threads` doing it at once:
/// no solver on this lane can take less for a run. Measured on a part of them, a tenth of a second.
double hashing_seconds(const equihash::Params& params,
                       const equihash::Personalization& personalization, hash::Lane lane,
                       u32 threads);

}  // namespace adit::miner::bench
