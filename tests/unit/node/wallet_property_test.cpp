// Random chains with spends, double spends and reorganisations: at every step the wallet owns what
// a straight replay of the best chain says it owns.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "tests/unit/node/wallet_support.hpp"

namespace adit::node::wallet {
namespace {

using Branch = KeyPlace::Branch;

struct PlainCoin {
    TxOut out;
    u32 height = 0;
    bool coinbase = false;
};
using World = std::map<OutPoint, PlainCoin>;

void replay(World& world, const Transaction& tx, u32 height)
{
    if (!tx.is_coinbase())
        for (const TxIn& in : tx.inputs) world.erase(in.prevout);
    const TxId txid = txid_of(tx);
    for (u32 i = 0; i < tx.outputs.size(); ++i)
        world[{txid, i}] = {tx.outputs[i], height, tx.is_coinbase()};
}

struct Leaf {
    Block block;
    Leaf* parent = nullptr;
    u32 height = 0;
    World world;  ///< after it
};

/// One chain with branches, its transactions, and a wallet that follows it.
class Shape {
public:
    explicit Shape(u64 seed) : random_(seed), keys_(test::made_up_keys())
    {
        // Strangers' money is in genesis alone, so that what they pay never becomes impossible.
        Leaf& genesis = leaves_.emplace_back();
        genesis.block = test::make_block(0, {}, test::stranger(0), kCoin, {});
        for (u32 i = 0; i < 30; ++i) {
            const OutPoint coin{TxId(Hash256{{static_cast<u8>(i), 1}}), i};
            genesis.world[coin] = {{Amount{1 + i} * kCoin, test::stranger(1)}, 0, false};
        }
        ledger_.connect(genesis.block, hash_of(genesis.block.header), Height(0), 0);
        tip_ = &genesis;
    }

    void step()
    {
        Leaf& parent = random_.one_in(4) ? leaves_[random_.below(leaves_.size())] : *tip_;
        Leaf& grown = grow(parent);
        if (grown.height > tip_->height || random_.one_in(6)) move_to(grown);
        if (random_.one_in(3)) offer_something();
        if (random_.one_in(5)) offer_to_others();
    }

    void check()
    {
        // The plain truth: the best chain, and on top of it whatever of ours still fits.
        World world = tip_->world;
        std::set<OutPoint> fresh;
        std::set<TxId> placed;
        for (bool more = true; more;) {
            more = false;
            for (const auto& [txid, entry] : ledger_.transactions()) {
                const bool waits = !entry.mined && !entry.tx.is_coinbase();
                if (!waits || placed.contains(txid)) continue;
                if (!std::ranges::all_of(entry.tx.inputs, [&](const TxIn& in) {
                        return world.contains(in.prevout);
                    }))
                    continue;
                replay(world, entry.tx, 0);
                for (u32 i = 0; i < entry.tx.outputs.size(); ++i) fresh.insert({txid, i});
                placed.insert(txid);
                more = true;
            }
        }
        Balance wanted;
        for (const auto& [outpoint, coin] : world) {
            if (!keys_.owner_of(coin.out.script_pubkey)) continue;
            const bool ours_alone = !fresh.contains(outpoint) || spends_ours(outpoint.txid);
            const bool ripe = !coin.coinbase || tip_->height + 1 - coin.height >= test::kMaturity;
            (!ours_alone ? wanted.pending
             : !ripe     ? wanted.immature
                         : wanted.spendable) += coin.out.value;
        }
        ASSERT_EQ(ledger_.balance(), wanted);
        u32 mined = 0;
        for (const Leaf* leaf = tip_; leaf->parent != nullptr; leaf = leaf->parent)
            for (const Transaction& tx : leaf->block.transactions)
                if (const auto* entry = ledger_.find(txid_of(tx))) {
                    ASSERT_TRUE(entry->mined && entry->mined->height.value == leaf->height);
                    ++mined;
                }
        ASSERT_EQ(mined, std::ranges::count_if(ledger_.transactions(), [](const auto& entry) {
                      return entry.second.mined.has_value();
                  }));
    }

