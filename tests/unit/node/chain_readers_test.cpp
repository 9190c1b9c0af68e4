// Threads that read while the chain thread writes: what they see is of one moment.

#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

using test::Leaf;
using test::Tree;

/// One look at everything a reader may ask, held against the finished tree.
void look_around(const Chainstate& chain, Tree& tree, const std::vector<OutPoint>& outpoints,
                 Random& random)
{
    const Tip tip = chain.tip();
    const Leaf& leaf = tree.find(tip.block->hash);
    ASSERT_TRUE(leaf.valid);
    ASSERT_EQ(tip.supply, leaf.world.supply);
    const Height at(static_cast<u32>(random.below(tip.block->height.value + 1)));
    const BlockNode* below = tip.block->ancestor(at);
    ASSERT_EQ(chain.find(below->hash), below);
    ASSERT_EQ(**chain.block_of(*below), tree.find(below->hash).block);

    const OutPoint& outpoint = outpoints[random.below(outpoints.size())];
    const auto answer = chain.coin(outpoint);
    ASSERT_TRUE(answer);
    const auto& coins = tree.find(answer->as_of->hash).world.coins;
    const auto expected = coins.find(outpoint);
    ASSERT_EQ(answer->coin,
              expected == coins.end() ? std::nullopt : std::optional(expected->second));
    const auto tips = chain.branch_tips();
    ASSERT_FALSE(tips.empty());
    ASSERT_FALSE(chain.best_header()->standing().failed && tips.size() == 1);
}

TEST(Readers, SeeOneMomentWhileTheChainMoves)
{
    const auto spec = test::made_up_spec();
    Tree tree(spec, 31);
    std::vector<OutPoint> outpoints;
    for (int i = 0; i < 120; ++i)
        for (const auto& [outpoint, coin] : tree.grow().world.coins)
            if (i % 10 == 0) outpoints.push_back(outpoint);
    const auto store = make_memory_store();
    const auto chain = std::move(*Chainstate::open(spec, *store, test::made_up_options()));

    std::atomic<bool> done = false;
    std::atomic<u64> looks = 0;
    std::vector<std::jthread> readers;
    for (u64 reader = 0; reader < 2; ++reader)
        readers.emplace_back([&, reader] {
            Random random(reader);
            while (!done && !testing::Test::HasFatalFailure()) {
                look_around(*chain, tree, outpoints, random);
                ++looks;
            }
        });
    for (const Leaf& leaf : tree.leaves()) {
        const u64 before = looks;
        (void)chain->accept_block(leaf.block, test::kNow);
        while (looks == before && !HasFatalFailure()) std::this_thread::yield();
    }
    done = true;
    readers.clear();
    EXPECT_GE(looks, 120u);
}

}  // namespace
}  // namespace adit::node::chain
