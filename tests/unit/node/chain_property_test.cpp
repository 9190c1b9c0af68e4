// Random trees of blocks, given in random orders, end in the coins of a straight replay.

#include <gtest/gtest.h>

#include <algorithm>

#include "node/consensus/subsidy.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

using consensus::BlockError;
using test::kNow;
using test::Leaf;
using test::Tree;
using test::World;

/// A chain under test and what must be true of it after every step.
class Witness {
public:
    Witness(const consensus::ChainSpec& spec, Tree& tree, Store& store)
        : spec_(spec), tree_(tree), store_(store)
    {
        reopen();
        given_.insert(&tree_.leaves().front());
    }

    void reopen()
    {
        const BlockHash before = chain_ ? chain_->tip().block->hash : hash_of(spec_.genesis.header);
        chain_.reset();
        auto options = test::made_up_options();
        options.coin_cache_bytes_max = 2000;  // a dozen coins: the cache is always turning over
        auto opened = Chainstate::open(spec_, store_, std::move(options));
        ASSERT_TRUE(opened) << opened.error().text;
        chain_ = std::move(*opened);
        ASSERT_EQ(chain_->tip().block->hash, before);
    }

    void give_header(Leaf& leaf)
    {
        const auto row = chain_->accept_headers({&leaf.block.header, 1}, kNow);
        (void)row;  // an unknown or bad parent is fine here
        check();
    }

    void give(Leaf& leaf)
    {
        const auto outcome = chain_->accept_block(leaf.block, kNow);
        if (!outcome && outcome.error() == BlockError::prev_blk_not_found) {
            ASSERT_FALSE(chain_->find(leaf.parent->node->hash));
            return;
        }
        given_.insert(&leaf);
        if (outcome && *outcome == BlockOutcome::connected) {
            ASSERT_TRUE(leaf.valid);
        }
        if (leaf.valid) {
            ASSERT_TRUE(outcome) << reject_word(outcome.error());
        }
        check();
    }

    /// The tip has most work of all valid blocks whose bodies are there, changed only for more of
    /// it, and its coins and sums are those of the replay.
    void check()
    {
        U256 most;
        for (const Leaf* leaf : given_)
            if (leaf->valid && is_whole(*leaf)) most = std::max(most, leaf->node->total_work);
        const Leaf& tip = tree_.find(chain_->tip().block->hash);
        ASSERT_TRUE(tip.valid);
        ASSERT_EQ(tip.node->total_work, most);
        if (last_ != nullptr && last_->node->total_work == most) {
            ASSERT_EQ(&tip, last_);
        }
        last_ = &tip;
        ASSERT_EQ(chain_->tip().supply, tip.world.supply);
        ASSERT_EQ(tip.world.supply.issued, tip.world.supply.unspent + tip.world.supply.unspendable);
        ASSERT_EQ(test::world_in(store_), tip.world);
    }

    Chainstate& chain() { return *chain_; }

private:
    bool is_whole(const Leaf& leaf) const
    {
        for (const Leaf* l = &leaf; l != nullptr; l = l->parent)
            if (!given_.contains(l)) return false;
        return true;
    }

    const consensus::ChainSpec& spec_;
    Tree& tree_;
    Store& store_;
    std::set<const Leaf*> given_;
    const Leaf* last_ = nullptr;
    std::unique_ptr<Chainstate> chain_;
};

/// Gives the tree's blocks in an order that mostly keeps parents before children, some headers
/// first, and starts again from the store now and then.
void give_all(Tree& tree, Witness& witness, u64 restarts_one_in)
{
    std::vector<Leaf*> order;
    for (Leaf& leaf : tree.leaves())
        if (leaf.parent != nullptr) order.push_back(&leaf);
    Random& random = tree.random();
    for (std::size_t i = 0; i + 1 < order.size(); ++i)
        if (random.one_in(3))
            std::swap(order[i], order[std::min(order.size() - 1, i + random.below(8))]);
    if (random.one_in(2))
        for (Leaf* leaf : order) witness.give_header(*leaf);
    // Twice: what came before its parent is refused at first.
    for (int round = 0; round < 3; ++round)
        for (Leaf* leaf : order) {
            witness.give(*leaf);
            if (random.one_in(restarts_one_in)) witness.reopen();
            if (testing::Test::HasFatalFailure()) return;
        }
}