    /// Whether any two rivals were among the wallet's transactions, and how deep it went back.
    u64 rivals() const
    {
        return static_cast<u64>(std::ranges::count_if(
            ledger_.transactions(),
            [&](const auto& entry) { return !ledger_.rivals_of(entry.second).empty(); }));
    }
    u32 deepest() const { return deepest_; }
    Amount worth() const { return ledger_.balance().spendable; }

private:
    bool spends_ours(const TxId& txid) const { return ledger_.find(txid)->spends_ours; }

    Script random_script()
    {
        if (random_.one_in(2)) return test::stranger(static_cast<u8>(2 + random_.below(4)));
        const auto branch = static_cast<Branch>(random_.below(3));
        if (branch == Branch::imported) return test::pay_to_key(keys_, {branch, 0});
        return test::pay_to_key(keys_,
                                {branch, keys_.used(branch) + static_cast<u32>(random_.below(20))});
    }

    /// Spends some coins: all the wallet's, or one of strangers' in genesis. That one is only ever
    /// spent by one transaction, on whatever branch.
    std::optional<Transaction> random_spend(const World& world, u32 height)
    {
        std::vector<OutPoint> ours;
        std::vector<OutPoint> theirs;
        for (const auto& [outpoint, coin] : world) {
            if (coin.coinbase && height - coin.height < test::kMaturity) continue;
            if (keys_.owner_of(coin.out.script_pubkey))
                ours.push_back(outpoint);
            else if (coin.height == 0)
                theirs.push_back(outpoint);
        }
        const bool from_us = !ours.empty() && random_.one_in(2);
        auto& coins = from_us ? ours : theirs;
        if (coins.empty()) return std::nullopt;
        std::vector<OutPoint> inputs{coins[random_.below(coins.size())]};
        if (!from_us) {
            const auto done = strangers_spends_.find(inputs[0]);
            if (done != strangers_spends_.end()) return done->second;
        } else if (const auto more = coins[random_.below(coins.size())]; more != inputs[0]) {
            inputs.push_back(more);
        }
        Amount left = 0;
        for (const OutPoint& input : inputs) left += world.at(input).out.value;
        std::vector<TxOut> outputs;
        for (u64 count = 1 + random_.below(3); count > 0 && left > 1; --count) {
            const Amount part = 1 + static_cast<Amount>(random_.below(static_cast<u64>(left - 1)));
            outputs.push_back({part, random_script()});
            left -= part;
        }
        if (outputs.empty()) return std::nullopt;
        Transaction tx = test::spend(inputs, outputs);
        tx.lock_time = ++salt_;
        if (!from_us) strangers_spends_[inputs[0]] = tx;
        return tx;
    }

    Leaf& grow(Leaf& parent)
    {
        Leaf& leaf = leaves_.emplace_back();
        leaf.parent = &parent;
        leaf.height = parent.height + 1;
        leaf.world = parent.world;
        std::vector<Transaction> transactions;
        // What waits is mined now and then.
        for (const Transaction& tx : ledger_.own_pending())
            if (random_.one_in(2)) put(leaf, tx, transactions);
        for (u64 count = random_.below(4); count > 0; --count)
            if (const auto tx = random_spend(leaf.world, leaf.height)) put(leaf, *tx, transactions);
        leaf.block = test::make_block(leaf.height, hash_of(parent.block.header), random_script(),
                                      5 * kCoin, transactions, ++salt_);
        replay(leaf.world, leaf.block.transactions[0], leaf.height);
        return leaf;
    }

    static void put(Leaf& leaf, const Transaction& tx, std::vector<Transaction>& into)
    {
        for (const TxIn& in : tx.inputs) {
            const auto coin = leaf.world.find(in.prevout);
            if (coin == leaf.world.end()) return;
            if (coin->second.coinbase && leaf.height - coin->second.height < test::kMaturity)
                return;
        }
        replay(leaf.world, tx, leaf.height);
        into.push_back(tx);
    }

