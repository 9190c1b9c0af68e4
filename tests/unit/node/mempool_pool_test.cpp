#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "kernels/base/random.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/mempool/package_select.hpp"
#include "node/script/templates.hpp"

namespace adit::node::mempool {
namespace {

constexpr UnixTime kNow = 1'900'000'000;
const NextBlock kNext{Height(1'000), static_cast<u32>(kNow)};

/// Pays to a script anybody may spend, in a standard form.
const Script kRedeem{script::OP_1};
const Script kAnybody = script::pay_to_script_hash(hash::hash160(kRedeem));

class Coins final : public consensus::CoinView {
public:
    std::optional<consensus::Coin> find(const OutPoint& outpoint) const override
    {
        const auto at = coins.find(outpoint);
        if (at == coins.end()) return std::nullopt;
        return at->second;
    }
    OutPoint add(Amount value, u32 height = 1, bool coinbase = false,
                 const Script& script_pubkey = kAnybody)
    {
        OutPoint outpoint;
        store_le<u64>(outpoint.txid.bytes.data(), ++made);
        outpoint.index = 0;
        coins[outpoint] = {{value, script_pubkey}, Height(height), coinbase};
        return outpoint;
    }
    std::map<OutPoint, consensus::Coin> coins;
    u64 made = 0;
};

struct PoolTest : testing::Test {
    const consensus::ChainSpec spec = *consensus::find_spec("regtest");
    Coins coins;
    MempoolLimits limits;
    Mempool pool{spec, coins, limits, 1};

    static Transaction spend(const std::vector<OutPoint>& inputs, const std::vector<Amount>& values)
    {
        Transaction tx;
        for (const OutPoint& outpoint : inputs)
            tx.inputs.push_back(
                {outpoint, script::ScriptBuilder().push(kRedeem).take(), 0xffffffff});
        for (const Amount value : values) tx.outputs.push_back({value, kAnybody});
        return tx;
    }
    static OutPoint output(const Transaction& tx, u32 index = 0) { return {txid_of(tx), index}; }
    std::string offer(const Transaction& tx)
    {
        const auto accepted = pool.accept(tx, kNext, kNow);
        return accepted ? "" : accepted.error().word;
    }
};

TEST_F(PoolTest, TakesWhatPaysItsWay)
{
    const Transaction tx = spend({coins.add(kCoin)}, {kCoin - 1'000});
    EXPECT_EQ(offer(tx), "");
    const MempoolEntry* entry = pool.find(txid_of(tx));
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->fee, 1'000);
    EXPECT_EQ(entry->bytes, to_bytes(tx).size());
    EXPECT_EQ(pool.fees(), 1'000);
    EXPECT_EQ(offer(tx), "txn-already-in-mempool");
}

TEST_F(PoolTest, RefusesByName)
{
    const OutPoint coin = coins.add(kCoin);
    const auto with = [&](auto change) {
        Transaction tx = spend({coin}, {kCoin - 1'000});
        change(tx);
        return tx;
    };
    struct Row {
        const char* word;
        int points;
        Transaction tx;
    };
    const std::vector<Row> rows{
        {"bad-txns-vin-empty", 100, with([](auto& tx) { tx.inputs.clear(); })},
        {"bad-txns-vout-empty", 100, with([](auto& tx) { tx.outputs.clear(); })},
        {"bad-txns-vout-negative", 100, with([](auto& tx) { tx.outputs[0].value = -1; })},
        {"bad-txns-inputs-duplicate", 100,
         with([](auto& tx) { tx.inputs.push_back(tx.inputs[0]); })},
        {"bad-txns-in-belowout", 100, with([](auto& tx) { tx.outputs[0].value = kCoin + 1; })},
        {"min relay fee not met", 0, with([](auto& tx) { tx.outputs[0].value = kCoin; })},
        {"dust", 0, with([](auto& tx) {
             tx.outputs.push_back({1, kAnybody});
         })},
        {"scriptpubkey", 0, with([](auto& tx) { tx.outputs[0].script_pubkey = {script::OP_1}; })},
        {"scriptsig-not-pushonly", 0,
         with([](auto& tx) { tx.inputs[0].script_sig.push_back(script::OP_DUP); })},
        {"scriptsig-size", 0,
         with([](auto& tx) { tx.inputs[0].script_sig.assign(1'651, script::OP_1); })},
        {"multi-op-return", 0, with([](auto& tx) {
             tx.outputs.resize(3, {0, script::null_data({})});
         })},
        {"non-final", 0, with([](auto& tx) { tx.lock_time = 1'000, tx.inputs[0].sequence = 0; })},
        {"bad-txns-inputs-missingorspent", 0,
         with([](auto& tx) { tx.inputs[0].prevout.index = 7; })},
        {"bad-txns-premature-spend-of-coinbase", 0,
         with([&](auto& tx) { tx.inputs[0].prevout = coins.add(kCoin, 901, true); })},
        {"mandatory-script-verify-flag-failed", 100,
         with([](auto& tx) { tx.inputs[0].script_sig = {script::OP_1}; })},
        {"non-mandatory-script-verify-flag", 0, with([](auto& tx) {
             tx.inputs[0].script_sig.insert(tx.inputs[0].script_sig.begin(), script::OP_1);
         })},
        {"coinbase", 100, [] {
             Transaction tx;
             tx.inputs.resize(1);
             tx.inputs[0].script_sig = {1, 1};
             tx.outputs = {{1, kAnybody}};
             return tx;
         }()}};
    for (const Row& row : rows) {
        const auto accepted = pool.accept(row.tx, kNext, kNow);
        ASSERT_FALSE(accepted) << row.word;
        EXPECT_EQ(accepted.error().word, row.word);
        EXPECT_EQ(accepted.error().points, row.points) << row.word;
    }
    EXPECT_EQ(pool.size(), 0u);
    // The valid twins.
    EXPECT_EQ(offer(spend({coin}, {kCoin - 1'000})), "");
    EXPECT_EQ(offer(spend({coins.add(kCoin, 900, true)}, {kCoin - 1'000})), "") << "just mature";
    EXPECT_EQ(offer(spend({coin}, {kCoin - 5'000})), "txn-mempool-conflict");
}

TEST_F(PoolTest, KeepsOrphansUntilTheirParentComes)
{
    const Transaction parent = spend({coins.add(kCoin)}, {kCoin - 1'000});
    const Transaction child = spend({output(parent)}, {kCoin - 2'000});
    const auto early = pool.accept(child, kNext, kNow);
    ASSERT_FALSE(early);
    EXPECT_TRUE(early.error().missing_inputs);
    EXPECT_TRUE(pool.has_orphan(txid_of(child)));
    EXPECT_EQ(offer(parent), "");
    EXPECT_NE(pool.find(txid_of(child)), nullptr);
    EXPECT_FALSE(pool.has_orphan(txid_of(child)));

    // Bounded in number and time.
    for (int i = 0; i < 200; ++i) {
        Transaction orphan = spend({OutPoint{TxId{}, static_cast<u32>(i)}}, {kCoin});
        EXPECT_EQ(offer(orphan), "bad-txns-inputs-missingorspent");
    }
    const Transaction last = spend({OutPoint{TxId{}, 199}}, {kCoin});
    const Transaction first = spend({OutPoint{TxId{}, 0}}, {kCoin});
    EXPECT_TRUE(pool.has_orphan(txid_of(last)) || pool.has_orphan(txid_of(first)));
    pool.on_tick(kNow + limits.orphan_expiry_s + 1);
    EXPECT_FALSE(pool.has_orphan(txid_of(last)));
}

TEST_F(PoolTest, LimitsChainsOfUnconfirmed)
{
    Transaction tx = spend({coins.add(kCoin)}, {kCoin - 1'000});
    EXPECT_EQ(offer(tx), "");
    for (std::size_t i = 2; i <= limits.ancestors_max; ++i) {
        tx = spend({output(tx)}, {tx.outputs[0].value - 1'000});
        EXPECT_EQ(offer(tx), "") << i;
    }
    EXPECT_EQ(pool.find(txid_of(tx))->ancestor_count, limits.ancestors_max);
    EXPECT_EQ(offer(spend({output(tx)}, {tx.outputs[0].value - 1'000})), "too-long-mempool-chain");
}

TEST_F(PoolTest, LetsTheWorstPayersGoWhenFull)
{
    MempoolLimits small;
    small.bytes_max = 20'000;
    Mempool tight(spec, coins, small, 1);
    std::vector<Transaction> all;
    for (int i = 0; i < 60; ++i) {
        all.push_back(spend({coins.add(kCoin)}, {kCoin - 1'000 - 100 * i}));
        static_cast<void>(tight.accept(all.back(), kNext, kNow));
    }
    EXPECT_LE(tight.bytes(), small.bytes_max);
    EXPECT_EQ(tight.find(txid_of(all.front())), nullptr);
    EXPECT_NE(tight.find(txid_of(all.back())), nullptr);
    EXPECT_GT(tight.minimum_fee_per_kb(), kRelayFeePerKb);
    const auto cheap = tight.accept(spend({coins.add(kCoin)}, {kCoin - 200}), kNext, kNow);
    ASSERT_FALSE(cheap);
    EXPECT_EQ(cheap.error().word, "mempool min fee not met");
}

TEST_F(PoolTest, ForgetsWhatABlockTookOrSpoiled)
{
    const OutPoint coin = coins.add(kCoin);
    const Transaction mined = spend({coin}, {kCoin - 1'000});
    const Transaction child = spend({output(mined)}, {kCoin - 2'000});
    const OutPoint contested = coins.add(kCoin);
    const Transaction loser = spend({contested}, {kCoin - 1'000});
    const Transaction grandchild = spend({output(loser)}, {kCoin - 2'000});
    for (const Transaction& tx : {mined, child, loser, grandchild}) EXPECT_EQ(offer(tx), "");

    Block block;
    block.transactions = {Transaction{}, mined, spend({contested}, {kCoin - 9'000})};
    pool.on_block_connected(block);
    EXPECT_EQ(pool.find(txid_of(mined)), nullptr);
    EXPECT_EQ(pool.find(txid_of(loser)), nullptr);
    EXPECT_EQ(pool.find(txid_of(grandchild)), nullptr);
    ASSERT_NE(pool.find(txid_of(child)), nullptr);
    EXPECT_EQ(pool.find(txid_of(child))->ancestor_count, 1u);
    EXPECT_EQ(pool.size(), 1u);
    EXPECT_EQ(pool.fees(), 1'000);
}

TEST_F(PoolTest, TakesTransactionsBackAfterAReorganisation)
{
    const OutPoint coin = coins.add(kCoin);
    const Transaction returned = spend({coin}, {kCoin - 1'000});
    const Transaction waiting = spend({output(returned)}, {kCoin - 2'000});
    // `returned` was mined: its output is a coin of the chain, and `waiting` spends it.
    coins.coins.erase(coin);
    coins.coins[output(returned)] = {returned.outputs[0], Height(999), false};
    EXPECT_EQ(offer(waiting), "");
    // The block goes: the coin is back, the output gone.
    coins.coins.erase(output(returned));
    coins.coins[coin] = {{kCoin, kAnybody}, Height(1), false};
    pool.on_reorganised({returned}, kNext, kNow);
    ASSERT_NE(pool.find(txid_of(returned)), nullptr);
    ASSERT_NE(pool.find(txid_of(waiting)), nullptr);
    EXPECT_EQ(pool.find(txid_of(waiting))->ancestor_count, 2u);
    // And when it cannot come back, what leaned on it goes too.
    coins.coins.erase(coin);
    pool.on_reorganised({}, kNext, kNow);
    EXPECT_EQ(pool.size(), 0u);
}

TEST_F(PoolTest, LetsAChildPayForItsParent)
{
    const Transaction poor = spend({coins.add(kCoin)}, {kCoin - 100});
    const Transaction rich = spend({output(poor)}, {kCoin - 50'100});
    const Transaction middle = spend({coins.add(kCoin)}, {kCoin - 5'000});
    for (const Transaction& tx : {poor, rich, middle}) EXPECT_EQ(offer(tx), "");
    const auto chosen = select_packages(pool, kNext, 1'000'000, 1'000);
    ASSERT_EQ(chosen.size(), 3u);
    EXPECT_EQ(chosen[0].txid, txid_of(poor));
    EXPECT_EQ(chosen[1].txid, txid_of(rich));
    EXPECT_EQ(chosen[1].depends, std::vector<u32>{1});
    EXPECT_EQ(chosen[2].txid, txid_of(middle));
    const auto few = select_packages(pool, kNext, to_bytes(middle).size() + 1, 1'000);
    ASSERT_EQ(few.size(), 1u) << "the better package does not fit whole";
    EXPECT_EQ(few[0].txid, txid_of(middle));
}

TEST_F(PoolTest, SavesItselfAndRefusesDamage)
{
    const Transaction parent = spend({coins.add(kCoin)}, {kCoin - 1'000});
    const Transaction child = spend({output(parent)}, {kCoin - 2'000});
    EXPECT_EQ(offer(parent), "");
    EXPECT_EQ(offer(child), "");
    const Bytes saved = pool.save();
    const auto loaded = Mempool::load(saved);
    ASSERT_TRUE(loaded);
    Mempool again(spec, coins, limits, 2);
    for (const auto& entry : *loaded) EXPECT_TRUE(again.accept(entry.tx, kNext, entry.time));
    EXPECT_EQ(again.size(), 2u);
    EXPECT_FALSE(Mempool::load(ByteView(saved).first(saved.size() - 1)));
    EXPECT_FALSE(Mempool::load({}));
}

/// Every sum of every entry, counted again the slow way.
void expect_sums_true(const Mempool& pool)
{
    Amount fees = 0;
    std::size_t bytes = 0;
    for (const MempoolEntry* entry : pool.all()) {
        std::set<const MempoolEntry*> up, down;
        const auto walk = [&](auto&& self, const MempoolEntry* at, auto next, auto& seen) -> void {
            if (!seen.insert(at).second) return;
            for (const TxId& id : at->*next) self(self, pool.find(id), next, seen);
        };
        walk(walk, entry, &MempoolEntry::parents, up);
        walk(walk, entry, &MempoolEntry::children, down);
        const auto sum = [](const auto& family, auto member) {
            return std::accumulate(family.begin(), family.end(), i64{0},
                                   [&](i64 total, const MempoolEntry* e) {
                                       return total + static_cast<i64>(e->*member);
                                   });
        };
        EXPECT_EQ(entry->ancestor_count, up.size());
        EXPECT_EQ(entry->descendant_count, down.size());
        EXPECT_EQ(entry->ancestor_fees, sum(up, &MempoolEntry::fee));
        EXPECT_EQ(entry->descendant_fees, sum(down, &MempoolEntry::fee));
        EXPECT_EQ(static_cast<i64>(entry->ancestor_bytes), sum(up, &MempoolEntry::bytes));
        EXPECT_EQ(static_cast<i64>(entry->descendant_bytes), sum(down, &MempoolEntry::bytes));
        fees += entry->fee;
        bytes += entry->bytes + kEntryOverheadBytes;
    }
    EXPECT_EQ(pool.fees(), fees);
    EXPECT_EQ(pool.bytes(), bytes);
}

TEST_F(PoolTest, KeepsItsSumsThroughAnything)
{
    for (u64 seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random random(seed);
        Coins chain;
        MempoolLimits small;
        small.bytes_max = 40'000;
        Mempool busy(spec, chain, small, seed);
        std::size_t largest = 0;
        for (int step = 0; step < 150; ++step) {
            largest = std::max(largest, busy.size());
            if (step % 25 == 0) expect_sums_true(busy);
            // Spends of coins and of waiting outputs, one or two of each.
            std::vector<OutPoint> inputs;
            Amount value = 0;
            const auto waiting = busy.all();
            for (u64 i = 0; i <= random.below(2); ++i) {
                const MempoolEntry* from =
                    waiting.empty() ? nullptr : waiting[random.below(waiting.size())];
                if (from != nullptr && random.below(3) != 0) {
                    const u32 index = static_cast<u32>(random.below(from->tx->outputs.size()));
                    inputs.push_back({from->txid, index});
                    value += from->tx->outputs[index].value;
                } else {
                    inputs.push_back(chain.add(kCoin));
                    value += kCoin;
                }
            }
            const Amount fee = static_cast<Amount>(500 + random.below(20'000));
            if (value < 3 * fee) continue;
            static_cast<void>(busy.accept(spend(inputs, {(value - fee) / 2, (value - fee) / 2}),
                                          kNext, kNow + step));
            if (random.one_in(20)) {
                Block block;
                block.transactions.emplace_back();
                for (const auto& chosen : select_packages(busy, kNext, 2'000, 100))
                    block.transactions.push_back(*chosen.tx);
                for (const Transaction& tx : block.transactions) {
                    for (const TxIn& in : tx.inputs) chain.coins.erase(in.prevout);
                    for (u32 i = 0; i < tx.outputs.size(); ++i)
                        chain.coins[output(tx, i)] = {tx.outputs[i], Height(900), false};
                }
                busy.on_block_connected(block);
            }
        }
        EXPECT_GT(largest, 10u);
        expect_sums_true(busy);
        busy.on_reorganised({}, kNext, kNow);
        expect_sums_true(busy);
    }
}

}  // namespace
}  // namespace adit::node::mempool