TEST(RandomTrees, EndInTheCoinsOfAStraightReplay)
{
    const auto spec = test::made_up_spec();
    u64 reorganised = 0;
    u64 broken = 0;
    for (u64 seed = 1; seed <= 150; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Tree tree(spec, seed);
        for (int i = 0; i < 30; ++i) tree.grow();
        const auto store = make_memory_store();
        Witness witness(spec, tree, *store);
        give_all(tree, witness, 10);
        ASSERT_FALSE(HasFatalFailure());
        for (const Leaf& leaf : tree.leaves()) {
            const BlockNode* node = witness.chain().find(leaf.node->hash);
            if (node == nullptr) continue;
            const bool on_best = witness.chain().is_on_best_chain(*node);
            if (node->standing().was_connected && !on_best) ++reorganised;
            if (node->standing().failed) ++broken;
            ASSERT_FALSE(on_best && !leaf.valid);
            ASSERT_FALSE(leaf.valid && node->standing().failed);
        }
    }
    // The trees are worth something: blocks were taken back, and bad ones met.
    EXPECT_GT(reorganised, 100u);
    EXPECT_GT(broken, 100u);
}

TEST(RandomTrees, OnDiskEndTheSameAfterEveryRestart)
{
    const auto spec = test::made_up_spec();
    for (u64 seed = 1; seed <= 2; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Tree tree(spec, seed);
        for (int i = 0; i < 12; ++i) tree.grow();
        const test::TemporaryFolder folder;
        std::unique_ptr<Store> store;
        World last = test::genesis_world(spec);
        BlockHash last_tip = hash_of(spec.genesis.header);
        for (Leaf& leaf : tree.leaves()) {
            store.reset();
            auto opened = open_store(test::store_config(folder.path() / "store"));
            ASSERT_TRUE(opened) << opened.error().text;
            store = std::move(*opened);
            auto chain = Chainstate::open(spec, *store, test::made_up_options());
            ASSERT_TRUE(chain);
            ASSERT_EQ((*chain)->tip().block->hash, last_tip);
            ASSERT_EQ(test::world_in(*store), last);
            (void)(*chain)->accept_block(leaf.block, kNow);
            last_tip = (*chain)->tip().block->hash;
            last = tree.find(last_tip).world;
            ASSERT_EQ(test::world_in(*store), last);
        }
    }
}

TEST(RandomTrees, SupplyAddsUpAtEveryHeight)
{
    const auto spec = test::made_up_spec();
    Tree tree(spec, 99);
    const auto store = make_memory_store();
    auto chain = std::move(*Chainstate::open(spec, *store, test::made_up_options()));
    Amount subsidies = 0;
    for (u32 height = 1; height <= 70; ++height) {
        const Leaf& leaf = tree.grow_on(tree.leaves().back(), false);
        ASSERT_TRUE(chain->accept_block(leaf.block, kNow));
        const Supply supply = chain->tip().supply;
        ASSERT_EQ(supply.issued, supply.unspent + supply.unspendable) << height;
        // Recounted from the coins themselves.
        Amount held = 0;
        u64 count = 0;
        for (const auto& [outpoint, coin] : test::world_in(*store).coins)
            held += coin.out.value, ++count;
        ASSERT_EQ(held, supply.unspent);
        ASSERT_EQ(count, supply.coins);
        subsidies += consensus::subsidy_at(spec.subsidy, Height(height));
        ASSERT_LE(supply.issued, 5 * kCoin + subsidies) << "genesis holds 5";
    }
    EXPECT_GT(chain->tip().supply.unspendable, 5 * kCoin);
}

}  // namespace
}  // namespace adit::node::chain
