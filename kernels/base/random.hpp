#pragma once

#include <array>

#include "kernels/base/bytes.hpp"
#include "kernels/base/clock.hpp"

namespace adit {

/// A seeded generator (xoshiro256**, Blackman and Vigna 2018), always handed in, so that one seed
/// replays everything. Integer arithmetic only: the same draws on every machine. Not for keys. One
/// thread.
class Random {
public:
    explicit Random(u64 seed);

    u64 next();

    /// 0 … bound-1, each equally likely. bound > 0.
    u64 below(u64 bound);

    /// True once in `n` draws on average.
    bool one_in(u64 n) { return below(n) == 0; }

    /// A waiting time of a memoryless process with this mean; at most 44 times the mean.
    Duration exponential(Duration mean);

    /// 0 … bound, evenly.
    Duration up_to(Duration bound)
    {
        return Duration(static_cast<Duration::rep>(below(static_cast<u64>(bound.count()) + 1)));
    }

private:
    std::array<u64, 4> state_;
};

/// Bytes from the operating system, for keys and seeds. Ends the process if there are none. Any
/// thread.
void fill_entropy(MutableByteView out);
u64 entropy_seed();

}  // namespace adit
