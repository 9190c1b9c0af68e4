#pragma once

#include <string>
#include <vector>

#include "kernels/solver/solver.hpp"

namespace adit::solver {

/// SHA-256 over the records nonce[32] || minimal solution, sorted bytewise: one number for
/// everything a nonce range holds, equal on every correct device. Any order of `found` will do.
Hash256 digest_of(std::vector<FoundSolution> found);

/// For people: 64 hex digits; or "digest incomplete (N rows dropped)" when full buckets may have
/// cost solutions, for then no digest can be held against another.
std::string digest_text(const std::vector<FoundSolution>& found, u64 rows_dropped);

}  // namespace adit::solver
