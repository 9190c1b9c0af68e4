#pragma once

#include <span>

#include "kernels/dialect/layout.hpp"
#include "kernels/equihash/pow_input.hpp"
#include "kernels/solver/solver.hpp"

namespace adit::dialect {

/// Puts 2^k leaves in tree order into the one order that is allowed: of every two halves, the one
/// whose first leaf is smaller comes first.
void order_tree(std::span<u32> leaves);

/// Turns what a nonce's kernels left into an entry of `report`: ordered, packed, counted. `leaves`
/// holds min(tallies[solutions], kSolutionsMax) times 2^k indices and is reordered in place.
/// A solution that would not pack (a device gone wrong) counts as a dropped row.
void collect(const Layout& layout, const equihash::PowInput& input,
             std::span<const u32, kTallyWords> tallies, std::span<u32> leaves,
             solver::SolveReport& report);

}  // namespace adit::dialect
