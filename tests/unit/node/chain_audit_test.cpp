#include "node/chain/audit.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "kernels/base/hex.hpp"
#include "node/chain/records.hpp"
#include "tests/unit/node/chain_support.hpp"

// A stored chain looked through from genesis, and a store's files bit by bit.
namespace adit::node::chain {
namespace {

namespace fs = std::filesystem;
using test::kNow;
using test::Tree;

AuditOptions made_up_audit()
{
    AuditOptions options;
    options.header_check = [](const BlockHeader&) { return consensus::Verdict(); };
    options.script_batch_check = [](std::span<const consensus::ScriptJob>) { return true; };
    options.now = kNow;
    return options;
}

/// Blocks with spends and branches in this store; its tip.
const BlockNode* fill(Chainstate& chain, int blocks, Tree& tree)
{
    for (int i = 0; i < blocks; ++i) (void)chain.accept_block(tree.grow().block, kNow);
    return chain.tip().block;
}

TEST(Audit, FindsNothingWhereNothingIsWrong)
{
    const auto spec = test::made_up_spec();
    for (u64 seed = 1; seed <= 10; ++seed) {
        const auto store = make_memory_store();
        const auto chain = std::move(*Chainstate::open(spec, *store, test::made_up_options()));
        Tree tree(spec, seed);
        fill(*chain, 60, tree);
        const auto report = audit(spec, *store, made_up_audit());
        ASSERT_TRUE(report) << seed << ": " << report.error().text;
        EXPECT_EQ(report->height, chain->tip().block->height.value);
        EXPECT_EQ(report->supply, chain->tip().supply);
    }
}

struct AuditTable : testing::Test {
    AuditTable()
    {
        chain = std::move(*Chainstate::open(spec, *store, test::made_up_options()));
        do end = fill(*chain, 20, tree);
        while (end->height.value <= 25);
    }
    /// What an audit says after this change: "height: words".
    std::string after(const std::function<void(Batch&)>& change)
    {
        Batch batch;
        change(batch);
        EXPECT_TRUE(store->write(batch));
        const auto report = audit(spec, *store, made_up_audit());
        if (report) return "nothing";
        const AuditFinding& finding = report.error();
        const std::string at =
            finding.height ? std::to_string(finding.height->value) : std::string("-");
        return at + ": " + finding.text;
    }
    Bytes key(u32 height) const { return block_key(*end->ancestor(Height(height))); }
    Bytes get(Column column, const Bytes& at) const { return **store->get(column, at); }

