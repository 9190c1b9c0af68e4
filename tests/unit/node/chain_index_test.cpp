#include <gtest/gtest.h>

#include "kernels/base/compact.hpp"
#include "node/chain/coins.hpp"
#include "node/chain/records.hpp"
#include "node/chain/undo.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

using consensus::BlockError;
using consensus::Coin;

BlockHash made_up_hash(u64 number)
{
    BlockHash hash;
    store_le(hash.bytes.data(), number);
    return hash;
}

/// A random tree: every node on one of the few before it, or far back.
struct RandomIndex {
    explicit RandomIndex(u64 seed, std::size_t count) : random(seed), index(genesis())
    {
        nodes.push_back(index.genesis());
        for (u64 i = 1; i < count; ++i) {
            const std::size_t back =
                random.one_in(20) ? random.below(nodes.size()) : random.below(std::min<u64>(i, 3));
            const BlockNode& parent = *nodes[nodes.size() - 1 - back];
            const u32 bits = random.one_in(2) ? 0x200f0f0f : 0x2007ffff;
            nodes.push_back(index.add(made_up_hash(i), parent, 4,
                                      parent.time + static_cast<u32>(random.below(30)), bits));
        }
    }
    static BlockHeader genesis()
    {
        BlockHeader header;
        header.time = 1000;
        header.bits = 0x200f0f0f;
        return header;
    }

    Random random;
    BlockIndex index;
    std::vector<const BlockNode*> nodes;
};

TEST(BlockIndex, AncestorsAreThoseOfWalkingStepByStep)
{
    RandomIndex tree(1, 3000);
    for (int i = 0; i < 300; ++i) {
        const BlockNode* from = tree.nodes[tree.random.below(tree.nodes.size())];
        const Height at(static_cast<u32>(tree.random.below(from->height.value + 1)));
        const BlockNode* walked = from;
        while (walked->height > at) walked = walked->parent;
        ASSERT_EQ(from->ancestor(at), walked);
        ASSERT_TRUE(from->descends_from(*walked));
    }
    EXPECT_EQ(tree.nodes[0]->ancestor(Height(1)), nullptr);
}

