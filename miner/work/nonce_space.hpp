#pragma once

#include <optional>

#include "kernels/solver/solver.hpp"

namespace adit::miner::work {

/// Splits the miner's part of the 32-byte nonce over workers without overlap: one counter right
/// behind the source's prefix, eight bytes wide where there is room, cut into equal runs.
///
///     | prefix (the source's) | counter, little-endian, <= 8 | salt, <= 8 | zeros |
///
/// The salt is drawn once a program, so that two rigs at one node (or one rig started again) do not
/// try the same nonces. Trailing bytes stay zero: some hosts reserve them.
class NonceSpace {
public:
    /// @param prefix_bytes  0 … 31   @param workers  > 0
    NonceSpace(u32 prefix_bytes, u32 workers);

    /// What worker `worker` may count through. Empty (count 0) when there are more workers than
    /// nonces.
    solver::NonceRange slice(u32 worker) const;

    /// Writes the salt where this space has room for it.
    void place_salt(equihash::PowInput& input, u64 salt) const;

private:
    u32 offset_;
    u32 counter_bytes_;
    u32 workers_;
};

/// One worker's way through its slice. It runs on over jobs, so that one header offered twice is
/// not searched twice; it wraps at the slice's end, and stops when all of it was tried on one
/// header.
class NonceCursor {
public:
    explicit NonceCursor(const solver::NonceRange& slice) : slice_(slice), next_(slice.first) {}

    const solver::NonceRange& slice() const { return slice_; }

    /// Another header: the whole slice may be tried again.
    void begin_header() { tried_ = 0; }

    /// The next up to `count` nonces; nullopt when the slice is used up on this header.
    std::optional<solver::NonceRange> take(u64 count);

private:
    solver::NonceRange slice_;
    u64 next_;
    u64 tried_ = 0;
};

}  // namespace adit::miner::work
