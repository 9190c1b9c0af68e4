#include "tests/unit/equihash/complete_set.hpp"

// The plain solver at full size: one published input each.
namespace adit::equihash {
namespace {

void expect_first_known_set(u32 n, u32 k)
{
    for (const auto& solved : test::solved_inputs())
        if (solved.params.n == n && solved.params.k == k && !solved.solutions.empty())
            return expect_complete_set(solved);
    ADD_FAILURE() << "no published set";
}

TEST(ReferenceSolver, FindsACompleteSetOf200_9) { expect_first_known_set(200, 9); }
TEST(ReferenceSolver, FindsACompleteSetOf96_3) { expect_first_known_set(96, 3); }

}  // namespace
}  // namespace adit::equihash
