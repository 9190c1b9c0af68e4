#pragma once

#include <vector>

#include "kernels/equihash/params.hpp"
#include "kernels/equihash/solution.hpp"

namespace adit::equihash {

/// Every solution of one input: Wagner's algorithm by the book (Wagner 2002; Biryukov and
/// Khovratovich 2016, algorithm 1), which keeps every row and drops nothing but pairs that share an
/// index. Sorted by indices. Slow and plain on purpose: it is what fast solvers are held against.
///
/// One thread. Memory: at most 110 bytes a row and 12 more a level. Measured: (48,5) under a
/// millisecond, (96,5) 0.1 s in 40 MB, (200,9) 46 s in 370 MB, (96,3) 80 s in 4.8 GB.
std::vector<Indices> solve_by_the_book(const Params& params, const Personalization& personalization,
                                       ByteView input);

}  // namespace adit::equihash
