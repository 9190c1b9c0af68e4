#pragma once

#include "kernels/base/u256.hpp"

/// What a share's hash, read as a little-endian number, must not exceed.
namespace adit::stratum {

/// The target of difficulty 1 everywhere in Equihash stratum, whatever the chain's own limit is:
/// 0007ff…ff.
U256 difficulty_one();

/// difficulty_one / target, for people only. A target of 0 shows as infinite.
double difficulty_of(const U256& target);

/// The target of a difficulty, to about 15 digits. Difficulties of 0, below 0 and NaN give the
/// easiest target there is; the hardest given is 1.
U256 target_of_difficulty(double difficulty);

/// How many solutions one share at `target` stands for: 2^256 / (target + 1). The unit of pool-side
/// rates and of the ledger's credit.
double solutions_per_share(const U256& target);

inline bool meets(const Hash256& hash, const U256& target) { return U256::from_le(hash) <= target; }

/// The same 32 bytes read from the other end: what a target becomes when a pool and a miner differ
/// about byte order.
U256 byte_swapped(const U256& number);

}  // namespace adit::stratum
