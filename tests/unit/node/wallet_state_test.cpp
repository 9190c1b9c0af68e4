// What is remembered between runs, passphrases tried aside, and files that lie.

#include <gtest/gtest.h>

#include <condition_variable>

#include "node/wallet/unlocker.hpp"
#include "node/wallet/wallet_state.hpp"
#include "tests/unit/node/wallet_support.hpp"

namespace adit::node::wallet {
namespace {

using Branch = KeyPlace::Branch;

struct StateTest : testing::Test {
    KeyBook keys = test::made_up_keys();
    Ledger ledger{keys, test::kMaturity};
    test::Follower chain{ledger};

    void SetUp() override
    {
        const Script mine = test::pay_to_key(keys, kMiningKey);
        chain.connect(test::stranger(1), kCoin);
        const Transaction coinbase = chain.connect(mine, 5 * kCoin).transactions[0];
        for (u32 i = 0; i < test::kMaturity; ++i) chain.connect(test::stranger(1), kCoin);
        const Transaction paid = test::spend({{txid_of(coinbase), 0}}, {{2 * kCoin, mine}});
        ledger.add_pending(paid, 77);
        chain.connect(mine, kCoin);
    }
    WalletState state() const
    {
        WalletState made;
        made.ring = ring_id(keys.ring());
        made.imported = keys.used(Branch::imported);
        made.used = {keys.used(Branch::receive), keys.used(Branch::change)};
        made.tip = ledger.tip();
        for (const auto& [txid, entry] : ledger.transactions()) made.transactions.push_back(entry);
        return made;
    }
};

TEST_F(StateTest, ComesBackAsItWas)
{
    const auto read = read_wallet_state(to_bytes(state()));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, state());
    Ledger again(keys, test::kMaturity);
    again.restore(read->tip, read->transactions);
    EXPECT_EQ(again.balance(), ledger.balance());
    EXPECT_EQ(again.own_pending(), ledger.own_pending());
    EXPECT_EQ(again.history().size(), ledger.history().size());
    // And goes on from there.
    again.disconnect(std::nullopt);
    EXPECT_EQ(again.balance().immature, 0);
}

TEST_F(StateTest, EveryCutAndEveryChangedByteIsRefused)
{
    const Bytes whole = to_bytes(state());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        ASSERT_FALSE(read_wallet_state(ByteView(whole).first(i))) << i;
        Bytes changed = whole;
        changed[i] ^= 0x40;
        ASSERT_FALSE(read_wallet_state(changed)) << i;
    }
}

TEST(RingId, TellsWalletsApartAndNotTheirImports)
{
    auto ring = test::made_up_secrets().ring(Hash256{{1}});
    const Hash256 id = ring_id(ring);
    ring.imported.clear();
    EXPECT_EQ(ring_id(ring), id);
    ring.chain_id.bytes[0] ^= 1;
    EXPECT_NE(ring_id(ring), id);
}

/// Waits for one outcome.
struct Waiting {
    std::mutex mutex;
    std::condition_variable came;
    Unlocker::Outcome outcome;

    Unlocker::Done done()
    {
        return [this](Unlocker::Outcome its) {
            const std::scoped_lock lock(mutex);
            outcome = std::move(its);
            came.notify_all();
        };
    }
    void wait()
    {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(
            came.wait_for(lock, std::chrono::seconds(30), [&] { return outcome != nullptr; }));
    }
};

TEST(UnlockerTest, TheRightOneAtOnceTheWrongOneLate)
{
    const KeyFile file = seal(test::made_up_secrets(), {}, as_bytes("right one"), {4, 8, 1},
                              crypto::system_random());
    Unlocker unlocker([](std::function<void()> work) { work(); });
    Waiting right;
    Waiting wrong;
    ASSERT_TRUE(unlocker.start(file, crypto::secret_copy(as_bytes("right one")), right.done()));
    right.wait();
    EXPECT_TRUE(*right.outcome);

    const auto begun = std::chrono::steady_clock::now();
    while (!unlocker.start(file, crypto::secret_copy(as_bytes("wrong one")), wrong.done()))
        std::this_thread::yield();
    EXPECT_FALSE(unlocker.start(file, crypto::secret_copy(as_bytes("right one")), right.done()))
        << "one at a time";
    wrong.wait();
    EXPECT_EQ(wrong.outcome->error(), KeyFileError::wrong_passphrase);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, kWrongPassphraseDelay);
}

TEST(UnlockerTest, StopsWithinTheDelay)
{
    const KeyFile file = seal(test::made_up_secrets(), {}, as_bytes("right one"), {4, 8, 1},
                              crypto::system_random());
    const auto begun = std::chrono::steady_clock::now();
    Waiting wrong;
    {
        Unlocker unlocker([](std::function<void()> work) { work(); });
        unlocker.start(file, crypto::secret_copy(as_bytes("wrong one")), wrong.done());
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begun, kWrongPassphraseDelay);
    EXPECT_TRUE(wrong.outcome) << "it is answered all the same";
}

}  // namespace
}  // namespace adit::node::wallet
