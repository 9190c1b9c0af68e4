// The wallet on a real chain and pool: payments, reorganisations, restarts, files that are gone.

#include <gtest/gtest.h>

#include <fstream>

#include "node/mempool/block_template.hpp"
#include "node/wallet/private_file.hpp"
#include "node/wallet/wallet.hpp"
#include "tests/unit/node/chain_support.hpp"
#include "tests/unit/node/wallet_support.hpp"

namespace adit::node::wallet {
namespace {

using chain::BlockNode;
using Kind = WalletError::Kind;

constexpr Amount kReward = 6'2500'0001;  // the miner's half of made_up_spec's subsidy

struct WalletOnChain : testing::Test {
    const consensus::ChainSpec spec = chain::test::made_up_spec();
    const chain::test::TemporaryFolder folder;
    ManualClock clock{chain::test::kNow};
    std::unique_ptr<chain::Store> store = chain::make_memory_store();
    std::unique_ptr<chain::Chainstate> chain;
    std::unique_ptr<mempool::ChainPool> pool;
    std::unique_ptr<Wallet> wallet;
    u64 salt = 0;

    void SetUp() override
    {
        const KeyFile file = seal(test::made_up_secrets(), chain_id(spec), as_bytes("passphrase"),
                                  {4, 8, 1}, crypto::system_random());
        ASSERT_TRUE(store_key_file(folder.path(), file, as_bytes("passphrase")));
        start();
    }
    void TearDown() override { stop(); }

    void start()
    {
        auto opened = chain::Chainstate::open(spec, *store, chain::test::made_up_options());
        ASSERT_TRUE(opened);
        chain = std::move(*opened);
        pool = std::make_unique<mempool::ChainPool>(*chain, clock, mempool::MempoolLimits{}, 1);
        auto its = Wallet::open(folder.path(), spec, clock);
        ASSERT_TRUE(its) << its.error().text;
        wallet = std::move(*its);
        ASSERT_TRUE(wallet);
        wallet->attach(*chain, *pool);
        tick();
    }
    /// As at a crash when not `kindly`: nothing is said to the wallet.
    void stop(bool kindly = true)
    {
        if (!kindly) {
            const auto state = read_private_file(folder.path() / kStateFileName, kStateBytesMax);
            wallet->detach();
            if (state) (void)write_private_file(folder.path() / kStateFileName, *state);
        }
        wallet.reset();
        pool.reset();
        chain.reset();
    }
    void tick()
    {
        clock.advance(std::chrono::seconds(3));
        wallet->tick();
        ASSERT_FALSE(wallet->is_reading());
    }
    const BlockNode* tip() const { return chain->tip().block; }

