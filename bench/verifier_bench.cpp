#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>

#include "kernels/base/check.hpp"
#include "kernels/base/hex.hpp"
#include "kernels/equihash/distinct.hpp"
#include "kernels/equihash/verifier.hpp"
#include "tests/support/vectors.hpp"

// One solution judged on one core: valid ones of every (n, k) on each lane, and refusals.
namespace adit::equihash {
namespace {

/// A published solution of a 140-byte header.
struct Solved {
    Params params;
    Personalization personalization;
    Bytes header;
    Bytes minimal;
};

Solved published(const Params& params)
{
    const auto file = test::load_vectors("equihash/solver-generated.json");
    for (const auto& entry : *json::array_of(file.get_object(), "vectors")) {
        const auto& o = entry.get_object();
        const auto& solutions = *json::array_of(o, "minimal");
        if (test::integer(o, "n") != params.n || test::integer(o, "k") != params.k ||
            solutions.empty())
            continue;
        const std::string_view digits(solutions.front().get_string());
        return {params, *Personalization::from_text(test::text(o, "person")),
                test::hex(o, "header140"), *from_hex(digits)};
    }
    ADIT_CHECK(!"a published solution of every (n, k)");
    return {};
}

void judge(benchmark::State& state, const Solved& solved, const hash::LeafHasher& hasher,
           std::optional<SolutionError> expected)
{
    for (auto _ : state) {
        const auto verdict =
            verify(solved.params, solved.personalization, solved.header, solved.minimal, hasher);
        const bool as_expected =
            expected ? !verdict && verdict.error() == *expected : bool(verdict);
        if (!as_expected) {
            state.SkipWithError("the judge says something else");
            break;
        }
    }
}

void BM_Valid(benchmark::State& state, Params params, hash::Lane lane)
{
    judge(state, published(params), hash::leaf_hasher(lane), std::nullopt);
}

void BM_OutOfOrder(benchmark::State& state)
{
    Solved solved = published({200, 9});
    auto indices = *to_indices(solved.params, solved.minimal);
    std::swap_ranges(indices.values.begin(), indices.values.begin() + 256,
                     indices.values.begin() + 256);
    solved.minimal = to_minimal(solved.params, indices.values)->bytes;
    judge(state, solved, hash::leaf_hasher(), SolutionError::out_of_order);
}
BENCHMARK(BM_OutOfOrder)->Name("refused/200,9/out_of_order");

void BM_Duplicate(benchmark::State& state)
{
    Solved solved = published({200, 9});
    auto indices = *to_indices(solved.params, solved.minimal);
    indices.values[511] = indices.values[255];
    solved.minimal = to_minimal(solved.params, indices.values)->bytes;
    judge(state, solved, hash::leaf_hasher(), SolutionError::duplicate_index);
}
BENCHMARK(BM_Duplicate)->Name("refused/200,9/duplicate_index");

/// Crafted for a duplicate search whose multiplier is known: distinct indices that share eight
/// fingerprints, in the order the rule wants and otherwise shuffled, the last one twice.
constexpr u32 kKnownMultiplier = 0x9e37'79b1;
std::vector<u32> crowd()
{
    std::vector<u32> indices;
    for (u32 index = 0; index < (1u << 21) && indices.size() < 511; ++index)
        if (index * kKnownMultiplier >> 17 < 8) indices.push_back(index);
    std::shuffle(indices.begin(), indices.end(), std::mt19937(1));
    indices.push_back(*std::max_element(indices.begin(), indices.end()));
    for (std::size_t half = 1; half < indices.size(); half *= 2)
        for (std::size_t left = 0; left < indices.size(); left += 2 * half)
            if (indices[left] > indices[left + half])
                std::swap_ranges(indices.begin() + static_cast<std::ptrdiff_t>(left),
                                 indices.begin() + static_cast<std::ptrdiff_t>(left + half),
                                 indices.begin() + static_cast<std::ptrdiff_t>(left + half));
    return indices;
}

void BM_Crowded(benchmark::State& state)
{
    Solved solved = published({200, 9});
    solved.minimal = to_minimal(solved.params, crowd())->bytes;
    judge(state, solved, hash::leaf_hasher(), SolutionError::duplicate_index);
}
BENCHMARK(BM_Crowded)->Name("refused/200,9/crafted_duplicate");

/// The same by one who had guessed this process's multiplier: the search alone.
void BM_GuessedMultiplier(benchmark::State& state)
{
    const auto indices = crowd();
    for (auto _ : state)
        if (distinct(indices, kKnownMultiplier)) state.SkipWithError("the duplicate was not found");
}
BENCHMARK(BM_GuessedMultiplier)->Name("distinct/guessed_multiplier");

void BM_WrongLength(benchmark::State& state)
{
    Solved solved = published({200, 9});
    solved.minimal.pop_back();
    judge(state, solved, hash::leaf_hasher(), SolutionError::bad_length);
}
BENCHMARK(BM_WrongLength)->Name("refused/200,9/bad_length");

/// Right in structure, wrong in its hashes: a true solution under another header.
void BM_NoCollision(benchmark::State& state)
{
    Solved solved = published({200, 9});
    solved.header[0] ^= 1;
    judge(state, solved, hash::leaf_hasher(), SolutionError::no_collision);
}
BENCHMARK(BM_NoCollision)->Name("refused/200,9/no_collision");

const bool registered = [] {
    for (const Params& params : kKnownParams)
        for (const hash::Lane lane : hash::lanes_here())
            benchmark::RegisterBenchmark(
                ("valid/" + to_string(params) + "/" + std::string(hash::to_string(lane))).c_str(),
                BM_Valid, params, lane);
    return true;
}();

}  // namespace
}  // namespace adit::equihash
