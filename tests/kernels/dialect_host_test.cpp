// The kernels' common source on the host lane: every phase as a loop over the block's lanes, every
// shared array an allocation of its own. Under the sanitizer presets this is what looks for steps
// outside; here it looks for right answers, and for lanes that touch what another one writes before
// the next barrier (host_watch.hpp).

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "kernels/dialect/collect.hpp"
#include "kernels/equihash/leaves.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "kernels/equihash/verifier.hpp"
#include "kernels/hash/dispatch.hpp"
#include "kernels/solver/digest.hpp"
#include "kernels/solver/self_test.hpp"
#include "tests/kernels/dialect_host.hpp"

namespace adit::test {

void PrintTo(const HostKernels* kernels, std::ostream* out) { *out << kernels->name; }

namespace {

using dialect::Layout;
using dialect::Tally;
using dialect::host::LaneOrder;

struct Solved {
    solver::SolveReport report;
    HostRun run;
};

/// All inputs in one batch, or in batches of `batch` that overlap.
Solved solve(const HostKernels& kernels, const std::vector<equihash::PowInput>& inputs,
             const equihash::Personalization& personalization, LaneOrder order, u32 batch = 0)
{
    const auto& params = kernels.layout->params;
    std::vector<hash::HeaderMidstate> midstates;
    for (const auto& input : inputs)
        midstates.push_back(hash::header_midstate(
            equihash::leaf_hash_params(params, personalization), input.view()));
    Solved solved{.report = {},
                  .run = batch == 0 ? run_on_host(kernels, midstates, order, 2)
                                    : run_overlapped_on_host(kernels, midstates, batch, order, 2)};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        auto& nonce = solved.run.nonces.at(i);
        std::vector<u32> leaves;
        for (const auto& one : nonce.solutions) leaves.insert(leaves.end(), one.begin(), one.end());
        dialect::collect(*kernels.layout, inputs[i], nonce.tallies, leaves, solved.report);
    }
    return solved;
}

std::vector<equihash::PowInput> inputs_of(const solver::KnownAnswer& answer)
{
    std::vector<equihash::PowInput> inputs(answer.nonces, answer.input());
    for (u64 i = 0; i < answer.nonces; ++i)
        solver::place_counter(inputs[i], answer.range(), answer.first_nonce + i);
    return inputs;
}

class EveryInstance : public testing::TestWithParam<const HostKernels*> {
protected:
    void TearDown() override
    {
        EXPECT_EQ(dialect::host::findings.take(), std::vector<std::string>()) << "lanes in a race";
    }
    const HostKernels& kernels() const { return *GetParam(); }
};

std::string instance_name(const testing::TestParamInfo<const HostKernels*>& info)
{
    return std::string(info.param->name.substr(1));
}

std::vector<const HostKernels*> tiny_instances()
{
    auto tiny = host_instances();
    std::erase_if(tiny, [](const HostKernels* one) { return one->layout->params.n != 48; });
    return tiny;
}

INSTANTIATE_TEST_SUITE_P(HostLane, EveryInstance, testing::ValuesIn(host_instances()),
                         instance_name);

class EveryTinyInstance : public EveryInstance {};
INSTANTIATE_TEST_SUITE_P(HostLane, EveryTinyInstance, testing::ValuesIn(tiny_instances()),
                         instance_name);

TEST_P(EveryInstance, FindsTheKnownAnswerInWhateverOrderLanesRun)
{
    const auto& answer = solver::quick_answer(kernels().layout->params);
    const auto personalization = *equihash::Personalization::from_text(answer.personalization);
    const bool large = kernels().layout->leaves > 1u << 17;
    for (const auto order :
         {LaneOrder::odd_first, LaneOrder::forward, LaneOrder::backward, LaneOrder::shuffled}) {
        if (large && order != LaneOrder::odd_first) break;  // one order of (200,9) is long enough
        const auto solved = solve(kernels(), inputs_of(answer), personalization, order);
        EXPECT_EQ(solver::digest_text(solved.report.found, solved.report.rows_dropped),
                  answer.digest);
        EXPECT_EQ(solved.report.nonces_done, answer.nonces);
    }
}

/// The kernel that only measuring programs launch hashes what the other one hashes: each lane's
/// word is the xor of the words of its calls' leaves.
TEST_P(EveryInstance, HashesAloneWhatItIsToHash)
{
    const Layout& layout = *kernels().layout;
    const auto& policy = layout.policy;
    const auto input = solver::quick_answer(layout.params).input();
    const auto midstate =
        hash::header_midstate(equihash::leaf_hash_params(layout.params, {}), input.view());
    const std::vector<u32> left = hash_alone_on_host(kernels(), midstate);
    ASSERT_EQ(left.size(), layout.hash_blocks * policy.hash_calls);

    const u32 blocks = std::min(layout.hash_blocks, 2u);
    const u32 words = (layout.slots_per_call * layout.slot_bytes + 3) / 4;
    for (u32 block = 0; block < blocks; ++block) {
        std::vector<u32> expected(policy.hash_group);
        for (u32 call = 0; call < policy.hash_calls; ++call) {
            u32 digest[16];
            hash::leaf_hasher(hash::Lane::portable)
                .run(midstate, block * policy.hash_calls + call, 1, reinterpret_cast<u8*>(digest));
            u32& lane = expected[call / policy.hash_words % policy.hash_group];
            for (u32 word = 0; word < words; ++word) lane ^= digest[word];
        }
        for (u32 lane = 0; lane < std::min(policy.hash_group, policy.hash_calls); ++lane)
            EXPECT_EQ(left[block * policy.hash_calls + lane], expected[lane])
                << "block " << block << " lane " << lane;
    }
}

std::vector<equihash::PowInput> random_headers(u32 count)
{
    std::mt19937 random(20261121);
    std::vector<equihash::PowInput> inputs(count);
    for (auto& input : inputs)
        for (u8& byte : input.header) byte = static_cast<u8>(random());
    return inputs;
}

/// Tiny tables vary wildly from nonce to nonce, which is where sizes are tried.
TEST_P(EveryTinyInstance, FindsTheReferenceSetsOfManyTinyNonces)
{
    const auto& params = kernels().layout->params;
    const auto inputs = random_headers(300);
    const auto solved = solve(kernels(), inputs, {}, LaneOrder::backward);
    std::vector<solver::FoundSolution> expected;
    for (const auto& input : inputs)
        for (const auto& indices : equihash::solve_by_the_book(params, {}, input.view())) {
            auto& one = expected.emplace_back();
            std::ranges::copy(input.nonce(), one.nonce.begin());
            one.solution = *equihash::to_minimal(params, indices.values);
        }
    EXPECT_GT(expected.size(), 150u);
    EXPECT_EQ(solver::digest_text(solved.report.found, solved.report.rows_dropped),
              solver::digest_text(expected, 0));
}

class Overlapped : public EveryInstance {};
INSTANTIATE_TEST_SUITE_P(HostLane, Overlapped, testing::ValuesIn(overlap_instances()),
                         instance_name);

/// Rounds of one batch beside the hashing of the next give what they give one after the other.
TEST_P(Overlapped, BatchesFindWhatTheyFindAlone)
{
    const auto inputs = random_headers(6);
    const auto alone = solve(kernels(), inputs, {}, LaneOrder::forward);
    EXPECT_FALSE(alone.report.found.empty());
    for (const u32 batch : {1u, 3u})
        for (const auto order : {LaneOrder::forward, LaneOrder::shuffled}) {
            const auto beside = solve(kernels(), inputs, {}, order, batch);
            EXPECT_EQ(solver::digest_text(beside.report.found, beside.report.rows_dropped),
                      solver::digest_text(alone.report.found, 0))
                << "batches of " << batch;
            for (std::size_t i = 0; i < inputs.size(); ++i)
                EXPECT_EQ(beside.run.nonces[i].rows, alone.run.nonces[i].rows);
        }
}

class TightBuckets : public EveryInstance {};
INSTANTIATE_TEST_SUITE_P(HostLane, TightBuckets, testing::ValuesIn(tight_instances()),
                         instance_name);

TEST_P(TightBuckets, DropRowsCountThemAndFindNothingWrong)
{
    const auto inputs = random_headers(6);
    const auto solved = solve(kernels(), inputs, {}, LaneOrder::odd_first);
    EXPECT_GT(solved.report.rows_dropped, 1'000u);
    EXPECT_NE(solver::digest_text(solved.report.found, solved.report.rows_dropped).find("dropped)"),
              std::string::npos);
    for (const auto& one : solved.report.found) {
        const auto input = std::ranges::find_if(
            inputs, [&](const auto& i) { return equal(i.nonce(), one.nonce); });
        ASSERT_NE(input, inputs.end());
        EXPECT_TRUE(equihash::verify({96, 5}, {}, input->view(), one.solution.bytes));
    }
}

/// A row lost is a row counted: what the fill counters hold beyond the slots, and pairs beyond the
/// list.
TEST_P(TightBuckets, CountWhatTheyDrop)
{
    const auto& layout = *kernels().layout;
    const auto solved = solve(kernels(), random_headers(1), {}, LaneOrder::forward);
    const auto& nonce = solved.run.nonces[0];
    u64 over = 0;
    for (const u64 lost : nonce.rows_over) over += lost;
    EXPECT_GT(over, 0u);
    EXPECT_GT(nonce.tallies[Tally::rows_dropped], over) << "and round 2's list was too short";
    EXPECT_LT(nonce.rows[2], u64{500} * layout.tables[1].buckets + 1);
}

/// Of the first and the last pair with that larger slot, though floats cannot tell them apart.
TEST(HostLane, TellsTheLargerSlotOfEveryPairNumber)
{
    const auto pair_high = host_instances().front()->pair_high;
    for (u32 hi = 1; hi < 65'535; ++hi) {
        const u32 first = hi * (hi - 1) / 2;
        ASSERT_EQ(pair_high(first), hi);
        ASSERT_EQ(pair_high(first + hi - 1), hi);
    }
}

TEST(HostLane, MakesNothingMoreOnceStopped)
{
    const auto& kernels = *host_instances().front();
    const u32 k = kernels.layout->params.k;
    const auto header = random_headers(1).front();
    const std::vector<hash::HeaderMidstate> midstates{hash::header_midstate(
        equihash::leaf_hash_params(kernels.layout->params, {}), header.view())};
    for (u32 stop_before = 0; stop_before <= k + 1; ++stop_before) {
        SCOPED_TRACE(stop_before);
        const auto nonce =
            run_on_host(kernels, midstates, LaneOrder::forward, 1, stop_before).nonces.at(0);
        for (u32 table = 0; table < k; ++table)
            EXPECT_EQ(nonce.rows[table] > 0, table < stop_before) << "table " << table;
        EXPECT_EQ(nonce.tallies[Tally::candidates] > 0, stop_before > k);
        EXPECT_EQ(nonce.tallies[Tally::survivors], 0u);
    }
}

}  // namespace
}  // namespace adit::test