    const BlockNode* mine_on(const BlockNode& parent, bool to_us,
                             const std::vector<Transaction>& transactions = {})
    {
        mempool::TemplateRequest request;
        request.miner_script =
            to_us ? test::pay_to_key(wallet->keys(), kMiningKey) : test::stranger(9);
        request.extra.resize(8);
        store_le(request.extra.data(), ++salt);
        request.now = parent.time + 10;
        for (const Transaction& tx : transactions)
            request.transactions.push_back(
                {std::make_shared<const Transaction>(tx), txid_of(tx), 0, 0, {}});
        const Block block = mempool::make_template(spec, parent, request).block();
        EXPECT_TRUE(chain->accept_block(block, chain::test::kNow));
        tick();
        return chain->find(hash_of(block.header));
    }
    const BlockNode* mine(bool to_us, const std::vector<Transaction>& transactions = {})
    {
        return mine_on(*tip(), to_us, transactions);
    }
    Balance balance() const { return wallet->ledger().balance(); }
    PaymentWish wish(Amount amount) const
    {
        PaymentWish made;
        made.payees.push_back({{Address::Kind::pubkey_hash, {5}}, amount});
        return made;
    }
    void unlock(std::chrono::seconds time = std::chrono::seconds(60))
    {
        wallet->unlock(test::made_up_secrets(), clock.now() + time);
    }
    Transaction pay(Amount amount)
    {
        unlock();
        const auto txid = wallet->pay(wish(amount));
        EXPECT_TRUE(txid) << txid.error().text;
        return txid ? wallet->ledger().find(*txid)->tx : Transaction();
    }
};

TEST_F(WalletOnChain, MinesRipensPaysAndConfirms)
{
    mine(true);
    mine(true);
    EXPECT_EQ(balance(), (Balance{0, 0, 2 * kReward}));
    mine(false);
    EXPECT_EQ(balance(), (Balance{kReward, 0, kReward}));
    const Transaction tx = pay(kCoin);
    ASSERT_EQ(pool->pool().size(), 1u);
    const Amount fee = *wallet->ledger().fee(*wallet->ledger().find(txid_of(tx)));
    EXPECT_EQ(balance(), (Balance{kReward - kCoin - fee, 0, kReward}));
    mine(false, {tx});
    EXPECT_EQ(pool->pool().size(), 0u);
    EXPECT_EQ(wallet->ledger().confirmations(*wallet->ledger().find(txid_of(tx))), 1);
    EXPECT_EQ(balance(), (Balance{2 * kReward - kCoin - fee, 0, 0}));
}

TEST_F(WalletOnChain, PaysOnlyWhileUnlocked)
{
    for (int i = 0; i < 4; ++i) mine(true);
    EXPECT_EQ(wallet->pay(wish(kCoin)).error().kind, Kind::locked);
    unlock(std::chrono::seconds(2));
    EXPECT_TRUE(wallet->is_unlocked());
    tick();
    EXPECT_FALSE(wallet->is_unlocked()) << "its time is up";
    EXPECT_EQ(wallet->pay(wish(kCoin)).error().kind, Kind::locked);
    unlock();
    EXPECT_EQ(wallet->pay(wish(100 * kCoin)).error().kind, Kind::not_enough);
    EXPECT_EQ(wallet->pay(wish(1)).error().kind, Kind::refused);
    wallet->lock();
    EXPECT_EQ(wallet->pay(wish(kCoin)).error().kind, Kind::locked);
}

TEST_F(WalletOnChain, WhatThePoolRefusesIsForgotten)
{
    for (int i = 0; i < 4; ++i) mine(true);
    const Balance before = balance();
    unlock();
    PaymentWish cheap = wish(kCoin);
    cheap.fee_per_kb = 0;
    const auto refused = wallet->pay(cheap);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Kind::refused);
    EXPECT_EQ(balance(), before);
}

TEST_F(WalletOnChain, ACrashForgetsNoPayment)
{
    for (int i = 0; i < 4; ++i) mine(true);
    const Transaction tx = pay(kCoin);
    const Balance after = balance();
    stop(false);
    start();  // the pool is empty, as after a crash
    EXPECT_EQ(balance(), after);
    EXPECT_NE(pool->pool().find(txid_of(tx)), nullptr) << "offered again";
    stop();
    start();
    EXPECT_EQ(balance(), after);
}

TEST_F(WalletOnChain, AReorganisationWhileItSleptIsFollowed)
{
    const BlockNode* fork = mine(false);
    mine(true);
    mine(true);
    EXPECT_EQ(balance().immature, 2 * kReward);
    // The wallet's memory stays behind; the chain goes another way.
    const auto remembered = read_private_file(folder.path() / kStateFileName, kStateBytesMax);
    ASSERT_TRUE(remembered);
    const BlockNode* at = fork;
    for (int i = 0; i < 4; ++i) at = mine_on(*at, i == 0);
    ASSERT_EQ(tip(), at);
    EXPECT_EQ(balance(), (Balance{kReward, 0, 0}));
    stop();
    ASSERT_TRUE(write_private_file(folder.path() / kStateFileName, *remembered));
    start();
    EXPECT_EQ(balance(), (Balance{kReward, 0, 0}));
}

TEST_F(WalletOnChain, ADoubleSpendAcrossAReorganisationLeavesOneSurvivor)
{
    for (int i = 0; i < 4; ++i) mine(true);
    const BlockNode* fork = tip();
    const Transaction one = pay(kCoin);
    // The same coin spent by another copy of the wallet.
    Transaction two = test::spend({one.inputs[0].prevout}, {{kReward - 500, test::stranger(4)}});
    for (int i = 0; i < 6; ++i) mine(false, i == 0 ? std::vector{one} : std::vector<Transaction>{});
    const BlockNode* at = fork;
    for (int i = 0; i < 7; ++i)
        at = mine_on(*at, false, i == 0 ? std::vector{two} : std::vector<Transaction>{});
    ASSERT_EQ(tip(), at);
    const auto& ledger = wallet->ledger();
    EXPECT_EQ(ledger.confirmations(*ledger.find(txid_of(one))), -1);
    EXPECT_EQ(ledger.confirmations(*ledger.find(txid_of(two))), 7);
    EXPECT_EQ(balance(), (Balance{3 * kReward, 0, 0}));
}

TEST_F(WalletOnChain, WithoutItsMemoryTheChainTellsItAll)
{
    for (int i = 0; i < 5; ++i) mine(true);
    mine(false, {pay(kCoin)});
    const Balance before = balance();
    const auto lines = wallet->ledger().history().size();
    stop();
    std::filesystem::remove(folder.path() / kStateFileName);
    start();
    EXPECT_EQ(balance(), before);
    EXPECT_EQ(wallet->ledger().history().size(), lines);
    EXPECT_TRUE(wallet->trouble().empty());
    stop();
    std::ofstream(folder.path() / kStateFileName) << "no state";
    start();
    EXPECT_EQ(balance(), before);
    EXPECT_FALSE(wallet->trouble().empty());
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "wallet.state.aside"));
}

TEST_F(WalletOnChain, WhatOthersOfferComesAndGoes)
{
    mine(true);
    const TxId strangers = txid_of(chain->block_of(*mine(false))->value().transactions[0]);
    mine(false);
    mine(false);
    Transaction gift =
        test::spend({{strangers, 0}},
                    {{kCoin, test::pay_to_key(wallet->keys(), {KeyPlace::Branch::receive, 3})},
                     {kReward - kCoin - 1'000, test::stranger(2)}});
    // The made-up chain lets anybody spend; the pool's own rules do not.
    EXPECT_FALSE(pool->submit(gift));
    mine(false, {gift});
    EXPECT_EQ(balance(), (Balance{kReward + kCoin, 0, 0}));
    EXPECT_EQ(wallet->keys().used(KeyPlace::Branch::receive), 4u);
    const auto fresh = wallet->new_address();
    ASSERT_TRUE(fresh);
    EXPECT_EQ(*fresh, wallet->keys().address_at({KeyPlace::Branch::receive, 4}));
}

TEST_F(WalletOnChain, AnotherChainsWalletIsRefused)
{
    stop();
    auto other = spec;
    other.coinbase_maturity = 99;
    const auto opened = Wallet::open(folder.path(), other, clock);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().text.find("another chain"), std::string::npos);
    const chain::test::TemporaryFolder empty;
    EXPECT_EQ(*Wallet::open(empty.path(), spec, clock), nullptr);
    start();
}

}  // namespace
}  // namespace adit::node::wallet
