#include "node/rpc/template_feed.hpp"

#include <gtest/gtest.h>

#include <set>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/script/templates.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::rpc {
namespace {

using namespace std::chrono_literals;

/// A chain whose blocks cost nothing, a clock that stands still, and a feed over both.
class Feed : public testing::Test {
protected:
    Feed() : spec_(chain::test::made_up_spec())
    {
        spec_.difficulty.minimum_difficulty_after_s = 60;
        store_ = chain::make_memory_store();
        chain_ = *chain::Chainstate::open(spec_, *store_, chain::test::made_up_options());
        feed_.emplace(*chain_, clock_, Script{0x51}, counting_);
        // Blocks come faster than wanted, so that the next one is harder than the limit.
        for (int i = 0; i < 20; ++i) {
            clock_.advance(1s);
            extend();
        }
    }

    void extend()
    {
        const auto outcome = chain_->accept_block(feed_->make().block.block(), clock_.unix_time());
        ASSERT_TRUE(outcome);
        ASSERT_EQ(*outcome, chain::BlockOutcome::connected);
    }

    /// Waits with the id of a fresh offer; says whether it was let go.
    const bool& wait(std::string id, std::stop_token gone = {})
    {
        bool& ready = ready_.emplace_back(false);
        feed_->wait(std::move(id), std::move(gone), [&ready] {
            EXPECT_FALSE(ready);
            ready = true;
        });
        return ready;
    }

