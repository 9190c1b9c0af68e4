#include "kernels/equihash/reference_solver.hpp"

#include <gtest/gtest.h>

#include "kernels/equihash/verifier.hpp"
#include "tests/unit/equihash/complete_set.hpp"

namespace adit::equihash {
namespace {

void expect_known_sets(u32 n, u32 k, std::size_t inputs_expected)
{
    std::size_t inputs = 0;
    for (const auto& solved : test::solved_inputs()) {
        if (solved.params.n != n || solved.params.k != k) continue;
        expect_complete_set(solved);
        ++inputs;
    }
    EXPECT_EQ(inputs, inputs_expected);
}

TEST(ReferenceSolver, FindsTheCompleteSetsOf48_5) { expect_known_sets(48, 5, 40); }
TEST(ReferenceSolver, FindsTheCompleteSetsOf96_5) { expect_known_sets(96, 5, 18); }

TEST(ReferenceSolver, FindsOnlyWhatTheJudgeAcceptsEachOnce)
{
    const Params params{48, 5};
    Bytes header(140);
    std::size_t solutions = 0;
    for (u32 nonce = 0; nonce < 300; ++nonce) {
        store_le<u32>(header.data() + 108, nonce);
        const auto found = solve_by_the_book(params, {}, header);
        for (const Indices& indices : found)
            ASSERT_TRUE(verify(params, {}, header, to_minimal(params, indices.values)->bytes));
        EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end());
        solutions += found.size();
    }
    EXPECT_NEAR(static_cast<double>(solutions) / 300, 0.75, 0.25);  // measured over 3000 nonces
}

}  // namespace
}  // namespace adit::equihash
