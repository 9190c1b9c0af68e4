#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/base/compact.hpp"
#include "node/consensus/difficulty.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/mempool/block_template.hpp"
#include "tests/unit/node/chain_support.hpp"
#include "tests/unit/node/consensus_world.hpp"

namespace adit::node::mempool {
namespace {

using chain::BlockIndex;
using chain::BlockNode;
using chain::Chainstate;

TemplateRequest request_at(UnixTime now, u8 extra = 1)
{
    TemplateRequest request;
    request.miner_script = {0x51};
    request.extra = {extra, 2, 3, 4};
    request.now = now;
    return request;
}

/// A tip of `count` blocks on genesis, each so many seconds after the one before.
struct Row {
    Row(const consensus::ChainSpec& spec, u32 count, u32 step_s) : index(spec.genesis.header)
    {
        tip = index.genesis();
        for (u32 i = 0; i < count; ++i) {
            const auto made = make_template(spec, *tip, request_at(tip->time + step_s));
            tip = index.add(hash_of(made.header), *tip, 4, made.header.time, made.header.bits);
        }
    }
    BlockIndex index;
    const BlockNode* tip;
};

TEST(BlockTemplate, OfAnyTipIsAValidBlock)
{
    const auto spec = chain::test::made_up_spec();
    chain::test::Tree tree(spec, 21);
    const auto store = chain::make_memory_store();
    const auto chain = std::move(*Chainstate::open(spec, *store, chain::test::made_up_options()));
    for (int i = 0; i < 60; ++i) {
        (void)chain->accept_block(tree.grow().block, chain::test::kNow);
        const BlockNode& tip = *chain->tip().block;
        for (const i64 ahead : {-100'000, 0, 7, 100'000}) {
            const auto made = make_template(spec, tip, request_at(tip.time + ahead));
            const auto verdict = chain->check_proposal(made.block(), chain::test::kNow);
            ASSERT_TRUE(verdict) << reject_word(verdict.error());
        }
    }
}

TEST(BlockTemplate, IsSolvedAndConnectedOnRegtest)
{
    const auto spec = consensus::find_spec("regtest");
    ASSERT_TRUE(spec);
    const auto store = chain::make_memory_store();
    const auto chain = std::move(*Chainstate::open(*spec, *store, {}));
    const UnixTime now = spec->genesis.header.time + 1000;
    for (u32 height = 1; height <= 3; ++height) {
        Block block = make_template(*spec, *chain->tip().block, request_at(now)).block();
        EXPECT_FALSE(chain->accept_block(block, now)) << "not solved yet";
        consensus::solve(*spec, block.header);
        const auto outcome = chain->accept_block(block, now);
        ASSERT_TRUE(outcome) << reject_word(outcome.error());
        EXPECT_EQ(*outcome, chain::BlockOutcome::connected);
    }
    EXPECT_EQ(chain->tip().supply.issued, 3 * Amount{12'5000'0000});
    // 60/20/10/10 of 12.5 coins: miner, treasury, secure nodes, super nodes.
    const auto outputs = (**chain->block_of(*chain->tip().block)).transactions[0].outputs;
    std::vector<Amount> values;
    for (const TxOut& out : outputs) values.push_back(out.value);
    EXPECT_EQ(values, (std::vector<Amount>{7'5000'0000, 2'5000'0000, 1'2500'0000, 1'2500'0000}));
}

TEST(BlockTemplate, FreshBytesMakeAnotherCoinbase)
{
    const auto spec = chain::test::made_up_spec();
    const BlockIndex index(spec.genesis.header);
    const auto one = make_template(spec, *index.genesis(), request_at(0, 1));
    const auto other = make_template(spec, *index.genesis(), request_at(0, 2));
    EXPECT_NE(txid_of(one.coinbase), txid_of(other.coinbase));
    EXPECT_NE(one.header.merkle_root, other.header.merkle_root);
}

TEST(BlockTemplate, FeesGoToTheMinerAndTransactionsIntoTheMerkleRoot)
{
    const auto spec = chain::test::made_up_spec();
    const BlockIndex index(spec.genesis.header);
    TemplateRequest request = request_at(0);
    const Transaction tx = chain::test::spend({{TxId(), 0}}, {{5, {0x51}}});
    request.transactions.push_back(
        {std::make_shared<const Transaction>(tx), txid_of(tx), 700, 0, {}});
    const auto with = make_template(spec, *index.genesis(), request);
    const auto without = make_template(spec, *index.genesis(), request_at(0));
    EXPECT_EQ(with.fees, 700);
    EXPECT_EQ(with.coinbase.outputs[0].value, without.coinbase.outputs[0].value + 700);
    EXPECT_EQ(with.block().transactions.size(), 2u);
    EXPECT_EQ(with.header.merkle_root, merkle_root_of(with.block().transactions).root);
}

TEST(BlockTemplate, TimeStaysWithinWhatAncestorsAllow)
{
    const auto spec = chain::test::made_up_spec();
    const Row row(spec, 20, 10);
    const u32 median = row.tip->median_time(spec.time.median_span);
    const auto early = make_template(spec, *row.tip, request_at(0));
    EXPECT_EQ(early.mintime, median + 1);
    EXPECT_EQ(early.maxtime, median + 5400);
    EXPECT_EQ(early.header.time, median + 1);
    EXPECT_EQ(make_template(spec, *row.tip, request_at(4'000'000'000)).header.time, median + 5400);
    const UnixTime between = row.tip->time + 25;
    EXPECT_EQ(make_template(spec, *row.tip, request_at(between)).header.time, between);
}

TEST(BlockTemplate, SaysWhenTheMinimumDifficultyRuleChangesItsBits)
{
    auto spec = chain::test::made_up_spec();
    spec.difficulty.minimum_difficulty_after_s = 60;
    const Row row(spec, 30, 2);  // fast blocks: harder than the limit
    const u32 change = row.tip->time + 61;

    const auto before = make_template(spec, *row.tip, request_at(change - 1));
    EXPECT_NE(before.header.bits, spec.difficulty.limit_bits);
    EXPECT_EQ(before.bits_change_at, change);
    EXPECT_EQ(before.maxtime, change - 1);
    EXPECT_EQ(before.target, decode_compact(before.header.bits).target);

    const auto after = make_template(spec, *row.tip, request_at(change));
    EXPECT_EQ(after.header.bits, spec.difficulty.limit_bits);
    EXPECT_EQ(after.bits_change_at, std::nullopt);
    EXPECT_EQ(after.mintime, change);

    // Whatever time a miner picks within the bounds, the bits are the right ones.
    for (const auto& made : {before, after}) {
        const auto blocks = chain::ancestors_of(*row.tip, consensus::ancestors_needed(spec));
        for (u32 time = made.mintime; time <= std::min(made.maxtime, made.mintime + 200); ++time)
            ASSERT_EQ(consensus::next_bits(spec, {row.tip->height, blocks}, time),
                      made.header.bits);
    }
}

TEST(BlockTemplate, WithoutThatRuleItsBitsHold)
{
    const auto spec = chain::test::made_up_spec();
    const Row row(spec, 30, 2);
    EXPECT_EQ(make_template(spec, *row.tip, request_at(0)).bits_change_at, std::nullopt);
}

}  // namespace
}  // namespace adit::node::mempool
