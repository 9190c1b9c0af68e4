#include "kernels/solver/digest.hpp"

#include <algorithm>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"

namespace adit::solver {

Hash256 digest_of(std::vector<FoundSolution> found)
{
    std::sort(found.begin(), found.end());
    Bytes records;
    for (const FoundSolution& one : found) {
        append(records, one.nonce);
        append(records, one.solution.bytes);
    }
    return hash::sha256(records);
}

std::string digest_text(const std::vector<FoundSolution>& found, u64 rows_dropped)
{
    if (rows_dropped > 0)
        return "digest incomplete (" + std::to_string(rows_dropped) + " rows dropped)";
    return to_hex(digest_of(found).view());
}

}  // namespace adit::solver