TEST(BlockIndex, ALongWayBackIsAFewSteps)
{
    BlockIndex index(RandomIndex::genesis());
    const BlockNode* tip = index.genesis();
    for (u64 i = 1; i <= 100'000; ++i) tip = index.add(made_up_hash(i), *tip, 4, 1, 0x200f0f0f);
    u32 most = 0;
    Random random(5);
    for (int i = 0; i < 200; ++i) {
        const Height at(static_cast<u32>(random.below(100'000)));
        u32 steps = 0;
        for (const BlockNode* n = tip; n->height > at; ++steps)
            n = n->skip->height >= at ? n->skip : n->parent;
        most = std::max(most, steps);
    }
    EXPECT_LE(most, 2 * 17 + 2);  // log2(100,000) is 16.6
}

TEST(BlockIndex, ForkIsTheLastSharedAncestor)
{
    RandomIndex tree(2, 2000);
    for (int i = 0; i < 300; ++i) {
        const BlockNode* a = tree.nodes[tree.random.below(tree.nodes.size())];
        const BlockNode* b = tree.nodes[tree.random.below(tree.nodes.size())];
        const BlockNode* expected = a;
        while (!b->descends_from(*expected)) expected = expected->parent;
        ASSERT_EQ(fork_of(a, b), expected);
        ASSERT_EQ(fork_of(b, a), expected);
    }
}

TEST(BlockIndex, WorkIsTheSumOfAllTargetsWork)
{
    RandomIndex tree(3, 500);
    for (const BlockNode* node : tree.nodes) {
        U256 sum;
        for (const BlockNode* n = node; n != nullptr; n = n->parent)
            sum = sum + work_of_target(decode_compact(n->bits).target);
        ASSERT_EQ(node->total_work, sum);
    }
}

TEST(BlockIndex, LeavesAndDescendantsFitTheTree)
{
    RandomIndex tree(4, 400);
    std::set<const BlockNode*> leaves(tree.nodes.begin(), tree.nodes.end());
    for (const BlockNode* node : tree.nodes) leaves.erase(node->parent);
    const auto found = tree.index.leaves();
    EXPECT_EQ(std::set(found.begin(), found.end()), leaves);

    const BlockNode* middle = tree.nodes[200];
    std::vector<const BlockNode*> heirs;
    for (const BlockNode* node : tree.nodes)
        if (node != middle && node->descends_from(*middle)) heirs.push_back(node);
    EXPECT_EQ(tree.index.descendants_of(*middle), heirs);
}

TEST(BlockIndex, AHeaderTwiceIsOneNode)
{
    BlockIndex index(RandomIndex::genesis());
    const BlockNode* once = index.add(made_up_hash(1), *index.genesis(), 4, 1, 0x200f0f0f);
    EXPECT_EQ(index.add(made_up_hash(1), *index.genesis(), 4, 1, 0x200f0f0f), once);
    EXPECT_EQ(index.size(), 2u);
    EXPECT_EQ(index.find(made_up_hash(1)), once);
    EXPECT_EQ(index.find(made_up_hash(2)), nullptr);
}

TEST(BlockIndex, StandingComesBackAsSet)
{
    BlockIndex index(RandomIndex::genesis());
    const BlockNode& node = *index.add(made_up_hash(1), *index.genesis(), 4, 1, 0x200f0f0f);
    EXPECT_FALSE(node.standing().has_body || node.standing().failed || node.standing().failure);
    Standing standing;
    standing.failed = true;
    standing.linked = true;
    standing.failure = BlockError::version_invalid;  // the first enumerator, 0
    index.set_standing(node, standing);
    EXPECT_EQ(node.standing().failure, BlockError::version_invalid);
    EXPECT_TRUE(node.standing().linked && node.standing().failed);
    EXPECT_FALSE(node.standing().has_body || node.standing().was_connected);
}

TEST(Records, ComeBackAsWritten)
{
    const Coin coin{{123, {0x51, 0x52}}, Height(0x7fffffff), true};
    EXPECT_EQ(read_coin(to_record(coin)), coin);
    const Coin bare{{0, {}}, Height(0), false};
    EXPECT_EQ(read_coin(to_record(bare)), bare);
    EXPECT_FALSE(read_coin(Bytes(11)));

    IndexRecord index{made_up_hash(9), -5, 6, 7, true, false, BlockError::bad_cb_amount, 8};
    EXPECT_EQ(read_index(to_record(index)), index);
    index.failure.reset();
    EXPECT_EQ(read_index(to_record(index)), index);
    EXPECT_FALSE(read_index(ByteView(to_record(index)).first(20)));

    const TipRecord tip{made_up_hash(3), Height(4), {1, 2, 3, 4}};
    EXPECT_EQ(read_tip(to_record(tip)), tip);
    EXPECT_FALSE(read_tip(Bytes(3)));

    const OutPoint outpoint{TxId(made_up_hash(77)), 0x01020304};
    EXPECT_EQ(read_coin_key(coin_key(outpoint)), outpoint);
    const auto key = read_block_key(block_key(Height(258), made_up_hash(5)));
    EXPECT_TRUE(key && key->height == Height(258) && key->hash == made_up_hash(5));
}

TEST(Records, BlocksLieInTheOrderOfTheirHeights)
{
    EXPECT_LT(block_key(Height(255), made_up_hash(9)), block_key(Height(256), made_up_hash(1)));
}

TEST(StoredCoins, KeepToTheirLimitAndFollowTheStore)
{
    constexpr std::size_t kLimit = 20'000;
    const auto store = make_memory_store();
    StoredCoins coins(*store, kLimit, 12345);
    Random random(6);
    std::map<OutPoint, Coin> truth;
    for (u64 round = 0; round < 400; ++round) {
        CoinDelta delta;
        Batch batch;
        for (u32 i = 0; i < 3; ++i) {
            const Coin coin{{5, Script(random.below(60), 0x51)}, Height(1), false};
            delta.added.push_back({{TxId(made_up_hash(round)), i}, coin});
        }
        if (truth.size() > 300) {
            const auto gone = std::next(truth.begin(), static_cast<i64>(random.below(300)));
            delta.removed.push_back({gone->first, gone->second});
        }
        for (const auto& coin : delta.added) {
            truth[coin.outpoint] = coin.coin;
            batch.put(Column::coins, coin_key(coin.outpoint), to_record(coin.coin));
        }
        for (const auto& coin : delta.removed) {
            truth.erase(coin.outpoint);
            batch.erase(Column::coins, coin_key(coin.outpoint));
        }
        ASSERT_TRUE(store->write(batch));
        coins.apply(delta);
        for (int i = 0; i < 5; ++i) {
            const OutPoint asked{TxId(made_up_hash(random.below(round + 2))), 1};
            const auto known = truth.find(asked);
            ASSERT_EQ(coins.find(asked),
                      known == truth.end() ? std::nullopt : std::optional(known->second));
        }
        ASSERT_LE(coins.cache_bytes(), kLimit);
    }
    EXPECT_GT(coins.cache_bytes(), kLimit / 4) << "it does keep some";
    EXPECT_FALSE(coins.failure());
}

TEST(Undo, GivesBackTheWholeEffectOfABlock)
{
    const auto spec = test::made_up_spec();
    test::Tree tree(spec, 11);
    std::size_t spends = 0;
    for (int i = 0; i < 60; ++i) {
        const test::Leaf& leaf = tree.grow_on(tree.leaves().back(), false);
        struct View final : consensus::CoinView {
            const test::World* world;
            std::optional<Coin> find(const OutPoint& outpoint) const override
            {
                const auto found = world->coins.find(outpoint);
                return found == world->coins.end() ? std::nullopt : std::optional(found->second);
            }
        } before;
        before.world = &leaf.parent->world;
        const auto effect = consensus::connect_block(spec, leaf.block, leaf.node->height, before,
                                                     test::made_up_options().script_check);
        ASSERT_TRUE(effect);
        const Bytes record = undo_record(*effect);
        const auto undone = read_undo(record, leaf.block, leaf.node->height);
        ASSERT_TRUE(undone);
        EXPECT_EQ(undone->spent, effect->spent);
        EXPECT_EQ(undone->created, effect->created);
        EXPECT_EQ(undone->fees, effect->fees);
        EXPECT_EQ(undone->issued, effect->issued);
        EXPECT_EQ(undone->unspendable, effect->unspendable);
        spends += effect->spent.size();

        EXPECT_FALSE(
            read_undo(ByteView(record).first(record.size() - 1), leaf.block, leaf.node->height));
        if (!effect->spent.empty()) {
            EXPECT_FALSE(read_undo(record, spec.genesis, leaf.node->height));
        }
    }
    EXPECT_GT(spends, 50u);
}

}  // namespace
}  // namespace adit::node::chain
