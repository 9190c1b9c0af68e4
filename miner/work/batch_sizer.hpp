#pragma once

#include "kernels/base/clock.hpp"

namespace adit::miner::work {

/// How many nonces to hand a device at once, so that a batch takes about `wanted`: long enough that
/// starting it costs nothing, short enough that its solutions do not lie waiting. One worker.
class BatchSizer {
public:
    static constexpr u64 kNoncesMax = 1 << 16;

    explicit BatchSizer(Duration wanted) : wanted_(wanted) {}

    u64 nonces() const { return nonces_; }  ///< 1 … kNoncesMax

    /// A batch was tried to the end, or as far as `done` > 0 nonces.
    void learn(u64 done, Duration took);

private:
    Duration wanted_;
    u64 nonces_ = 1;
};

}  // namespace adit::miner::work
