#include <benchmark/benchmark.h>

#include "kernels/base/check.hpp"
#include "node/chain/records.hpp"
#include "node/mempool/block_template.hpp"
#include "tests/unit/node/chain_support.hpp"

// What a node does with blocks, proof of work and scripts apart: connect them, take them back, find
// them again at start. Headers are as large as (200,9) ones; the store is on disk.
namespace adit::node::chain {
namespace {

constexpr std::size_t kSolutionBytes = 1344;

/// A chain of blocks with nothing but a coinbase.
std::vector<Block> near_empty(const consensus::ChainSpec& spec, int count)
{
    BlockIndex index(spec.genesis.header);
    const BlockNode* tip = index.genesis();
    std::vector<Block> blocks;
    Random random(1);
    for (int i = 0; i < count; ++i) {
        test::BlockPlan plan;
        plan.salt = static_cast<u64>(i);
        Block block = test::make_block(spec, *tip, plan);
        block.header.solution.resize(kSolutionBytes);
        for (u8& byte : block.header.solution) byte = static_cast<u8>(random.next());
        const BlockHeader& h = block.header;
        tip = index.add(hash_of(h), *tip, h.version, h.time, h.bits);
        blocks.push_back(std::move(block));
    }
    return blocks;
}

struct Node {
    explicit Node(const consensus::ChainSpec& of) : spec(of) { reopen(); }
    void reopen()
    {
        chain.reset();
        store.reset();
        store = std::move(*open_store(test::store_config(folder.path() / "store")));
        chain = std::move(*Chainstate::open(spec, *store, test::made_up_options()));
    }
    void accept(const Block& block, Publish when)
    {
        const auto outcome = chain->accept_block(block, test::kNow, when);
        ADIT_CHECK(outcome && *outcome == BlockOutcome::connected);
    }

    const consensus::ChainSpec& spec;
    test::TemporaryFolder folder;
    std::unique_ptr<Store> store;
    std::unique_ptr<Chainstate> chain;
};

void BM_ConnectNearEmpty(benchmark::State& state)
{
    const auto spec = test::made_up_spec();
    const auto blocks = near_empty(spec, static_cast<int>(state.range(0)));
    const Publish each = state.range(1) != 0 ? Publish::now : Publish::later;
    for (auto _ : state) {
        state.PauseTiming();
        Node node(spec);
        state.ResumeTiming();
        for (const Block& block : blocks) node.accept(block, each);
        ADIT_CHECK(node.chain->publish());
        state.PauseTiming();
        node.chain.reset();
        node.store.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<i64>(blocks.size()));
}
BENCHMARK(BM_ConnectNearEmpty)
    ->Name("connect/near_empty")
    ->ArgNames({"blocks", "sync_each"})
    ->Args({2000, 0})
    ->Args({100, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// Three blocks: a coinbase; its coin split in two steps into 12,500; a block of nearly two
/// megabytes with a transaction for each of these.
std::vector<Block> spends(const consensus::ChainSpec& spec)
{
    BlockIndex index(spec.genesis.header);
    const BlockNode* tip = index.genesis();
    std::vector<Block> blocks;
    const auto grow = [&](std::vector<Transaction> transactions) {
        test::BlockPlan plan;
        plan.transactions = std::move(transactions);
        blocks.push_back(test::make_block(spec, *tip, plan));
        const BlockHeader& h = blocks.back().header;
        tip = index.add(hash_of(h), *tip, h.version, h.time, h.bits);
    };
    const Script lock(25, 0x51);
    grow({});
    const OutPoint first{txid_of(blocks[0].transactions[0]), 0};
    std::vector<Transaction> fans{test::spend({first}, std::vector<TxOut>(2500, {1000, lock}))};
    const TxId split = txid_of(fans[0]);
    for (u32 fan = 0; fan < 10; ++fan) {
        std::vector<OutPoint> from;
        for (u32 i = 0; i < 250; ++i) from.push_back({split, fan * 250 + i});
        fans.push_back(test::spend(from, std::vector<TxOut>(1250, {100, lock})));
    }
    grow(fans);
    std::vector<Transaction> singles;
    for (u32 fan = 1; fan <= 10; ++fan)
        for (u32 i = 0; i < 1250; ++i) {
            singles.push_back(test::spend({{txid_of(fans[fan]), i}}, {{100, lock}}));
            singles.back().inputs[0].script_sig.resize(72, 0x51);
        }
    grow(std::move(singles));
    return blocks;
}

void BM_ConnectSpends(benchmark::State& state)
{
    auto spec = test::made_up_spec();
    spec.coinbase_maturity = 1;
    const std::vector<Block> blocks = spends(spec);
    const bool cold = state.range(0) != 0;
    for (auto _ : state) {
        state.PauseTiming();
        Node node(spec);
        node.accept(blocks[0], Publish::now);
        node.accept(blocks[1], Publish::now);
        if (cold) node.reopen();
        state.ResumeTiming();
        node.accept(blocks[2], Publish::now);
        state.PauseTiming();
        node.chain.reset();
        node.store.reset();
        state.ResumeTiming();
    }
    state.counters["bytes"] = static_cast<double>(to_bytes(blocks[2]).size());
    state.SetItemsProcessed(state.iterations() * 12'500);
}
BENCHMARK(BM_ConnectSpends)
    ->Name("connect/12500_spends")
    ->ArgName("cold_cache")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// Start of a node with this many blocks: from closed files to a tip.
void BM_Start(benchmark::State& state)
{
    const auto spec = test::made_up_spec();
    Node node(spec);
    // Index records alone: bodies and headers are not read at start.
    Batch batch;
    BlockIndex index(spec.genesis.header);
    const BlockNode* tip = index.genesis();
    for (i64 i = 1; i <= state.range(0); ++i) {
        BlockHash hash;
        Random random(static_cast<u64>(i));
        for (u8& byte : hash.bytes) byte = static_cast<u8>(random.next());
        tip = index.add(hash, *tip, 4, tip->time + 10, i % 3 == 0 ? 0x200f0f00 : 0x2007ffff);
        Standing standing;
        standing.has_body = standing.was_connected = true;
        index.set_standing(*tip, standing);
        index.set_arrival(*tip, static_cast<u64>(i + 1));
        batch.put(Column::index, block_key(*tip), to_record(index_record_of(*tip)));
    }
    batch.put(Column::meta, as_bytes(kTipKey), to_record(TipRecord{tip->hash, tip->height, {}}));
    ADIT_CHECK(node.store->write(batch));
    for (auto _ : state) {
        node.reopen();
        ADIT_CHECK(node.chain->tip().block->height.value == state.range(0));
    }
}
BENCHMARK(BM_Start)
    ->Name("start")
    ->ArgName("blocks")
    ->Arg(1'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_Template(benchmark::State& state)
{
    const auto spec = test::made_up_spec();
    BlockIndex index(spec.genesis.header);
    const BlockNode* tip = index.genesis();
    for (const Block& block : near_empty(spec, 100)) {
        const BlockHeader& h = block.header;
        tip = index.add(hash_of(h), *tip, h.version, h.time, h.bits);
    }
    mempool::TemplateRequest request;
    request.miner_script = Script(25, 0x51);
    request.extra = Bytes(16, 7);
    request.now = tip->time + 10;
    for (auto _ : state) benchmark::DoNotOptimize(mempool::make_template(spec, *tip, request));
}
BENCHMARK(BM_Template)->Name("template/coinbase_alone")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace adit::node::chain
