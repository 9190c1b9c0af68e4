#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "kernels/hash/sha256d.hpp"
#include "node/mempool/chain_pool.hpp"
#include "node/script/templates.hpp"
#include "tests/unit/node/chain_support.hpp"

// The pool at the end of a chain: blocks, reorganisations, restarts.
namespace adit::node::mempool {
namespace {

using chain::BlockNode;

const Script kRedeem{script::OP_1};
const Script kAnybody = script::pay_to_script_hash(hash::hash160(kRedeem));

class PoolOnChain : public testing::Test {
protected:
    PoolOnChain() : spec_(chain::test::made_up_spec()), store_(chain::make_memory_store())
    {
        chain_ = *chain::Chainstate::open(spec_, *store_, chain::test::made_up_options());
        pool_.emplace(*chain_, clock_, MempoolLimits{}, 1);
    }

    /// A block on `parent` whose miner pays into the lock anybody opens.
    const BlockNode* grow(const BlockNode* parent, std::vector<Transaction> transactions = {},
                          Amount fees = 0)
    {
        chain::test::BlockPlan plan;
        plan.salt = ++salt_;
        plan.transactions = std::move(transactions);
        plan.fees = fees;
        Block block = chain::test::make_block(spec_, *parent, plan);
        block.transactions[0].outputs[0].script_pubkey = kAnybody;
        block.header.merkle_root = merkle_root_of(block.transactions).root;
        const auto outcome = chain_->accept_block(block, chain::test::kNow);
        EXPECT_TRUE(outcome) << reject_word(outcome.error());
        return chain_->find(hash_of(block.header));
    }
    const BlockNode* grow() { return grow(chain_->tip().block); }