    consensus::ChainSpec spec_;
    ManualClock clock_{1'600'000'000};
    u8 count_ = 0;
    crypto::RandomBytes counting_ = [this](MutableByteView bytes) {
        for (u8& byte : bytes) byte = ++count_;
    };
    std::unique_ptr<chain::Store> store_;
    std::unique_ptr<chain::Chainstate> chain_;
    std::optional<TemplateFeed> feed_;
    std::deque<bool> ready_;
};

TEST_F(Feed, LetsGoWhenTheTipChanges)
{
    const auto offer = feed_->make();
    const bool& ready = wait(offer.id);
    EXPECT_FALSE(ready);
    feed_->tick();
    EXPECT_FALSE(ready);
    extend();
    EXPECT_TRUE(ready);
    EXPECT_NE(feed_->make().id, offer.id);
}

TEST_F(Feed, LetsGoWhenTheMinimumDifficultyRuleChangesBits)
{
    const auto hard = feed_->make();
    ASSERT_NE(hard.block.header.bits, spec_.difficulty.limit_bits);
    ASSERT_TRUE(hard.block.bits_change_at);
    const bool& ready = wait(hard.id);

    const UnixTime change = *hard.block.bits_change_at;
    clock_.advance(std::chrono::seconds(change - 1 - clock_.unix_time()));
    feed_->tick();
    EXPECT_FALSE(ready);
    EXPECT_EQ(feed_->make().id, hard.id);
    clock_.advance(1s);
    feed_->tick();
    EXPECT_TRUE(ready);

    const auto easy = feed_->make();
    EXPECT_EQ(easy.block.header.bits, spec_.difficulty.limit_bits);
    EXPECT_EQ(easy.block.parent, hard.block.parent);
    EXPECT_NE(easy.id, hard.id);
    EXPECT_LT(hard.block.maxtime, easy.block.mintime);
    // One who asks late with the old name is not kept.
    EXPECT_TRUE(wait(hard.id));
    EXPECT_FALSE(wait(easy.id));
}

TEST_F(Feed, LetsGoAtOnceWhoNamesNothingItGave)
{
    const auto offer = feed_->make();
    for (const std::string& id :
         {std::string(), std::string("x"), offer.id + "0", offer.id.substr(0, 64),
          std::string(64, '0') + "1", offer.id.substr(0, 64) + "-1"})
        EXPECT_TRUE(wait(id)) << id;
}

TEST_F(Feed, LetsGoWhoHasHungUp)
{
    const auto offer = feed_->make();
    std::stop_source gone;
    const bool& first = wait(offer.id, gone.get_token());
    const bool& second = wait(offer.id);
    gone.request_stop();
    feed_->tick();
    EXPECT_TRUE(first);
    EXPECT_FALSE(second);
}

TEST_F(Feed, KeepsOnlySoMany)
{
    const auto offer = feed_->make();
    for (std::size_t i = 0; i < TemplateFeed::kWaitingMax; ++i) EXPECT_FALSE(wait(offer.id));
    EXPECT_TRUE(wait(offer.id));
    extend();
    EXPECT_EQ(std::count(ready_.begin(), ready_.end(), false), 0);
}

TEST_F(Feed, LetsEverybodyGoAtTheEnd)
{
    const auto offer = feed_->make();
    const bool& ready = wait(offer.id);
    feed_->close();
    EXPECT_TRUE(ready);
    EXPECT_TRUE(wait(offer.id));
}

TEST_F(Feed, WhoIsLetGoMayAskAgainInTheSameBreath)
{
    int rounds = 0;
    std::function<void()> again = [&] {
        if (++rounds < 3) feed_->wait(feed_->make().id, {}, again);
    };
    feed_->wait(feed_->make().id, {}, again);
    extend();
    EXPECT_EQ(rounds, 1);
    extend();
    EXPECT_EQ(rounds, 2);
    feed_->tick();
    EXPECT_EQ(rounds, 2);
}

TEST_F(Feed, NamesItsTemplatesByTipAndNumber)
{
    const auto offer = feed_->make();
    EXPECT_EQ(offer.id.substr(0, 64), to_hex_reversed(offer.block.parent->hash.bytes));
    EXPECT_EQ(offer.id.find_first_not_of("0123456789", 64), std::string::npos);
    EXPECT_GT(offer.id.size(), 64u);
    EXPECT_EQ(feed_->make().id, offer.id);
    EXPECT_NE(txid_of(feed_->make().block.coinbase), txid_of(offer.block.coinbase));
    EXPECT_EQ(feed_->last_template_bytes(), to_bytes(offer.block.block()).size());
}

TEST_F(Feed, TellsWhenFeesRoseEnough)
{
    const Script redeem{script::OP_1};
    const Script anybody = script::pay_to_script_hash(hash::hash160(redeem));
    mempool::ChainPool pool(*chain_, clock_, {}, 1);
    TemplateFeed feed(*chain_, clock_, anybody, counting_, &pool);
    std::vector<OutPoint> coins;
    for (int i = 0; i < 6; ++i) {
        clock_.advance(1s);
        const Block block = feed.make().block.block();
        coins.push_back({txid_of(block.transactions[0]), 0});
        ASSERT_TRUE(chain_->accept_block(block, clock_.unix_time()));
    }
    const auto pay = [&](const OutPoint& coin, Amount fee) {
        Transaction tx;
        tx.inputs.push_back({coin, script::ScriptBuilder().push(redeem).take(), 0xffffffff});
        tx.outputs.push_back({pool.spendable(coin)->out.value - fee, anybody});
        const auto taken = pool.submit(tx);
        ASSERT_TRUE(taken) << taken.error().word;
    };
    bool told = false;
    feed.wait(feed.make().id, {}, [&] { told = true; });
    pay(coins[0], 1'000);
    clock_.advance(2s);
    feed.tick();
    EXPECT_FALSE(told) << "a little more can wait";
    clock_.advance(30s);
    feed.tick();
    EXPECT_TRUE(told) << "but not for ever";

    told = false;
    const auto offer = feed.make();
    EXPECT_EQ(offer.block.fees, 1'000);
    feed.wait(offer.id, {}, [&] { told = true; });
    pay(coins[1], 1'000'000);
    clock_.advance(2s);
    feed.tick();
    EXPECT_TRUE(told) << "a thousandth of the reward is told at once";
    EXPECT_EQ(feed.make().block.fees, 1'001'000);
}

}  // namespace
}  // namespace adit::node::rpc
