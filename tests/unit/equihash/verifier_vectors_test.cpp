#include <gtest/gtest.h>

#include <map>

#include "kernels/equihash/verifier.hpp"
#include "tests/unit/equihash/vectors.hpp"

// The judge against published solutions and published fakes, on every lane this machine has.
namespace adit::equihash {
namespace {

TEST(VerifierVectors, AcceptEveryHeaderOfLiveChains)
{
    std::map<std::string, int> seen;
    for (const char* name : {"headers/genesis.json", "headers/zcash-blocks.json",
                             "headers/btg-blocks.json", "headers/horizen-regtest.json"}) {
        const auto file = test::load_vectors(name);
        for (const auto& entry : file.get_array()) {
            const auto& o = entry.get_object();
            const Bytes solution = test::hex(o, "solution");
            SCOPED_TRACE(std::string(name) + " " + std::string(test::text(o, "id")));
            const Params params = test::params_of(o);
            for (const hash::Lane lane : hash::lanes_here()) {
                const auto verdict = verify(params, test::personalization_of(o), test::input_of(o),
                                            solution, hash::leaf_hasher(lane));
                EXPECT_TRUE(verdict) << hash::to_string(lane) << ": " << to_string(verdict.error());
            }
            ++seen[to_string(params)];
        }
    }
    for (const char* params : {"48,5", "96,5", "144,5", "200,9"})
        EXPECT_GT(seen[params], 0) << params;
}

TEST(VerifierVectors, AcceptEverySolutionOfEveryCompleteSet)
{
    std::map<std::string, std::size_t> seen;
    for (const auto& solved : test::solved_inputs()) {
        SCOPED_TRACE(solved.name);
        for (const MinimalSolution& solution : solved.solutions)
            for (const hash::Lane lane : hash::lanes_here()) {
                const auto verdict = verify(solved.params, solved.personalization, solved.input,
                                            solution.bytes, hash::leaf_hasher(lane));
                EXPECT_TRUE(verdict) << hash::to_string(lane) << ": " << to_string(verdict.error());
            }
        seen[to_string(solved.params)] += solved.solutions.size();
    }
    for (const Params& params : kKnownParams)
        EXPECT_GT(seen[to_string(params)], 0u) << to_string(params);
}

/// The file names the first rule broken in its order of checks. Ours looks at the order of all
/// indices before it hashes any; three of the cases break that too.
SolutionError expected_error(std::string_view first_failure, std::string_view name)
{
    for (const char* disordered : {"two indices swapped", "bit 0 flipped", "bit 7 flipped"})
        if (name == disordered) return SolutionError::out_of_order;
    if (first_failure.starts_with("order")) return SolutionError::out_of_order;
    if (first_failure == "duplicate") return SolutionError::duplicate_index;
    if (first_failure == "solution length") return SolutionError::bad_length;
    return SolutionError::no_collision;
}

TEST(VerifierVectors, RefuseEveryFakeByItsRule)
{
    const auto file = test::load_vectors("equihash/invalid.json");
    ASSERT_EQ(file.get_array().size(), 26u);
    for (const auto& entry : file.get_array()) {
        const auto& o = entry.get_object();
        SCOPED_TRACE(test::text(o, "case"));
        const Bytes minimal = test::hex(o, "minimal");
        const auto verdict =
            verify(test::params_of(o), test::personalization_of(o), test::input_of(o), minimal);
        ASSERT_FALSE(verdict);
        EXPECT_EQ(to_string(verdict.error()),
                  to_string(expected_error(test::text(o, "first_failure"), test::text(o, "case"))));
    }
}

}  // namespace
}  // namespace adit::equihash