    /// The miner's coin of a block.
    OutPoint coin_of(const BlockNode* node) const
    {
        return {txid_of((**chain_->block_of(*node)).transactions[0]), 0};
    }
    Transaction spend(const OutPoint& from, Amount fee = 1'000, u32 outputs = 1) const
    {
        const Amount value = pool_->pool().coin(from)->out.value;
        Transaction tx;
        tx.inputs.push_back({from, script::ScriptBuilder().push(kRedeem).take(), 0xffffffff});
        for (u32 i = 0; i < outputs; ++i) tx.outputs.push_back({(value - fee) / outputs, kAnybody});
        return tx;
    }
    std::string offer(const Transaction& tx)
    {
        const auto taken = pool_->submit(tx);
        return taken ? "" : taken.error().word;
    }
    bool waits(const Transaction& tx) const { return pool_->pool().find(txid_of(tx)) != nullptr; }

    consensus::ChainSpec spec_;
    ManualClock clock_{1'600'000'000};
    std::unique_ptr<chain::Store> store_;
    std::unique_ptr<chain::Chainstate> chain_;
    std::optional<ChainPool> pool_;
    u64 salt_ = 0;
};

TEST_F(PoolOnChain, BlocksTakeTransactionsAndTheirRivals)
{
    const OutPoint coin = coin_of(grow());
    for (int i = 0; i < 3; ++i) grow();
    const Transaction a = spend(coin);
    const Transaction b = spend(coin, 5'000);
    EXPECT_EQ(offer(a), "");
    const Transaction child = spend({txid_of(a), 0});
    EXPECT_EQ(offer(child), "");
    EXPECT_FALSE(pool_->spendable(coin));
    EXPECT_TRUE(pool_->spendable({txid_of(child), 0}));
    grow(chain_->tip().block, {b}, 5'000);
    EXPECT_FALSE(waits(a));
    EXPECT_FALSE(waits(child));
    EXPECT_TRUE(pool_->mined_lately(txid_of(b)));
    EXPECT_TRUE(pool_->spendable({txid_of(b), 0}));
}

TEST_F(PoolOnChain, ReorganisationsGiveTransactionsBack)
{
    const OutPoint coin = coin_of(grow());
    for (int i = 0; i < 3; ++i) grow();
    const BlockNode* fork = chain_->tip().block;
    const Transaction parent = spend(coin);
    EXPECT_EQ(offer(parent), "");
    const Transaction child = spend({txid_of(parent), 0});
    grow(fork, {parent, child}, 2'000);
    EXPECT_EQ(pool_->pool().size(), 0u);
    const BlockNode* rival = grow(fork);
    grow(rival);
    EXPECT_TRUE(waits(parent));
    EXPECT_TRUE(waits(child)) << "both come back, parents first";
    EXPECT_FALSE(pool_->mined_lately(txid_of(parent)));
}

/// One coin, two buyers, a branch each: whoever is on the best chain has it, the other waits for
/// nothing.
TEST_F(PoolOnChain, ADoubleSpendAcrossSixBlocksLeavesOneSurvivor)
{
    const OutPoint coin = coin_of(grow());
    for (int i = 0; i < 3; ++i) grow();
    const BlockNode* fork = chain_->tip().block;
    const Transaction mine = spend(coin, 1'000);
    const Transaction yours = spend(coin, 2'000);
    const BlockNode* end = grow(fork, {mine}, 1'000);
    for (int i = 1; i < 6; ++i) end = grow(end);
    const Transaction heir = spend({txid_of(mine), 0});
    EXPECT_EQ(offer(heir), "");
    ASSERT_EQ(chain_->tip().block, end);

    const BlockNode* rival = grow(fork, {yours}, 2'000);
    for (int i = 0; i < 6; ++i) rival = grow(rival);
    ASSERT_EQ(chain_->tip().block, rival);
    const auto unspent = [&](const Transaction& tx) {
        return (*chain_->coin({txid_of(tx), 0})).coin.has_value();
    };
    EXPECT_TRUE(unspent(yours));
    EXPECT_FALSE(unspent(mine));
    EXPECT_FALSE(waits(mine));
    EXPECT_FALSE(waits(heir));
    EXPECT_EQ(offer(mine), "bad-txns-inputs-missingorspent");
}

TEST_F(PoolOnChain, ComesBackFromItsBytes)
{
    const OutPoint coin = coin_of(grow());
    for (int i = 0; i < 3; ++i) grow();
    const Transaction a = spend(coin, 2'000, 2);
    EXPECT_EQ(offer(a), "");
    const Transaction b = spend({txid_of(a), 1});
    EXPECT_EQ(offer(b), "");
    const Bytes saved = pool_->save();
    pool_.emplace(*chain_, clock_, MempoolLimits{}, 2);
    EXPECT_EQ(pool_->restore(saved), 2u);
    EXPECT_TRUE(waits(a));
    EXPECT_TRUE(waits(b));
    for (std::size_t cut = 0; cut < saved.size(); ++cut) {
        ChainPool other(*chain_, clock_, MempoolLimits{}, 3);
        EXPECT_FALSE(other.restore(ByteView(saved).first(cut))) << cut;
    }
}

TEST_F(PoolOnChain, TellsOfNewcomersButNotOfARebuiltPool)
{
    struct Ear final : ChainPool::Listener {
        int added = 0, removed = 0, rebuilt = 0;
        void on_added(const MempoolEntry&) override { ++added; }
        void on_removed(const Transaction&, const TxId&) override { ++removed; }
        void on_pool_rebuilt() override { ++rebuilt; }
    } ear;
    const OutPoint coin = coin_of(grow());
    for (int i = 0; i < 3; ++i) grow();
    pool_->add_listener(ear);
    const BlockNode* fork = chain_->tip().block;
    const Transaction a = spend(coin);
    EXPECT_EQ(offer(a), "");
    EXPECT_EQ(ear.added, 1);
    grow(fork, {a}, 1'000);
    EXPECT_EQ(ear.removed, 1);
    grow(grow(fork));
    EXPECT_TRUE(waits(a));
    EXPECT_EQ(ear.added, 1);
    EXPECT_EQ(ear.rebuilt, 1);
    pool_->remove_listener(ear);
}

/// A block, and the coins after it by a replay as plain as can be.
struct Leaf {
    const BlockNode* node = nullptr;
    const Leaf* parent = nullptr;
    Block block;
    chain::test::World world;
};

/// The pool as slowly as can be: a list, and for each question a walk over it.
class PlainPool {
public:
    std::vector<Transaction> waiting;

    /// Takes what is possible on these coins and among those taken before, in this order.
    void refill(const std::vector<Transaction>& wanted, const chain::test::World& world,
                const consensus::ChainSpec& spec, u32 next_height)
    {
        waiting.clear();
        for (const Transaction& tx : wanted)
            if (!tx.is_coinbase() && possible(tx, world, spec, next_height)) waiting.push_back(tx);
    }
    bool possible(const Transaction& tx, const chain::test::World& world,
                  const consensus::ChainSpec& spec, u32 next_height) const
    {
        const TxId txid = txid_of(tx);
        for (const Transaction& other : waiting) {
            if (txid_of(other) == txid) return false;
            for (const TxIn& theirs : other.inputs)
                for (const TxIn& in : tx.inputs)
                    if (theirs.prevout == in.prevout) return false;
        }
        if (world.coins.contains({txid, 0})) return false;
        for (const TxIn& in : tx.inputs) {
            const auto coin = world.coins.find(in.prevout);
            const bool mature = coin != world.coins.end() &&
                                (!coin->second.coinbase ||
                                 next_height >= coin->second.height.value + spec.coinbase_maturity);
            bool of_another = false;
            for (const Transaction& other : waiting)
                of_another |= txid_of(other) == in.prevout.txid;
            if (!mature && !of_another) return false;
        }
        return true;
    }
    std::set<TxId> ids() const
    {
        std::set<TxId> all;
        for (const Transaction& tx : waiting) all.insert(txid_of(tx));
        return all;
    }
};

class RandomPayments : public PoolOnChain {
protected:
    void play(u64 seed)
    {
        random_ = Random(seed);
        leaves_.clear();
        known_.clear();
        plain_.waiting.clear();
        pool_.reset();
        chain_.reset();
        store_ = chain::make_memory_store();
        chain_ = *chain::Chainstate::open(spec_, *store_, chain::test::made_up_options());
        MempoolLimits limits;
        limits.orphans_max = 0;  // they come back at moments that a plain list does not know
        pool_.emplace(*chain_, clock_, limits, seed);
        leaves_.push_back(
            {chain_->tip().block, nullptr, spec_.genesis, chain::test::genesis_world(spec_)});
        tip_ = &leaves_.front();
        for (int step = 0; step < 18; ++step) {
            if (step > 4 && random_.one_in(2))
                pay();
            else
                mine();
            check();
            if (HasFatalFailure()) return;
        }
    }
    u64 reorganised_ = 0, paid_ = 0, mined_ = 0;

private:
    u32 next_height() const { return tip_->node->height.value + 1; }

    /// A new transaction of some coin of the tip or of the pool, now and then one that is taken.
    void pay()
    {
        std::vector<std::pair<OutPoint, TxOut>> coins;
        for (const auto& [outpoint, coin] : tip_->world.coins)
            if (coin.out.script_pubkey == kAnybody) coins.emplace_back(outpoint, coin.out);
        for (const Transaction& tx : plain_.waiting)
            coins.emplace_back(OutPoint{txid_of(tx), 0}, tx.outputs[0]);
        if (coins.empty()) return;
        const auto& [outpoint, out] = coins[random_.below(coins.size())];
        Transaction tx;
        tx.inputs.push_back({outpoint, script::ScriptBuilder().push(kRedeem).take(), 0xffffffff});
        tx.outputs.push_back({out.value - 1'000 - static_cast<Amount>(++salt_ % 1'000), kAnybody});
        if (tx.outputs[0].value < 10'000) return;
        const bool possible = plain_.possible(tx, tip_->world, spec_, next_height());
        EXPECT_EQ(pool_->submit(tx).has_value(), possible);
        known_.push_back(tx);
        if (possible) plain_.waiting.push_back(tx), ++paid_;
    }

    /// A block on the tip, or on one of those made last on any branch, with some of what was ever
    /// paid.
    void mine()
    {
        const Leaf* parent = tip_;
        if (random_.one_in(2))
            parent = &leaves_[leaves_.size() - 1 - random_.below(std::min<u64>(3, leaves_.size()))];
        PlainPool chosen;
        const u32 height = parent->node->height.value + 1;
        chain::test::BlockPlan plan;
        chain::test::World world = parent->world;
        for (const Transaction& tx : known_)
            if (!random_.one_in(3) && chosen.possible(tx, world, spec_, height))
                chosen.waiting.push_back(tx);
        plan.salt = ++salt_;
        plan.transactions = chosen.waiting;
        Block block = chain::test::make_block(spec_, *parent->node, plan);
        block.transactions[0].outputs[0].script_pubkey = kAnybody;
        block.header.merkle_root = merkle_root_of(block.transactions).root;
        const auto outcome = chain_->accept_block(block, chain::test::kNow);
        ASSERT_TRUE(outcome) << reject_word(outcome.error());
        world.replay(block, Height(height));
        leaves_.push_back({chain_->find(hash_of(block.header)), parent, block, std::move(world)});
        ++mined_;
        move_tip();
    }

    void move_tip()
    {
        const BlockNode* now = chain_->tip().block;
        if (now == tip_->node) return;
        const Leaf* old = tip_;
        for (const Leaf& leaf : leaves_)
            if (leaf.node == now) tip_ = &leaf;
        const BlockNode* fork = chain::fork_of(old->node, now);
        std::vector<const Leaf*> left;
        for (const Leaf* leaf = old; leaf->node != fork; leaf = leaf->parent) left.push_back(leaf);
        if (!left.empty()) ++reorganised_;
        std::vector<Transaction> wanted;
        for (auto leaf = left.rbegin(); leaf != left.rend(); ++leaf)
            wanted.insert(wanted.end(), (*leaf)->block.transactions.begin(),
                          (*leaf)->block.transactions.end());
        wanted.insert(wanted.end(), plain_.waiting.begin(), plain_.waiting.end());
        plain_.refill(wanted, tip_->world, spec_, next_height());
    }

    void check()
    {
        ASSERT_EQ(chain_->tip().supply, tip_->world.supply);
        ASSERT_EQ(chain::test::world_in(*store_), tip_->world);
        std::set<TxId> ids;
        Amount fees = 0;
        for (const MempoolEntry* entry : pool_->pool().all()) {
            ids.insert(entry->txid);
            fees += entry->fee;
            std::set<TxId> family = entry->parents;
            std::vector<TxId> next(family.begin(), family.end());
            while (!next.empty()) {
                const MempoolEntry* parent = pool_->pool().find(next.back());
                next.pop_back();
                ASSERT_NE(parent, nullptr);
                for (const TxId& more : parent->parents)
                    if (family.insert(more).second) next.push_back(more);
            }
            ASSERT_EQ(entry->ancestor_count, family.size() + 1);
        }
        ASSERT_EQ(ids, plain_.ids());
        ASSERT_EQ(fees, pool_->pool().fees());
    }

    Random random_{1};
    std::deque<Leaf> leaves_;
    std::vector<Transaction> known_;
    PlainPool plain_;
    const Leaf* tip_ = nullptr;
};

TEST_F(RandomPayments, LeaveCoinsPoolAndSupplyOfAStraightReplay)
{
    constexpr u64 kShapes = 1'000;
    for (u64 seed = 1; seed <= kShapes; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        play(seed);
        ASSERT_FALSE(HasFailure());
    }
    // The shapes are worth something.
    EXPECT_GT(reorganised_, kShapes / 4);
    EXPECT_GT(paid_, kShapes);
    EXPECT_GT(mined_, 5 * kShapes);
}

}  // namespace
}  // namespace adit::node::mempool
