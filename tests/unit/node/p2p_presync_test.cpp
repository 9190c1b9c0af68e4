#include "node/p2p/header_presync.hpp"

#include <gtest/gtest.h>

#include "tests/unit/node/chain_support.hpp"

namespace adit::node::p2p {
namespace {

using chain::test::kNow;

/// A node at genesis whose spec asks for work, and chains that peers might offer it.
class HeaderPresyncTest : public testing::Test {
protected:
    HeaderPresyncTest()
    {
        auto options = chain::test::made_up_options();
        options.header_check = [this](const BlockHeader& header) {
            ++checked_;
            if (header.nonce[0] == 0xff)
                return consensus::Verdict(consensus::BlockError::invalid_solution);
            return consensus::Verdict();
        };
        chain_ = std::move(*chain::Chainstate::open(spec_, *store_, options));
    }

    /// So many headers on genesis, and the work with them.
    std::vector<BlockHeader> offer(std::size_t count, u64 salt)
    {
        chain::BlockIndex index(spec_.genesis.header);
        const chain::BlockNode* tip = index.genesis();
        std::vector<BlockHeader> headers;
        for (std::size_t i = 0; i < count; ++i) {
            chain::test::BlockPlan plan;
            plan.salt = salt;
            const BlockHeader header = chain::test::make_block(spec_, *tip, plan).header;
            tip = index.add(hash_of(header), *tip, header.version, header.time, header.bits);
            headers.push_back(header);
            work_.push_back(tip->total_work);
        }
        return headers;
    }

    HeaderPresync presync() { return HeaderPresync(*chain_, *chain_->tip().block); }

    static std::span<const BlockHeader> message(const std::vector<BlockHeader>& headers,
                                                std::size_t first, std::size_t count = kHeadersMax)
    {
        return std::span(headers).subspan(first, std::min(count, headers.size() - first));
    }

    consensus::ChainSpec spec_ = chain::test::made_up_spec();
    std::unique_ptr<chain::Store> store_ = chain::make_memory_store();
    std::unique_ptr<chain::Chainstate> chain_;
    std::vector<U256> work_;  ///< after each header of the first offer
    std::size_t checked_ = 0;
};

TEST_F(HeaderPresyncTest, ProvenHeadersComeBackOnceEach)
{
    const auto headers = offer(1'000, 1);
    spec_.minimum_chain_work = work_[700];  // in the fifth message
    HeaderPresync pass = presync();
    for (std::size_t at = 0; at < 800; at += kHeadersMax) {
        EXPECT_EQ(pass.expected(), headers[at].prev);
        EXPECT_EQ(pass.locator().hashes.front(), headers[at].prev);
        const auto outcome = pass.on_headers(message(headers, at), kNow);
        EXPECT_FALSE(outcome.failed || outcome.refused || outcome.proven != 0) << at;
    }
    EXPECT_EQ(checked_, 800u);
    std::size_t back = 0;
    while (!pass.done()) {
        EXPECT_EQ(pass.expected(), headers[back].prev);
        const auto outcome = pass.on_headers(message(headers, back), kNow);
        ASSERT_EQ(outcome.proven, kHeadersMax);
        back += outcome.proven;
    }
    EXPECT_EQ(back, 800u);
    EXPECT_EQ(checked_, 800u) << "an Equihash solution is verified once";
    EXPECT_EQ(chain_->branch_tips().size(), 1u) << "the pass itself stores nothing";
}

TEST_F(HeaderPresyncTest, AChainThatHasGrownMeanwhileIsTheSameChain)
{
    const auto headers = offer(420, 1);
    spec_.minimum_chain_work = work_[350];
    HeaderPresync pass = presync();
    for (const std::size_t at : {0u, 160u}) pass.on_headers(message(headers, at), kNow);
    pass.on_headers(message(headers, 320, 60), kNow);
    for (const std::size_t at : {0u, 160u})
        EXPECT_EQ(pass.on_headers(message(headers, at), kNow).proven, 160u);
    EXPECT_EQ(pass.on_headers(message(headers, 320), kNow).proven, 60u);
    EXPECT_TRUE(pass.done());
}

TEST_F(HeaderPresyncTest, TooLittleWorkIsGivenUp)
{
    const auto headers = offer(400, 1);
    spec_.minimum_chain_work = work_[399] + U256(1);
    HeaderPresync pass = presync();
    EXPECT_FALSE(pass.on_headers(message(headers, 0), kNow).failed);
    EXPECT_FALSE(pass.on_headers(message(headers, 160), kNow).failed);
    const auto outcome = pass.on_headers(message(headers, 320), kNow);
    EXPECT_TRUE(outcome.failed);
    EXPECT_FALSE(outcome.refused) << "nobody's fault";
}

// The work of one chain buys no room for another.
TEST_F(HeaderPresyncTest, TheSecondTimeItMustBeTheSameChain)
{
    const auto headers = offer(640, 1);
    spec_.minimum_chain_work = work_[600];
    const auto others = offer(640, 2);
    for (const std::size_t changes_at : {0u, 160u, 480u}) {
        HeaderPresync pass = presync();
        for (std::size_t at = 0; at < 640; at += kHeadersMax)
            pass.on_headers(message(headers, at), kNow);
        for (std::size_t at = 0; at < changes_at; at += kHeadersMax)
            EXPECT_EQ(pass.on_headers(message(headers, at), kNow).proven, kHeadersMax);
        const auto outcome = pass.on_headers(message(others, changes_at), kNow);
        EXPECT_TRUE(outcome.failed) << changes_at;
        EXPECT_EQ(outcome.proven, 0u) << changes_at;
    }
}

TEST_F(HeaderPresyncTest, EveryRuleHoldsInTheFirstPass)
{
    const auto headers = offer(160, 1);
    spec_.minimum_chain_work = work_.back();
    const auto refused = [&](auto change) {
        auto changed = headers;
        change(changed[100]);
        const auto outcome = presync().on_headers(changed, kNow);
        EXPECT_TRUE(outcome.failed);
        return outcome.refused;
    };
    using consensus::BlockError;
    EXPECT_EQ(refused([](BlockHeader& h) { h.nonce[0] = 0xff; }), BlockError::invalid_solution);
    EXPECT_EQ(refused([](BlockHeader& h) { h.bits -= 1; }), BlockError::bad_diffbits);
    EXPECT_EQ(refused([](BlockHeader& h) { h.time = 1'600'000'000; }), BlockError::time_too_old);
    // Bits are compared before a solution is verified.
    checked_ = 0;
    refused([](BlockHeader& h) { h.bits -= 1, h.nonce[0] = 0xff; });
    EXPECT_EQ(checked_, 100u);
}

TEST_F(HeaderPresyncTest, AHundredMessagesAreHeldInSomeKilobytes)
{
    const auto headers = offer(100 * kHeadersMax, 1);
    spec_.minimum_chain_work = U256(1) << 255;
    HeaderPresync pass = presync();
    for (std::size_t at = 0; at < headers.size(); at += kHeadersMax)
        ASSERT_FALSE(pass.on_headers(message(headers, at), kNow).failed);
    EXPECT_LE(pass.memory_bytes(), 2 * 100 * sizeof(BlockHash));
}

}  // namespace
}  // namespace adit::node::p2p
