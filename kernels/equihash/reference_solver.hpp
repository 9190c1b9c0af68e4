#pragma once

#include <vector>

#include "kernels/equihash/params.hpp"
#include "kernels/equihash/solution.hpp"

namespace adit::equihash {

/// Every solution of one input: Wagner's algorithm by the book (Wagner 2002; Biryukov and
/// Khovratovich 2016, algorithm 1), which keeps every row and drops nothing but pairs that share an
/// index. Sorted by indices. Slow and plain on purpose: it is what fast solvers are held against.
///
/// One thread. Memory: about 90 bytes a row and 12 more per level; (48,5) takes milliseconds,
/// (96,5) a tenth of a second, (200,9) half a minute and 0.5 GB, (96,3) 4 GB.
std::vector<Indices> solve_by_the_book(const Params& params, const Personalization& personalization,
                                       ByteView input);

}  // namespace adit::equihash
