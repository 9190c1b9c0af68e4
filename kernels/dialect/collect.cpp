#include "kernels/dialect/collect.hpp"

#include <algorithm>

#include "kernels/equihash/verifier.hpp"

namespace adit::dialect {

void order_tree(std::span<u32> leaves)
{
    for (std::size_t half = 1; half < leaves.size(); half *= 2)
        for (std::size_t at = 0; at < leaves.size(); at += 2 * half)
            if (leaves[at] > leaves[at + half])
                std::swap_ranges(leaves.begin() + at, leaves.begin() + at + half,
                                 leaves.begin() + at + half);
}

void collect(const Layout& layout, const equihash::PowInput& input,
             std::span<const u32, kTallyWords> tallies, std::span<u32> leaves,
             solver::SolveReport& report)
{
    const u32 indices = layout.params.indices();
    const u32 count = std::min(tallies[Tally::solutions], kSolutionsMax);
    report.rows_dropped += tallies[Tally::rows_dropped] + (tallies[Tally::solutions] - count);
    for (u32 i = 0; i < count; ++i) {
        const std::span<u32> one = leaves.subspan(std::size_t{i} * indices, indices);
        order_tree(one);
        auto packed = equihash::to_minimal(layout.params, one);
        if (!packed || !equihash::check_structure(layout.params, one)) {
            ++report.rows_dropped;
            continue;
        }
        solver::FoundSolution found;
        std::ranges::copy(input.nonce(), found.nonce.begin());
        found.solution = std::move(*packed);
        report.found.push_back(std::move(found));
    }
    ++report.nonces_done;
}

}  // namespace adit::dialect
