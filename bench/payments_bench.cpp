#include <benchmark/benchmark.h>

#include "kernels/base/check.hpp"
#include "kernels/base/json.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/app/script_checks.hpp"
#include "node/mempool/chain_pool.hpp"
#include "node/mempool/signature_cache.hpp"
#include "node/rpc/template_json.hpp"
#include "node/script/signer.hpp"
#include "node/script/templates.hpp"
#include "tests/unit/node/chain_support.hpp"

// Payments with real signatures: scripts checked, blocks full of them connected, transactions taken
// into the pool, templates made of thousands. Proof of work apart; the store is in memory, so that
// disks do not blur the figures.
namespace adit::node {
namespace {

using chain::BlockNode;

constexpr u32 kCoinsPerFan = 1'250;

const crypto::SecretKey& key()
{
    static const auto made = *crypto::SecretKey::from_bytes(Bytes(32, 7));
    return made;
}

const Script& lock()
{
    static const Script made = script::pay_to_pubkey_hash(key().public_key().hash());
    return made;
}

void sign_all(Transaction& tx, const TxOut& spent)
{
    script::Keyring ring;
    ring.key = [](const Hash160&) { return &key(); };
    for (std::size_t i = 0; i < tx.inputs.size(); ++i) ADIT_CHECK(sign_input(tx, i, spent, ring));
}

Transaction pay(const OutPoint& from, const TxOut& spent, u32 outputs, Amount fee)
{
    Transaction tx;
    tx.inputs.push_back({from, {}, 0xffffffff});
    tx.outputs.assign(outputs, {(spent.value - fee) / outputs, lock()});
    sign_all(tx, spent);
    return tx;
}

consensus::ChainSpec bench_spec()
{
    auto spec = chain::test::made_up_spec();
    spec.coinbase_maturity = 1;
    return spec;
}

/// Two blocks that leave many coins to one key, and a payment of each of these.
struct Payments {
    explicit Payments(u32 fans) : spec(bench_spec()), index(spec.genesis.header)
    {
        tip = index.genesis();
        grow({});
        const TxOut coin = blocks[0].transactions[0].outputs[0];
        std::vector<Transaction> made{pay({txid_of(blocks[0].transactions[0]), 0}, coin, fans, 0)};
        const TxId split = txid_of(made[0]);
        const TxOut part = made[0].outputs[0];
        for (u32 i = 0; i < fans; ++i) made.push_back(pay({split, i}, part, kCoinsPerFan, 0));
        // One block holds some forty fans.
        grow(made);
        for (u32 i = 1; i <= fans; ++i) {
            const TxId fan = txid_of(made[i]);
            for (u32 n = 0; n < kCoinsPerFan; ++n)
                singles.push_back(
                    pay({fan, n}, made[i].outputs[n], 1, 1'000 + (n * 7919 + i * 131) % 2'000));
        }
    }

    void grow(std::vector<Transaction> transactions)
    {
        chain::test::BlockPlan plan;
        plan.salt = blocks.size();
        plan.transactions = std::move(transactions);
        Block block = chain::test::make_block(spec, *tip, plan);
        block.transactions[0].outputs[0].script_pubkey = lock();
        block.header.merkle_root = merkle_root_of(block.transactions).root;
        const BlockHeader& h = block.header;
        tip = index.add(hash_of(h), *tip, h.version, h.time, h.bits);
        blocks.push_back(std::move(block));
    }

    consensus::ChainSpec spec;
    chain::BlockIndex index;
    const BlockNode* tip = nullptr;
    std::vector<Block> blocks;
    std::vector<Transaction> singles;
};

const Payments& eight_fans()
{
    static const Payments made(8);  // 10,000 payments
    return made;
}

/// A chain over the first blocks, with scripts checked for real.
struct Node {
    explicit Node(const Payments& payments, script::SpendTeam& its_team)
        : team(its_team), store(chain::make_memory_store())
    {
        chain::Chainstate::Options options = chain::test::made_up_options();
        options.script_batch_check = app::consensus_script_checks(team, &signatures);
        chain = std::move(*chain::Chainstate::open(payments.spec, *store, std::move(options)));
        for (std::size_t i = 0; i < 2; ++i) accept(payments.blocks[i]);
    }
    void accept(const Block& block)
    {
        const auto outcome = chain->accept_block(block, chain::test::kNow);
        ADIT_CHECK(outcome && *outcome == chain::BlockOutcome::connected);
    }

