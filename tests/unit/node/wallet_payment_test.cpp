// Payments: what is chosen, what it costs, and that the script machine takes the signatures.

#include <gtest/gtest.h>

#include <algorithm>

#include "node/consensus/spec_file.hpp"
#include "node/mempool/policy.hpp"
#include "node/script/templates.hpp"
#include "node/wallet/payment.hpp"
#include "tests/unit/node/wallet_support.hpp"

namespace adit::node::wallet {
namespace {

using Branch = KeyPlace::Branch;

struct PaymentTest : testing::Test {
    const consensus::ChainSpec spec = *consensus::find_spec("regtest");
    KeyBook keys = test::made_up_keys();
    Random random{1};
    const Script change = test::pay_to_key(keys, {Branch::change, 0});
    std::vector<OwnedCoin> coins;

    OwnedCoin& have(Amount value, const KeyPlace& key = {Branch::receive, 1})
    {
        OwnedCoin coin;
        coin.outpoint.txid.bytes[0] = static_cast<u8>(coins.size() + 1);
        coin.outpoint.index = 0;
        coin.out = {value, test::pay_to_key(keys, key)};
        coin.key = key;
        coin.confirmations = 10;
        coins.push_back(coin);
        return coins.back();
    }
    static PaymentWish pay(std::vector<Amount> amounts, Amount fee_per_kb = 1'000)
    {
        PaymentWish wish;
        for (const Amount amount : amounts)
            wish.payees.push_back({{Address::Kind::pubkey_hash, {1}}, amount});
        wish.fee_per_kb = fee_per_kb;
        return wish;
    }
    Result<Payment, PaymentError> plan(const PaymentWish& wish)
    {
        return plan_payment(spec, coins, wish, change, random);
    }
    static KeySource secrets()
    {
        return [](const KeyPlace& place) -> std::optional<crypto::SecretKey> {
            auto all = test::made_up_secrets();
            if (place.branch == Branch::imported) return std::move(all.imported[place.index]);
            const u32 path[] = {static_cast<u32>(place.branch), place.index};
            return crypto::SecretKey::from_bytes(all.account().descendant(path)->key().bytes());
        };
    }
    /// In = out + fee; the fee is the rate's at least; change goes home.
    void expect_sound(const Payment& payment, Amount fee_per_kb)
    {
        Amount balance = -payment.fee;
        for (const OwnedCoin& coin : payment.inputs) balance += coin.out.value;
        for (const TxOut& out : payment.tx.outputs) {
            balance -= out.value;
            EXPECT_FALSE(mempool::is_dust(out));
        }
        EXPECT_EQ(balance, 0);
        EXPECT_GE(payment.fee, mempool::fee_for(to_bytes(payment.tx).size(), fee_per_kb));
        if (payment.change) {
            EXPECT_EQ(payment.tx.outputs.at(*payment.change).script_pubkey, change);
        }
    }
};

TEST_F(PaymentTest, IsSignedForEveryFormOfOurOutputs)
{
    have(2 * kCoin, {Branch::receive, 3});
    have(2 * kCoin, {Branch::change, 5});
    have(2 * kCoin, {Branch::imported, 0});
    have(2 * kCoin).out.script_pubkey =
        script::pay_to_pubkey(keys.key_at({Branch::receive, 1}).bytes);
    auto payment = plan(pay({7 * kCoin}));
    ASSERT_TRUE(payment);
    ASSERT_EQ(payment->inputs.size(), 4u);
    const std::size_t unsigned_bytes = to_bytes(payment->tx).size();
    ASSERT_TRUE(sign_payment(*payment, keys, secrets()));
    EXPECT_GT(to_bytes(payment->tx).size(), unsigned_bytes + 4 * 70);
    expect_sound(*payment, 1'000);
    // What it pays above its rate is what signatures and counts came out shorter.
    EXPECT_LT(payment->fee, mempool::fee_for(to_bytes(payment->tx).size(), 1'000) + 20);
    EXPECT_TRUE(mempool::check_standard(spec, payment->tx));
}

TEST_F(PaymentTest, AWrongKeySignsNothing)
{
    have(2 * kCoin, {Branch::receive, 3});
    auto payment = plan(pay({kCoin}));
    ASSERT_TRUE(payment);
    EXPECT_FALSE(sign_payment(*payment, keys, [](const KeyPlace&) {
        return crypto::SecretKey::from_bytes(Bytes(32, 1));
    }));
    EXPECT_FALSE(sign_payment(*payment, keys,
                              [](const KeyPlace&) { return std::optional<crypto::SecretKey>(); }));
}

TEST_F(PaymentTest, TakesTheSmallestCoinThatIsEnough)
{
    for (const Amount coins_in : {1, 50, 5, 20}) have(coins_in * kCoin);
    const auto payment = plan(pay({4 * kCoin}));
    ASSERT_TRUE(payment);
    ASSERT_EQ(payment->inputs.size(), 1u);
    EXPECT_EQ(payment->inputs[0].out.value, 5 * kCoin);
    expect_sound(*payment, 1'000);
}

TEST_F(PaymentTest, PrefersCoinsThatPayExactly)
{
    have(50 * kCoin);
    have(3 * kCoin);
    have(2 * kCoin + 400);  // 5 coins, two inputs and an output: 340 bytes
    const auto payment = plan(pay({5 * kCoin}));
    ASSERT_TRUE(payment);
    EXPECT_EQ(payment->inputs.size(), 2u);
    EXPECT_FALSE(payment->change);
    EXPECT_EQ(payment->fee, 400);
    expect_sound(*payment, 1'000);
}

TEST_F(PaymentTest, CoinsThatCostMoreThanTheyAreWorthStay)
{
    for (int i = 0; i < 20; ++i) have(100);
    have(kCoin);
    const auto payment = plan(pay({kCoin / 2}));
    ASSERT_TRUE(payment);
    EXPECT_EQ(payment->inputs.size(), 1u);
}

TEST_F(PaymentTest, OnlySpendableCoinsAreSpent)
{
    have(9 * kCoin).mature = false;
    OwnedCoin& unconfirmed = have(9 * kCoin);
    unconfirmed.confirmations = 0;
    unconfirmed.trusted = false;
    EXPECT_EQ(plan(pay({kCoin})).error(), PaymentError::insufficient_funds);
    coins.back().trusted = true;
    EXPECT_TRUE(plan(pay({kCoin}))) << "change of our own";
    coins.back().confirmations = 3;
    PaymentWish wish = pay({kCoin});
    wish.confirmations_min = 4;
    EXPECT_EQ(plan(wish).error(), PaymentError::insufficient_funds);
}

TEST_F(PaymentTest, PayeesMayCarryTheFee)
{
    have(10 * kCoin);
    PaymentWish wish = pay({7 * kCoin, 3 * kCoin});
    EXPECT_EQ(plan(wish).error(), PaymentError::insufficient_for_fee);
    wish.fee_from = {0, 1};
    const auto payment = plan(wish);
    ASSERT_TRUE(payment);
    EXPECT_FALSE(payment->change);
    const Amount first = 7 * kCoin - payment->tx.outputs[0].value;
    const Amount second = 3 * kCoin - payment->tx.outputs[1].value;
    EXPECT_EQ(first + second, payment->fee);
    EXPECT_LE(first - second, 1);
    expect_sound(*payment, 1'000);
}

struct Refusal {
    const char* why;
    std::vector<Amount> amounts;
    Amount fee_per_kb;
    PaymentError error;
};
class Refusals : public PaymentTest, public testing::WithParamInterface<Refusal> {};

TEST_P(Refusals, AreNamed)
{
    have(10 * kCoin);
    have(10 * kCoin);
    const auto refused = plan(pay(GetParam().amounts, GetParam().fee_per_kb));
    ASSERT_FALSE(refused) << GetParam().why;
    EXPECT_EQ(refused.error(), GetParam().error) << GetParam().why;
    EXPECT_FALSE(to_string(refused.error()).empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, Refusals,
    testing::Values(
        Refusal{"nobody", {}, 1'000, PaymentError::nothing_to_pay},
        Refusal{"zero", {0}, 1'000, PaymentError::bad_amount},
        Refusal{"negative", {-1}, 1'000, PaymentError::bad_amount},
        Refusal{"huge", {INT64_MAX}, 1'000, PaymentError::bad_amount},
        Refusal{"huge together", {INT64_MAX / 2, INT64_MAX / 2}, 1'000, PaymentError::bad_amount},
        Refusal{"dust", {10}, 1'000, PaymentError::dust},
        Refusal{"more than there is", {21 * kCoin}, 1'000, PaymentError::insufficient_funds},
        Refusal{"no fee left", {20 * kCoin}, 1'000, PaymentError::insufficient_for_fee},
        Refusal{"fee", {kCoin}, kCoin, PaymentError::fee_too_high},
        Refusal{"many", std::vector<Amount>(1'001, 1'000), 1'000, PaymentError::too_large}));

TEST_F(PaymentTest, RandomOnesAreSound)
{
    int planned = 0;
    int changeless = 0;
    for (u64 seed = 1; seed <= 2'000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random dice(seed);
        coins.clear();
        for (u64 count = 1 + dice.below(30); count > 0; --count)
            have(static_cast<Amount>(dice.below(u64{1} << (8 + dice.below(26)))));
        const Amount rate = static_cast<Amount>(dice.below(3'000));
        std::vector<Amount> amounts;
        for (u64 count = 1 + dice.below(4); count > 0; --count)
            amounts.push_back(1'000 +
                              static_cast<Amount>(dice.below(u64{1} << (8 + dice.below(24)))));
        PaymentWish wish = pay(amounts, rate);
        if (dice.one_in(4)) wish.fee_from = {dice.below(amounts.size())};
        auto payment = plan_payment(spec, coins, wish, change, dice);
        if (!payment) continue;
        expect_sound(*payment, rate);
        std::set<OutPoint> spent;
        for (const TxIn& in : payment->tx.inputs) ASSERT_TRUE(spent.insert(in.prevout).second);
        if (wish.fee_from.empty()) {
            for (std::size_t i = 0; i < amounts.size(); ++i) {
                const std::size_t at = i + (payment->change && *payment->change <= i ? 1 : 0);
                ASSERT_EQ(payment->tx.outputs[at].value, amounts[i]);
            }
        }
        if (seed % 20 == 0) {
            ASSERT_TRUE(sign_payment(*payment, keys, secrets()));
            expect_sound(*payment, rate);
        }
        ++planned;
        changeless += payment->change ? 0 : 1;
        if (HasFailure()) return;
    }
    EXPECT_GT(planned, 1'000);
    EXPECT_GT(changeless, 50);
}

}  // namespace
}  // namespace adit::node::wallet