    void offer_something()
    {
        if (const auto tx = random_spend(tip_->world, tip_->height + 1)) {
            bool taken = false;  // the pool lets no two spend one coin
            for (const auto& [txid, entry] : ledger_.transactions())
                for (const TxIn& in : entry.tx.inputs)
                    taken |= !entry.mined && ledger_.is_live(entry) &&
                             std::ranges::any_of(tx->inputs, [&](const TxIn& mine) {
                                 return mine.prevout == in.prevout;
                             });
            if (!taken) ledger_.add_pending(*tx, 1);
        }
    }

    /// What only pays the wallet leaves the pool.
    void offer_to_others()
    {
        std::vector<TxId> txids;
        for (const auto& [txid, entry] : ledger_.transactions()) txids.push_back(txid);
        for (const TxId& txid : txids) ledger_.drop_pending(txid);
    }

    void move_to(Leaf& target)
    {
        std::vector<Leaf*> up;
        Leaf* to = &target;
        u32 down = 0;
        while (to->height > tip_->height) up.push_back(to), to = to->parent;
        while (to != tip_) {
            if (tip_->height >= to->height) {
                Leaf* parent = tip_->parent;
                ledger_.disconnect(MinedAt{hash_of(parent->block.header), Height(parent->height)});
                tip_ = parent;
                ++down;
            }
            if (to != tip_ && to->height > tip_->height) up.push_back(to), to = to->parent;
        }
        for (auto leaf = up.rbegin(); leaf != up.rend(); ++leaf)
            ledger_.connect((*leaf)->block, hash_of((*leaf)->block.header), Height((*leaf)->height),
                            1);
        tip_ = &target;
        deepest_ = std::max(deepest_, down);
        // Two of the wallet's own that wait cannot both be in the pool: the later one is given up.
        std::set<OutPoint> spent;
        for (const Transaction& tx : ledger_.own_pending())
            for (const TxIn& in : tx.inputs)
                if (!spent.insert(in.prevout).second) give_up_.insert(txid_of(tx));
        for (bool more = true; more;) {
            more = false;
            for (const auto& [txid, entry] : ledger_.transactions()) {
                const bool below = std::ranges::any_of(entry.tx.inputs, [&](const TxIn& in) {
                    return give_up_.contains(in.prevout.txid);
                });
                more |= below && !entry.mined && give_up_.insert(txid).second;
            }
        }
        for (bool more = true; more;) {
            more = false;
            for (const TxId& txid : std::set<TxId>(give_up_)) {
                const auto* entry = ledger_.find(txid);
                if (entry == nullptr || entry->mined) {
                    give_up_.erase(txid);
                    continue;
                }
                ledger_.forget(txid);
                give_up_.erase(txid);
                more = true;
            }
        }
    }

    Random random_;
    KeyBook keys_;
    Ledger ledger_{keys_, test::kMaturity};
    std::deque<Leaf> leaves_;
    Leaf* tip_ = nullptr;
    std::map<OutPoint, Transaction> strangers_spends_;
    std::set<TxId> give_up_;
    u32 salt_ = 0;
    u32 deepest_ = 0;
};

TEST(RandomWallets, OwnWhatAStraightReplaySays)
{
    u64 rivals = 0;
    u64 rich = 0;
    u32 deepest = 0;
    for (u64 seed = 1; seed <= 1'000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Shape shape(seed);
        for (int i = 0; i < 25; ++i) {
            shape.step();
            shape.check();
            if (HasFatalFailure()) return;
        }
        rivals += shape.rivals();
        deepest = std::max(deepest, shape.deepest());
        rich += shape.worth() > 0 ? 1 : 0;
    }
    // The shapes are worth something.
    EXPECT_GT(rivals, 100u);
    EXPECT_GT(deepest, 6u);
    EXPECT_GT(rich, 800u);
}

}  // namespace
}  // namespace adit::node::wallet
