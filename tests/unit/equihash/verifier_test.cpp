#include "kernels/equihash/verifier.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <numeric>
#include <random>

#include "kernels/equihash/reference_solver.hpp"
#include "tests/unit/equihash/vectors.hpp"

namespace adit::equihash {
namespace {

test::SolvedInput first_solved(const Params& params)
{
    for (auto& solved : test::solved_inputs())
        if (solved.params == params && !solved.solutions.empty()) return solved;
    ADD_FAILURE() << "no solution of " << to_string(params);
    return {};
}

/// X(i) by the definition, through another library's BLAKE2b.
Bytes plain_leaf(const test::SolvedInput& of, u32 index)
{
    const Params& p = of.params;
    const u32 call = index / p.slots_per_call();
    std::array<u8, 16> person{};
    std::copy(of.personalization.tag.begin(), of.personalization.tag.end(), person.begin());
    store_le<u32>(person.data() + 8, p.n);
    store_le<u32>(person.data() + 12, p.k);
    const std::array<u8, 16> no_salt{};
    std::array<u32, 16> sum{};
    for (u32 c = p.twist ? call & ~15u : call; c <= call; ++c) {
        Bytes message = of.input;
        message.resize(message.size() + 4);
        store_le<u32>(message.data() + of.input.size(), c);
        std::array<u8, 64> digest{};
        crypto_generichash_blake2b_salt_personal(digest.data(), p.digest_bytes(), message.data(),
                                                 message.size(), nullptr, 0, no_salt.data(),
                                                 person.data());
        for (std::size_t i = 0; i < 16; ++i) sum[i] += load_le<u32>(digest.data() + 4 * i);
    }
    u8 bytes[64];
    for (std::size_t i = 0; i < 16; ++i) store_le<u32>(bytes + 4 * i, sum[i]);
    const u8* slot = bytes + index % p.slots_per_call() * p.slot_bytes();
    Bytes leaf(slot, slot + p.slot_bytes());
    if (p.n % 8 != 0) leaf.back() = static_cast<u8>(leaf.back() & 0xff << (8 - p.n % 8));
    return leaf;
}

TEST(Leaves, AreTheHashesOfTheDefinitionOnEveryLane)
{
    std::mt19937 random(4);
    for (const Params& params : kKnownParams) {
        SCOPED_TRACE(to_string(params));
        test::SolvedInput of{{}, params, *Personalization::from_text("ZelProof"), Bytes(140), {}};
        for (u8& byte : of.input) byte = static_cast<u8>(random());
        std::vector<u32> indices{0, 1, params.rows() - 1, params.rows() - 2};
        while (indices.size() < Leaves::kRowsAtOnce)
            indices.push_back(static_cast<u32>(random()) % params.rows());
        for (const hash::Lane lane : hash::lanes_here()) {
            const Leaves leaves(params, of.personalization, of.input, hash::leaf_hasher(lane));
            Row rows[Leaves::kRowsAtOnce];
            leaves.rows_of(indices, rows);
            for (std::size_t i = 0; i < indices.size(); ++i) {
                Bytes expected = plain_leaf(of, indices[i]);
                expected.resize(sizeof(Row));
                ASSERT_TRUE(equal({row_bytes(rows[i]), sizeof(Row)}, expected))
                    << "leaf " << indices[i] << " on " << hash::to_string(lane);
            }
        }
    }
}

TEST(Leaves, RunsAreTheSameCallsAsLists)
{
    for (const Params& params : {Params{200, 9}, Params{125, 4, true}}) {
        const Leaves leaves(params, {}, Bytes(140, 7));
        for (const u32 first : {0u, 3u, 15u, 16u, 1000u})
            for (const u32 count : {0u, 1u, 2u, 16u, 17u, 40u}) {
                std::vector<u32> calls(count);
                std::iota(calls.begin(), calls.end(), first);
                Bytes run(64 * count), list(64 * count);
                leaves.digests(first, count, run.data());
                leaves.digests_of(calls, list.data());
                EXPECT_EQ(run, list) << first << " + " << count;
            }
    }
}

/// Every single bit of a solution matters, whatever the (n, k).
TEST(Verifier, RefusesEverySingleBitChange)
{
    for (const Params& params : kKnownParams) {
        SCOPED_TRACE(to_string(params));
        auto solved = first_solved(params);
        Bytes& minimal = solved.solutions.front().bytes;
        for (std::size_t bit = 0; bit < 8 * minimal.size(); ++bit) {
            minimal[bit / 8] ^= static_cast<u8>(1 << bit % 8);
            ASSERT_FALSE(verify(params, solved.personalization, solved.input, minimal)) << bit;
            minimal[bit / 8] ^= static_cast<u8>(1 << bit % 8);
        }
        EXPECT_TRUE(verify(params, solved.personalization, solved.input, minimal));
    }
}

TEST(Verifier, RefusesEverySingleBitChangeOfTheHeader)
{
    auto solved = first_solved({48, 5});
    const Bytes& minimal = solved.solutions.front().bytes;
    for (std::size_t bit = 0; bit < 8 * solved.input.size(); ++bit) {
        solved.input[bit / 8] ^= static_cast<u8>(1 << bit % 8);
        EXPECT_FALSE(verify(solved.params, solved.personalization, solved.input, minimal)) << bit;
        solved.input[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    }
    EXPECT_FALSE(
        verify(solved.params, *Personalization::from_text("BgoldPoW"), solved.input, minimal));
}

/// Halves of any node exchanged: same leaves, same xor, another tree.
TEST(Verifier, RefusesEveryExchangeOfHalves)
{
    for (const Params& params : kKnownParams) {
        SCOPED_TRACE(to_string(params));
        const auto solved = first_solved(params);
        const auto indices = *to_indices(params, solved.solutions.front().bytes);
        for (std::size_t half = 1; half < indices.values.size(); half *= 2)
            for (std::size_t left = 0; left < indices.values.size(); left += 2 * half) {
                Indices swapped = indices;
                const auto at = swapped.values.begin() + static_cast<std::ptrdiff_t>(left);
                const auto step = static_cast<std::ptrdiff_t>(half);
                std::swap_ranges(at, at + step, at + step);
                const auto verdict = verify(params, solved.personalization, solved.input,
                                            to_minimal(params, swapped.values)->bytes);
                ASSERT_FALSE(verdict);
                EXPECT_EQ(verdict.error(), SolutionError::out_of_order);
            }
    }
}

/// A tree whose levels all collide but whose last digit is left over: only `not_zero` can see it.
TEST(Verifier, RefusesATreeThatIsNotZeroInTheEnd)
{
    const Params params{48, 5};
    Bytes header(140);
    // Digits of (48,5) have 8 bits. Five levels clear the first five; the search keeps trees whose
    // sixth byte is left over.
    const Leaves leaves(params, {}, header);
    std::vector<u32> all(params.rows());
    std::iota(all.begin(), all.end(), 0u);
    struct Node {
        Row row;
        std::vector<u32> indices;
    };
    std::vector<Node> nodes;
    for (const u32 index : all) {
        Row row;
        leaves.rows_of({&index, 1}, &row);
        nodes.push_back({row, {index}});
    }
    for (u32 level = 1; level <= params.k; ++level) {
        std::vector<Node> next;
        for (std::size_t i = 0; i < nodes.size(); ++i)
            for (std::size_t j = 0; j < nodes.size() && next.size() < 4000; ++j) {
                if (nodes[i].indices[0] >= nodes[j].indices[0]) continue;
                if (row_bytes(nodes[i].row)[level - 1] != row_bytes(nodes[j].row)[level - 1])
                    continue;
                Node node = nodes[i];
                for (std::size_t w = 0; w < 4; ++w) node.row.words[w] ^= nodes[j].row.words[w];
                node.indices.insert(node.indices.end(), nodes[j].indices.begin(),
                                    nodes[j].indices.end());
                if (level == params.k && row_bytes(node.row)[5] == 0) continue;
                auto sorted = node.indices;
                std::sort(sorted.begin(), sorted.end());
                if (std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end())
                    next.push_back(std::move(node));
            }
        nodes = std::move(next);
    }
    ASSERT_FALSE(nodes.empty());
    const auto verdict = verify(params, {}, header, to_minimal(params, nodes[0].indices)->bytes);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error(), SolutionError::not_zero);
}

/// Duplicates wherever they hide, also in crowds that share a fingerprint.
TEST(Structure, FindsEveryDuplicate)
{
    const Params params{200, 9};
    std::vector<u32> indices(params.indices());
    std::mt19937 random(11);
    const auto expect = [&](bool distinct) {
        const auto verdict = check_structure(params, indices);
        if (distinct) {
            EXPECT_TRUE(verdict);
        } else {
            ASSERT_FALSE(verdict);
            EXPECT_EQ(verdict.error(), SolutionError::duplicate_index);
        }
    };
    for (const u32 stride : {1u, 1u << 4, 1u << 12}) {  // ascending: every level is in order
        for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<u32>(i) * stride;
        expect(true);
        for (int run = 0; run < 200; ++run) {
            const auto from = random() % indices.size(), to = random() % indices.size();
            if (from == to) continue;
            const u32 kept = indices[to];
            indices[to] = indices[from];
            expect(false);
            indices[to] = kept;
        }
    }
}

TEST(Structure, CountsItsIndices)
{
    const Params params{48, 5};
    std::vector<u32> indices(32);
    std::iota(indices.begin(), indices.end(), 0u);
    EXPECT_TRUE(check_structure(params, indices));
    EXPECT_EQ(check_structure(params, std::span(indices).first(31)).error(),
              SolutionError::bad_length);
    EXPECT_EQ(check_structure(params, {}).error(), SolutionError::bad_length);
}

/// Any bytes of any length: an answer, and (under the sanitizers) no byte read outside.
TEST(Verifier, AnswersEverything)
{
    std::mt19937 random(5);
    for (const Params& params : kKnownParams)
        for (int run = 0; run < 60; ++run) {
            const std::size_t size =
                run % 3 == 0 ? random() % (2 * params.solution_bytes()) : params.solution_bytes();
            Bytes minimal(size), input(run % 2 == 0 ? 140 : random() % 300);
            for (u8& byte : minimal) byte = static_cast<u8>(random());
            for (u8& byte : input) byte = static_cast<u8>(random());
            if (run % 5 == 0) {  // well ordered and distinct: goes on to the hashing
                std::vector<u32> indices(params.indices());
                for (std::size_t i = 0; i < indices.size(); ++i)
                    indices[i] = static_cast<u32>(i * (params.rows() / params.indices()));
                minimal = to_minimal(params, indices)->bytes;
            }
            EXPECT_FALSE(verify(params, {}, input, minimal));
        }
}

}  // namespace
}  // namespace adit::equihash