    script::SpendTeam& team;
    mempool::SignatureCache signatures;
    std::unique_ptr<chain::Store> store;
    std::unique_ptr<chain::Chainstate> chain;
};

/// Inputs of the usual kind on one core: script, signature hash, signature.
void BM_ScriptChecks(benchmark::State& state)
{
    const Payments& payments = eight_fans();
    const TxOut spent = payments.blocks[1].transactions[1].outputs[0];
    std::size_t at = 0;
    for (auto _ : state) {
        ADIT_CHECK(script::check_spend(payments.singles[at], 0, spent, script::kConsensusFlags));
        at = (at + 1) % payments.singles.size();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ScriptChecks)->Name("scripts/pay_to_pubkey_hash");

/// One transaction as large as allowed, all inputs signed: each signature covers the whole of it,
/// so that its cost grows with the square of its size. Twenty of them fill a block.
void BM_LargestTransaction(benchmark::State& state)
{
    const TxOut spent{kCoin, lock()};
    Transaction tx;
    tx.outputs = {spent};
    while (true) {
        const auto n = static_cast<u32>(tx.inputs.size());
        tx.inputs.push_back({{TxId(hash::sha256d(as_bytes("a coin"))), n}, Bytes(107), 0xffffffff});
        if (to_bytes(tx).size() > 99'900) break;
    }
    sign_all(tx, spent);
    for (auto _ : state)
        for (std::size_t i = 0; i < tx.inputs.size(); ++i)
            ADIT_CHECK(script::check_spend(tx, i, spent, script::kConsensusFlags));
    state.counters["inputs"] = static_cast<double>(tx.inputs.size());
}
BENCHMARK(BM_LargestTransaction)
    ->Name("scripts/largest_transaction")
    ->Unit(benchmark::kMillisecond);

/// A block of nearly two megabytes, one input and one output a transaction.
void BM_ConnectPayments(benchmark::State& state)
{
    const Payments& payments = eight_fans();
    const auto helpers = static_cast<unsigned>(state.range(0)) - 1;
    const bool seen_before = state.range(1) != 0;
    script::SpendTeam team(helpers);
    chain::test::BlockPlan plan;
    plan.salt = 77;
    plan.transactions = payments.singles;
    for (const Transaction& tx : plan.transactions)
        plan.fees += payments.blocks[1].transactions[2].outputs[0].value - tx.outputs[0].value;
    const Block block = chain::test::make_block(payments.spec, *payments.tip, plan);
    for (auto _ : state) {
        state.PauseTiming();
        {
            Node node(payments, team);
            if (seen_before) {
                ManualClock clock(static_cast<UnixTime>(payments.tip->time) + 10);
                mempool::ChainPool pool(*node.chain, clock, {}, 1, &node.signatures);
                for (const Transaction& tx : payments.singles) ADIT_CHECK(pool.submit(tx));
            }
            state.ResumeTiming();
            node.accept(block);
            state.PauseTiming();
        }
        state.ResumeTiming();
    }
    state.counters["bytes"] = static_cast<double>(to_bytes(block).size());
    state.SetItemsProcessed(state.iterations() * static_cast<i64>(payments.singles.size()));
}
BENCHMARK(BM_ConnectPayments)
    ->Name("connect/10000_payments")
    ->ArgNames({"threads", "seen_before"})
    ->Args({1, 0})
    ->Args({2, 0})
    ->Args({1, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_PoolAccept(benchmark::State& state)
{
    const Payments& payments = eight_fans();
    script::SpendTeam team(0);
    for (auto _ : state) {
        state.PauseTiming();
        {
            Node node(payments, team);
            ManualClock clock(static_cast<UnixTime>(payments.tip->time) + 10);
            mempool::ChainPool pool(*node.chain, clock, {}, 1, &node.signatures);
            state.ResumeTiming();
            for (const Transaction& tx : payments.singles) ADIT_CHECK(pool.submit(tx));
            state.PauseTiming();
        }
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<i64>(payments.singles.size()));
}
BENCHMARK(BM_PoolAccept)->Name("pool/accept_10000")->Unit(benchmark::kMillisecond)->UseRealTime();

/// From the moment a new tip is durable to the template on it, while this many wait; as_text: to
/// the text that getblocktemplate answers.
void BM_TemplateAfterTip(benchmark::State& state)
{
    const Payments& payments = eight_fans();
    const auto waiting = static_cast<std::size_t>(state.range(0));
    const bool as_text = state.range(1) != 0;
    script::SpendTeam team(0);
    Node node(payments, team);
    ManualClock clock(static_cast<UnixTime>(payments.tip->time) + 10);
    mempool::ChainPool pool(*node.chain, clock, {}, 1, &node.signatures);
    for (std::size_t i = 0; i < waiting; ++i) ADIT_CHECK(pool.submit(payments.singles[i]));
    rpc::TemplateFeed feed(
        *node.chain, clock, lock(),
        [n = u8{0}](MutableByteView bytes) mutable {
            for (u8& byte : bytes) byte = ++n;
        },
        &pool);
    chain::test::BlockPlan plan;
    for (auto _ : state) {
        state.PauseTiming();
        clock.advance(std::chrono::seconds(10));
        ++plan.salt;
        node.accept(chain::test::make_block(payments.spec, *node.chain->tip().block, plan));
        state.ResumeTiming();
        const auto offer = feed.make();
        ADIT_CHECK(offer.block.transactions.size() == waiting);
        if (as_text)
            benchmark::DoNotOptimize(json::to_text(rpc::template_json(payments.spec, offer)));
    }
}
BENCHMARK(BM_TemplateAfterTip)
    ->Name("template/after_tip")
    ->ArgNames({"waiting", "as_text"})
    ->Args({0, 0})
    ->Args({5'000, 0})
    ->Args({5'000, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace adit::node
