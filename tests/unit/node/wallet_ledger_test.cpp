// What the wallet owns, step by step.

#include <gtest/gtest.h>

#include "node/script/templates.hpp"
#include "tests/unit/node/wallet_support.hpp"

namespace adit::node::wallet {
namespace {

using Branch = KeyPlace::Branch;
using Kind = HistoryLine::Kind;

struct LedgerTest : testing::Test {
    KeyBook keys = test::made_up_keys();
    Ledger ledger{keys, test::kMaturity};
    test::Follower chain{ledger};
    const Script mine = test::pay_to_key(keys, kMiningKey);
    const Script other = test::stranger(1);

    void SetUp() override { chain.connect(other, 5 * kCoin); }
    void mine_blocks(int count)
    {
        for (int i = 0; i < count; ++i) chain.connect(other, kCoin);
    }
    Transaction pay_me(Amount amount, u8 from = 7)
    {
        OutPoint coin;
        coin.txid.bytes[0] = from;
        coin.index = 0;
        return test::spend({coin}, {{amount, mine}});
    }
    static OutPoint output(const Transaction& tx, u32 index = 0) { return {txid_of(tx), index}; }
};

TEST_F(LedgerTest, ACoinbaseRipensExactlyWhenTheNextBlockMaySpendIt)
{
    const Transaction coinbase = chain.connect(mine, 10 * kCoin).transactions[0];
    for (u32 more = 0; more < test::kMaturity - 1; ++more) {
        EXPECT_EQ(ledger.balance(), (Balance{0, 0, 10 * kCoin})) << more;
        EXPECT_EQ(ledger.history().front().kind, Kind::immature);
        mine_blocks(1);
    }
    EXPECT_EQ(ledger.balance(), (Balance{10 * kCoin, 0, 0}));
    EXPECT_EQ(ledger.history().front().kind, Kind::generate);
    chain.disconnect();
    EXPECT_EQ(ledger.balance(), (Balance{0, 0, 10 * kCoin}));
}

TEST_F(LedgerTest, AnOrphanedCoinbaseIsWorthNothing)
{
    chain.connect(mine, 10 * kCoin);
    chain.disconnect();
    EXPECT_EQ(ledger.balance(), Balance{});
    ASSERT_EQ(ledger.history().size(), 1u);
    EXPECT_EQ(ledger.history()[0].kind, Kind::orphan);
    EXPECT_EQ(ledger.confirmations(*ledger.history()[0].tx), -1);
}

TEST_F(LedgerTest, WhatOthersPayCountsOnceMined)
{
    const Transaction tx = pay_me(3 * kCoin);
    EXPECT_TRUE(ledger.add_pending(tx, 1));
    EXPECT_EQ(ledger.balance(), (Balance{0, 3 * kCoin, 0}));
    EXPECT_FALSE(ledger.coins()[0].spendable());
    chain.connect(other, kCoin, {tx});
    EXPECT_EQ(ledger.balance(), (Balance{3 * kCoin, 0, 0}));
    EXPECT_EQ(ledger.confirmations(*ledger.find(txid_of(tx))), 1);
    chain.disconnect();
    EXPECT_EQ(ledger.balance(), (Balance{0, 3 * kCoin, 0}));
    ledger.drop_pending(txid_of(tx));
    EXPECT_EQ(ledger.balance(), Balance{});
    EXPECT_EQ(ledger.size(), 0u);
    EXPECT_FALSE(ledger.add_pending(test::spend({{TxId(), 0}}, {{1, other}}), 1)) << "none of ours";
}

TEST_F(LedgerTest, ASendCountsAtOnceAndItsChangeIsTrusted)
{
    const Transaction in = pay_me(10 * kCoin);
    chain.connect(other, kCoin, {in});
    const auto change = keys.hand_out(Branch::change);
    const Transaction out = test::spend(
        {output(in)}, {{4 * kCoin, other}, {6 * kCoin - 1'000, test::pay_to_key(keys, *change)}});
    ledger.add_pending(out, 5);
    EXPECT_EQ(ledger.balance(), (Balance{6 * kCoin - 1'000, 0, 0}));
    const auto* entry = ledger.find(txid_of(out));
    EXPECT_TRUE(entry->spends_ours);
    EXPECT_EQ(ledger.fee(*entry), 1'000);
    const auto lines = ledger.lines_of(*entry);
    ASSERT_EQ(lines.size(), 1u) << "change is no line";
    EXPECT_EQ(lines[0].kind, Kind::send);
    EXPECT_EQ(lines[0].amount, -4 * kCoin);
    EXPECT_EQ(lines[0].fee, -1'000);
    ASSERT_EQ(ledger.own_pending().size(), 1u);
    // Leaving the pool changes nothing: it may be offered again.
    ledger.drop_pending(txid_of(out));
    EXPECT_EQ(ledger.balance(), (Balance{6 * kCoin - 1'000, 0, 0}));
    EXPECT_TRUE(ledger.abandon(txid_of(out)));
    EXPECT_EQ(ledger.balance(), (Balance{10 * kCoin, 0, 0}));
    chain.connect(other, kCoin, {out});
    EXPECT_EQ(ledger.balance(), (Balance{6 * kCoin - 1'000, 0, 0})) << "mined after all";
    EXPECT_FALSE(ledger.abandon(txid_of(out)));
}

TEST_F(LedgerTest, OfTwoRivalsTheMinedOneCounts)
{
    const Transaction in = pay_me(10 * kCoin);
    chain.connect(other, kCoin, {in});
    const Transaction one = test::spend({output(in)}, {{4 * kCoin, other}, {6 * kCoin, mine}});
    const Transaction two = test::spend({output(in)}, {{1 * kCoin, other}, {9 * kCoin, mine}});
    const Transaction child = test::spend({output(one, 1)}, {{6 * kCoin, mine}});
    ledger.add_pending(one, 1);
    ledger.add_pending(child, 1);
    EXPECT_EQ(ledger.balance().spendable, 6 * kCoin);
    chain.connect(other, kCoin, {two});
    EXPECT_EQ(ledger.balance(), (Balance{9 * kCoin, 0, 0}));
    EXPECT_EQ(ledger.confirmations(*ledger.find(txid_of(one))), -1);
    EXPECT_EQ(ledger.confirmations(*ledger.find(txid_of(child))), -1);
    EXPECT_EQ(ledger.rivals_of(*ledger.find(txid_of(one))), std::vector{txid_of(two)});
    EXPECT_TRUE(ledger.own_pending().empty());
    // A reorganisation six deep brings the first one instead: exactly one survives.
    for (int i = 0; i < 5; ++i) chain.connect(other, kCoin);
    for (int i = 0; i < 6; ++i) chain.disconnect();
    chain.connect(other, kCoin, {one, child});
    for (int i = 0; i < 6; ++i) chain.connect(other, kCoin);
    EXPECT_EQ(ledger.balance(), (Balance{6 * kCoin, 0, 0}));
    EXPECT_EQ(ledger.confirmations(*ledger.find(txid_of(two))), -1);
}

TEST_F(LedgerTest, AForgottenPaymentLeavesNoTrace)
{
    const Transaction in = pay_me(10 * kCoin);
    chain.connect(other, kCoin, {in});
    const Transaction out = test::spend({output(in)}, {{4 * kCoin, other}, {6 * kCoin, mine}});
    ledger.add_pending(out, 1);
    ledger.forget(txid_of(out));
    EXPECT_EQ(ledger.balance(), (Balance{10 * kCoin, 0, 0}));
    EXPECT_EQ(ledger.size(), 1u);
}

TEST_F(LedgerTest, KnowsItsKeysInEveryForm)
{
    const KeyPlace imported{Branch::imported, 0};
    chain.connect(
        other, kCoin,
        {test::spend({{TxId(), 2}}, {{1 * kCoin, test::pay_to_key(keys, imported)}}),
         test::spend({{TxId(), 1}},
                     {{2 * kCoin, script::pay_to_pubkey(keys.key_at(kMiningKey).bytes)},
                      {4 * kCoin, script::null_data(Bytes(4))},
                      {8 * kCoin, script::pay_to_script_hash(keys.address_at(kMiningKey).hash)}})});
    EXPECT_EQ(ledger.balance().spendable, 3 * kCoin);
}

TEST_F(LedgerTest, AddressesBeyondTheLastUsedAreWatched)
{
    EXPECT_EQ(keys.used(Branch::receive), 1u) << "the first is mining's";
    // As another copy of the wallet would have handed it out.
    const KeyPlace far{Branch::receive, kGap};
    chain.connect(other, kCoin,
                  {test::spend({{TxId(), 0}}, {{kCoin, test::pay_to_key(keys, far)}})});
    EXPECT_EQ(ledger.balance().spendable, kCoin);
    EXPECT_EQ(keys.used(Branch::receive), kGap + 1);
    EXPECT_EQ(keys.hand_out(Branch::receive), (KeyPlace{Branch::receive, kGap + 1}));
    EXPECT_NO_FATAL_FAILURE(keys.address_at({Branch::receive, 2 * kGap}));
}

TEST_F(LedgerTest, ThePublicWayDownIsTheSecretOne)
{
    const auto account = test::made_up_secrets().account();
    for (const u32 index : {0u, 1u, 57u}) {
        const u32 path[] = {1, index};
        EXPECT_EQ(account.descendant(path)->key().public_key(),
                  keys.key_at({Branch::change, index}));
    }
}

}  // namespace
}  // namespace adit::node::wallet
