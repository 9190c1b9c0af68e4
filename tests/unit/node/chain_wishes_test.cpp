#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "tests/unit/node/chain_support.hpp"

// How far a reorganisation may go, and what invalidate and reconsider change about it.
namespace adit::node::chain {
namespace {

using consensus::BlockError;
using test::kNow;

struct Ear final : ChainListener {
    std::vector<u32> refused;
    void on_reorg_refused(const BlockNode&, u32 depth) override { refused.push_back(depth); }
};

class Wishes : public testing::Test {
protected:
    Wishes() : spec_(test::made_up_spec())
    {
        spec_.max_reorg = 99;
        reopen();
    }
    void reopen()
    {
        chain_.reset();
        chain_ = std::move(*Chainstate::open(spec_, *store_, test::made_up_options()));
        chain_->add_listener(ear_);
    }
    Result<BlockOutcome, BlockError> give(const Block& block)
    {
        return chain_->accept_block(block, kNow, Publish::later);
    }
    const BlockNode* grow(const BlockNode* parent, int count = 1)
    {
        for (int i = 0; i < count; ++i) {
            test::BlockPlan plan;
            plan.salt = ++salt_;
            const Block block = test::make_block(spec_, *parent, plan);
            const auto taken = give(block);
            EXPECT_TRUE(taken) << reject_word(taken.error());
            parent = chain_->find(hash_of(block.header));
        }
        EXPECT_TRUE(chain_->publish());
        return parent;
    }
    const BlockNode* tip() const { return chain_->tip().block; }
    const BlockNode* again(const BlockHash& hash) const { return chain_->find(hash); }

    consensus::ChainSpec spec_;
    std::unique_ptr<Store> store_ = make_memory_store();
    std::unique_ptr<Chainstate> chain_;
    Ear ear_;
    u64 salt_ = 0;
};

TEST_F(Wishes, AReorganisationNinetyNineDeepIsFollowed)
{
    const BlockNode* fork = grow(tip(), 3);
    const BlockNode* old = grow(fork, 99);
    ASSERT_EQ(tip(), old);
    const BlockNode* fresh = grow(fork, 100);
    EXPECT_EQ(tip(), fresh);
    EXPECT_TRUE(ear_.refused.empty());
}

TEST_F(Wishes, OneDeeperIsNotUntilSomebodyReconsiders)
{
    const BlockNode* fork = grow(tip(), 3);
    const BlockNode* old = grow(fork, 100);
    const BlockNode* fresh = grow(fork, 105);
    EXPECT_EQ(tip(), old);
    EXPECT_EQ(ear_.refused, std::vector<u32>{100}) << "said once";
    const auto refused = chain_->refused_branch();
    ASSERT_TRUE(refused) << "and to be asked for as long as it is so";
    EXPECT_EQ(refused->end, fresh);
    EXPECT_EQ(refused->depth, 100u);
    EXPECT_NE(text_of(*refused).find(to_hex_reversed(fresh->hash.bytes)), std::string::npos);
    ASSERT_TRUE(chain_->reconsider(*fresh->ancestor(Height(fork->height.value + 1))));
    EXPECT_EQ(tip(), fresh);
    EXPECT_FALSE(chain_->refused_branch());
    // And it holds for blocks to come, and after a restart.
    fresh = grow(fresh, 2);
    EXPECT_EQ(tip(), fresh);
    const BlockHash hash = fresh->hash;
    reopen();
    EXPECT_EQ(tip()->hash, hash);
}

TEST_F(Wishes, AnInvalidatedBlockStaysOut)
{
    const BlockNode* base = grow(tip(), 5);
    const BlockNode* bad = grow(base);
    const BlockNode* end = grow(bad, 3);
    const BlockNode* other = grow(base, 2);  // less work: not followed, and let go of
    ASSERT_EQ(tip(), end);
    ASSERT_TRUE(chain_->invalidate(*bad));
    EXPECT_EQ(tip(), other);
    EXPECT_EQ(test::world_in(*store_).supply, chain_->tip().supply);

    // What builds on it is refused without blame.
    test::BlockPlan plan;
    plan.salt = ++salt_;
    const auto child = give(test::make_block(spec_, *end, plan));
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error(), BlockError::invalidated);
    EXPECT_EQ(misbehaviour_points(child.error()), 0);

    const BlockHash bad_hash = bad->hash, end_hash = end->hash, other_hash = other->hash;
    reopen();
    EXPECT_EQ(tip()->hash, other_hash);
    ASSERT_TRUE(chain_->reconsider(*again(bad_hash)));
    EXPECT_EQ(tip()->hash, end_hash);
    reopen();
    EXPECT_EQ(tip()->hash, end_hash);
}

TEST_F(Wishes, ReconsideringAnHeirClearsItsAncestorsButNotTheirOtherHeirs)
{
    const BlockNode* base = grow(tip(), 2);
    const BlockNode* bad = grow(base);
    const BlockNode* left = grow(bad, 2);
    const BlockNode* right = grow(bad, 3);
    ASSERT_EQ(tip(), right);
    ASSERT_TRUE(chain_->invalidate(*right));
    EXPECT_EQ(tip()->height.value, right->height.value - 1);
    ASSERT_TRUE(chain_->invalidate(*bad));
    EXPECT_EQ(tip(), base);
    ASSERT_TRUE(chain_->reconsider(*left));
    EXPECT_TRUE(tip() == left || tip() == right->parent);
    EXPECT_FALSE(left->standing().failed);
}

TEST_F(Wishes, RandomWishesLeaveTheWorldOfTheTip)
{
    for (u64 seed = 1; seed <= 20; ++seed) {
        store_ = (chain_.reset(), make_memory_store());
        reopen();
        test::Tree tree(spec_, seed);
        Random random(seed);
        for (int i = 0; i < 80; ++i) {
            test::Leaf& leaf = tree.grow();
            (void)give(leaf.block);
            if (!random.one_in(6)) continue;
            const auto& some = tree.leaves()[random.below(tree.leaves().size())];
            const BlockNode* node = chain_->find(some.node->hash);
            if (node == nullptr || node->parent == nullptr) continue;
            if (random.one_in(2)) {
                ASSERT_TRUE(chain_->invalidate(*node));
                ASSERT_FALSE(chain_->last_connected()->descends_from(*node));
            } else {
                ASSERT_TRUE(chain_->reconsider(*node));
            }
            ASSERT_EQ(test::world_in(*store_), tree.find(chain_->last_connected()->hash).world)
                << "seed " << seed << " step " << i;
        }
        ASSERT_TRUE(chain_->publish());
        const BlockHash end = tip()->hash;
        reopen();
        EXPECT_EQ(tip()->hash, end) << seed;
    }
}

}  // namespace
}  // namespace adit::node::chain