    consensus::ChainSpec spec = test::made_up_spec();
    std::unique_ptr<Store> store = make_memory_store();
    std::unique_ptr<Chainstate> chain;
    Tree tree{spec, 3};
    const BlockNode* end = nullptr;
};

TEST_F(AuditTable, NamesTheFirstBadHeight)
{
    ASSERT_GT(end->height.value, 20u);
    // From the end down, so that each is the first one.
    EXPECT_EQ(after([&](Batch& batch) {
                  TipRecord tip = *read_tip(get(Column::meta, Bytes{'t', 'i', 'p'}));
                  tip.supply.unspent += 1;
                  batch.put(Column::meta, as_bytes(kTipKey), to_record(tip));
              }),
              "-: the tip's sums do not fit the chain");
    EXPECT_EQ(after([&](Batch& batch) {
                  Bytes undo = get(Column::undo, key(20));
                  undo.push_back(0);
                  batch.put(Column::undo, key(20), undo);
              }),
              "20: its undo data does not fit");
    EXPECT_EQ(after([&](Batch& batch) { batch.erase(Column::bodies, key(18)); }),
              "18: its body is not there");
    EXPECT_EQ(after([&](Batch& batch) {
                  auto transactions = *read_body(get(Column::bodies, key(16)));
                  transactions[0].outputs[0].value -= 1;
                  Block block{{}, transactions};
                  batch.put(Column::bodies, key(16), body_record(block));
              }),
              "16: bad-txnmrklroot");
    EXPECT_EQ(after([&](Batch& batch) {
                  Bytes header = get(Column::headers, key(14));
                  header[100] ^= 1;
                  batch.put(Column::headers, key(14), header);
              }),
              "14: its header is another block's");
    EXPECT_EQ(after([&](Batch& batch) {
                  IndexRecord record = *read_index(get(Column::index, key(12)));
                  record.time += 1;
                  batch.put(Column::index, key(12), to_record(record));
              }),
              "12: its index record does not fit its header");
    EXPECT_EQ(after([&](Batch& batch) { batch.erase(Column::index, key(10)); }),
              "10: its index record is not there");
}

TEST_F(AuditTable, ComparesEveryCoin)
{
    const auto world = test::world_in(*store);
    ASSERT_GT(world.coins.size(), 3u);
    const auto& [outpoint, coin] = *world.coins.begin();
    const Bytes at = coin_key(outpoint);
    const Bytes there = get(Column::coins, at);
    EXPECT_EQ(after([&](Batch& batch) { batch.erase(Column::coins, at); }),
              "-: 1 coins are missing");
    consensus::Coin richer = coin;
    richer.out.value += 1;
    EXPECT_EQ(after([&](Batch& batch) { batch.put(Column::coins, at, to_record(richer)); }),
              "-: a coin does not fit the chain: " + to_hex(at));
    EXPECT_EQ(after([&](Batch& batch) { batch.put(Column::coins, at, there); }), "nothing");
    const Bytes invented = coin_key({TxId{}, 5});
    EXPECT_EQ(after([&](Batch& batch) { batch.put(Column::coins, invented, there); }),
              "-: a coin does not fit the chain: " + to_hex(invented));
}

TEST_F(AuditTable, RunsScriptsAndRulesAnew)
{
    AuditOptions strict = made_up_audit();
    strict.script_batch_check = [](std::span<const consensus::ScriptJob>) { return false; };
    const auto scripts = audit(spec, *store, strict);
    ASSERT_FALSE(scripts);
    EXPECT_EQ(scripts.error().text, "mandatory-script-verify-flag-failed");
    ASSERT_TRUE(scripts.error().height);
    AuditOptions no_work = made_up_audit();
    no_work.header_check = nullptr;
    const auto headers = audit(spec, *store, no_work);
    ASSERT_FALSE(headers);
    EXPECT_EQ(headers.error().height, Height(1));
    EXPECT_EQ(headers.error().text, "invalid-solution");
}

/// A transaction too large to lie in a table: its block goes to a blob file.
Transaction large(const OutPoint& coin)
{
    return test::spend({coin}, std::vector<TxOut>(200, {1, Script(25, 0x51)}));
}

/// Flips one bit of a file for as long as it lives.
class FlippedBit {
public:
    FlippedBit(fs::path path, u64 bit) : path_(std::move(path)), bit_(bit) { flip(); }
    ~FlippedBit() { flip(); }
    FlippedBit(const FlippedBit&) = delete;
    FlippedBit& operator=(const FlippedBit&) = delete;

private:
    void flip() const
    {
        std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
        file.seekg(static_cast<std::streamoff>(bit_ / 8));
        const int byte = file.get();
        file.seekp(static_cast<std::streamoff>(bit_ / 8));
        file.put(static_cast<char>(byte ^ 1 << bit_ % 8));
    }
    fs::path path_;
    u64 bit_;
};

TEST(InspectStore, FindsEveryFlippedBit)
{
    constexpr int kFlips = 200;
    const auto spec = test::made_up_spec();
    const test::TemporaryFolder folder;
    const fs::path copy = folder.path() / "copy";
    {
        // Tables and blobs of one life, a log of the next one, copied while it runs: what a kill
        // leaves.
        StoreConfig config = test::store_config(folder.path() / "store");
        for (const int blocks : {40, 30}) {
            const auto store = std::move(*open_store(config));
            const auto chain = std::move(*Chainstate::open(spec, *store, test::made_up_options()));
            const BlockNode* tip = chain->tip().block;
            for (int i = 0; i < blocks; ++i) {
                test::BlockPlan plan;
                plan.salt = tip->height.value;
                if (tip->height.value > 4) {
                    const auto from = **chain->block_of(
                        *tip->ancestor(Height(tip->height.value - spec.coinbase_maturity)));
                    plan.transactions.push_back(large({txid_of(from.transactions[0]), 0}));
                }
                ASSERT_TRUE(chain->accept_block(test::make_block(spec, *tip, plan), kNow));
                tip = chain->tip().block;
            }
            ASSERT_GT(tip->height.value, 30u);
            if (blocks == 30) fs::copy(config.folder, copy, fs::copy_options::recursive);
        }
    }
    StoreConfig config = test::store_config(copy);
    {
        const auto store = inspect_store(config);
        ASSERT_TRUE(store) << store.error().text;
        const auto report = audit(spec, **store, made_up_audit());
        ASSERT_TRUE(report) << report.error().text;
        EXPECT_EQ(report->height, 70u);
        Batch batch;
        batch.put(Column::meta, as_bytes("x"), as_bytes("y"));
        EXPECT_FALSE((*store)->write(batch));
    }
    std::vector<std::vector<fs::path>> kinds(3);  // table, blob, log
    const std::array<const char*, 3> extensions{".sst", ".blob", ".log"};
    for (const auto& entry : fs::directory_iterator(copy / "db"))
        for (std::size_t kind = 0; kind < kinds.size(); ++kind)
            if (entry.path().extension() == extensions[kind] && fs::file_size(entry.path()) > 0)
                kinds[kind].push_back(entry.path());
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        ASSERT_FALSE(kinds[kind].empty()) << extensions[kind];

    Random random(20261122);
    int found = 0;
    for (int i = 0; i < kFlips; ++i) {
        const auto& files = kinds[static_cast<std::size_t>(i) % 3];
        const fs::path& file = files[random.below(files.size())];
        const u64 bit = random.below(fs::file_size(file) * 8);
        const FlippedBit flipped(file, bit);
        const auto store = inspect_store(config);
        EXPECT_FALSE(store) << file << " bit " << bit;
        if (store) continue;
        ++found;
        EXPECT_FALSE(store.error().text.empty());
    }
    EXPECT_EQ(found, kFlips);
    EXPECT_TRUE(inspect_store(config)) << "every bit is back";
}

}  // namespace
}  // namespace adit::node::chain
