#pragma once

#include <gtest/gtest.h>

#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "tests/unit/equihash/vectors.hpp"

namespace adit::equihash {

/// The reference solver finds the published set: nothing missing, nothing more.
inline void expect_complete_set(const test::SolvedInput& solved)
{
    SCOPED_TRACE(solved.name);
    std::vector<MinimalSolution> found;
    for (const Indices& indices :
         solve_by_the_book(solved.params, solved.personalization, solved.input))
        found.push_back(*to_minimal(solved.params, indices.values));
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, solved.solutions);
}

}  // namespace adit::equihash
