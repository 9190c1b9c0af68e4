#include "tests/unit/node/chain_support.hpp"

#include <algorithm>
#include <limits>

#include "kernels/base/check.hpp"
#include "node/chain/records.hpp"
#include "node/consensus/subsidy.hpp"
#include "node/mempool/block_template.hpp"
#include "node/script/script.hpp"

namespace adit::node::chain::test {

using consensus::Coin;

namespace {

Script anybody(u8 mark) { return {script::OP_1, mark}; }

}  // namespace

consensus::ChainSpec made_up_spec()
{
    consensus::ChainSpec spec;
    spec.name = "made-up";
    spec.params = {48, 5};
    spec.difficulty.limit_bits = 0x200f0f00;
    spec.difficulty.limit = *U256::from_hex("0f0f00" + std::string(58, '0'));
    spec.difficulty.spacing_s = 10;
    spec.difficulty.window = 3;
    spec.time.median_span = 3;
    spec.subsidy = {12'5000'0001, 20, 0};
    spec.reward_eras = {{1,
                         {{.role = consensus::Role::treasury,
                           .share_bp = 2'000,
                           .scripts = {anybody('t')},
                           .addresses = {"treasury"}},
                          {.role = consensus::Role::secure_nodes,
                           .share_bp = 3'000,
                           .scripts = {anybody('s')},
                           .addresses = {"secure"}}}}};
    spec.coinbase_maturity = 3;
    spec.money_max = 21'000'000 * kCoin;
    spec.max_reorg = 1'000;

    Transaction coinbase;
    coinbase.inputs.push_back({OutPoint{}, {0x01, 0x00}});
    coinbase.outputs.push_back({5 * kCoin, anybody('g')});
    spec.genesis.transactions = {coinbase};
    spec.genesis.header.time = 1'600'000'000;
    spec.genesis.header.bits = spec.difficulty.limit_bits;
    spec.genesis.header.merkle_root = merkle_root_of(spec.genesis.transactions).root;
    return spec;
}

Chainstate::Options made_up_options()
{
    Chainstate::Options options;
    options.header_check = [](const BlockHeader&) { return consensus::Verdict(); };
    options.script_check = [](const Transaction& tx, std::size_t input, const TxOut&) {
        const Script& script = tx.inputs[input].script_sig;
        return script.empty() || script[0] != kBadSpend;
    };
    return options;
}

Block make_block(const consensus::ChainSpec& spec, const BlockNode& parent, const BlockPlan& plan)
{
    mempool::TemplateRequest request;
    request.miner_script = anybody('m');
    request.extra.resize(8);
    store_le(request.extra.data(), plan.salt);
    request.now = parent.time + plan.time_step_s;
    for (const Transaction& tx : plan.transactions)
        request.transactions.push_back(
            {std::make_shared<const Transaction>(tx), txid_of(tx), 0, 0, {}});
    if (!plan.transactions.empty()) request.transactions[0].fee = plan.fees;
    Block block = mempool::make_template(spec, parent, request).block();
    if (plan.coinbase_extra != 0) {
        block.transactions[0].outputs[0].value += plan.coinbase_extra;
        block.header.merkle_root = merkle_root_of(block.transactions).root;
    }
    return block;
}

Transaction spend(const std::vector<OutPoint>& coins, const std::vector<TxOut>& outputs)
{
    Transaction tx;
    for (const OutPoint& coin : coins) tx.inputs.push_back({coin, {0x51}});
    tx.outputs = outputs;
    return tx;
}

void World::replay(const Block& block, Height height)
{
    for (const Transaction& tx : block.transactions) {
        for (const TxIn& in : tx.inputs) {
            if (tx.is_coinbase()) break;
            supply.unspent -= coins.at(in.prevout).out.value;
            supply.issued -= coins.at(in.prevout).out.value;
            coins.erase(in.prevout);
        }
        for (u32 i = 0; i < tx.outputs.size(); ++i) {
            const TxOut& out = tx.outputs[i];
            supply.issued += out.value;
            if (!out.script_pubkey.empty() && out.script_pubkey[0] == script::OP_RETURN) {
                supply.unspendable += out.value;
            } else {
                supply.unspent += out.value;
                coins[{txid_of(tx), i}] = {out, height, tx.is_coinbase()};
            }
        }
    }
    supply.coins = coins.size();
}

World genesis_world(const consensus::ChainSpec& spec)
{
    World world;
    for (const TxOut& out : spec.genesis.transactions[0].outputs) world.supply.issued += out.value;
    world.supply.unspendable = world.supply.issued;
    return world;
}

World world_in(const Store& store)
{
    World world;
    const auto scanned = store.scan(Column::coins, [&](ByteView key, ByteView value) {
        world.coins[*read_coin_key(key)] = *read_coin(value);
        return true;
    });
    ADIT_CHECK(scanned.has_value());
    world.supply = read_tip(**store.get(Column::meta, as_bytes(kTipKey)))->supply;
    return world;
}

Tree::Tree(const consensus::ChainSpec& spec, u64 seed)
    : spec_(spec), random_(seed), index_(spec.genesis.header)
{
    leaves_.push_back({spec.genesis, index_.genesis(), nullptr, genesis_world(spec), true, false});
    by_hash_[index_.genesis()->hash] = &leaves_.back();
}

Leaf& Tree::find(const BlockHash& hash) { return *by_hash_.at(hash); }

Leaf& Tree::grow()
{
    const std::size_t count = leaves_.size();
    std::size_t back = 0;
    if (random_.one_in(3)) back = random_.below(std::min<std::size_t>(count, 6));
    if (random_.one_in(25)) back = random_.below(count);
    // Few grow on what is broken.
    while (!leaves_[count - 1 - back].valid && !random_.one_in(4)) ++back;
    return grow_on(leaves_[count - 1 - back], random_.one_in(8));
}

Leaf& Tree::grow_on(Leaf& parent, bool may_break)
{
    BlockPlan plan;
    plan.salt = ++salt_;
    plan.time_step_s = static_cast<u32>(random_.below(40));
    if (parent.valid) plan.transactions = random_spends(parent, plan.fees);
    bool breaks = false;
    if (may_break && parent.valid) {
        breaks = true;
        const u64 kind = plan.transactions.empty() ? 0 : random_.below(3);
        if (kind == 0) plan.coinbase_extra = 1;
        if (kind == 1) plan.transactions.back().inputs[0].script_sig = {kBadSpend};
        if (kind == 2)
            plan.transactions.push_back(plan.transactions.front()),
                plan.transactions.back().lock_time = 1;  // spends the same coins again
    } else if (random_.one_in(4)) {
        plan.coinbase_extra = -1;  // the miner may take less
    }
    Block block = make_block(spec_, *parent.node, plan);
    const BlockHeader& h = block.header;
    const BlockNode* node = index_.add(hash_of(h), *parent.node, h.version, h.time, h.bits);
    Leaf& leaf = leaves_.emplace_back(
        Leaf{std::move(block), node, &parent, {}, parent.valid && !breaks, breaks});
    if (leaf.valid) {
        leaf.world = parent.world;
        leaf.world.replay(leaf.block, node->height);
    }
    by_hash_[node->hash] = &leaf;
    return leaf;
}

std::vector<Transaction> Tree::random_spends(const Leaf& parent, Amount& fees)
{
    std::vector<Transaction> transactions;
    std::map<OutPoint, TxOut> spendable;
    for (const auto& [outpoint, coin] : parent.world.coins)
        if (!coin.coinbase ||
            coin.height.value + spec_.coinbase_maturity <= parent.node->height.value + 1)
            spendable[outpoint] = coin.out;
    while (!spendable.empty() && random_.below(3) != 0 && transactions.size() < 4) {
        std::vector<OutPoint> inputs;
        Amount sum = 0;
        for (u64 i = random_.below(3) + 1; i > 0 && !spendable.empty(); --i) {
            auto chosen = std::next(spendable.begin(),
                                    static_cast<std::ptrdiff_t>(random_.below(spendable.size())));
            inputs.push_back(chosen->first);
            sum += chosen->second.value;
            spendable.erase(chosen);
        }
        const Amount fee = static_cast<Amount>(random_.below(static_cast<u64>(sum / 8) + 1));
        std::vector<TxOut> outputs;
        Amount left = sum - fee;
        for (u64 i = random_.below(3); i > 0; --i) {
            const Amount part = static_cast<Amount>(random_.below(static_cast<u64>(left) + 1));
            left -= part;
            outputs.push_back({part, random_.one_in(4) ? Script{script::OP_RETURN, 1, 2}
                                                       : anybody(u8(random_.below(200)))});
        }
        outputs.push_back({left, anybody('r')});
        transactions.push_back(spend(inputs, outputs));
        fees += fee;
        // The next one may spend what this one makes.
        const TxId txid = txid_of(transactions.back());
        for (u32 i = 0; i < outputs.size(); ++i)
            if (outputs[i].script_pubkey[0] != script::OP_RETURN) spendable[{txid, i}] = outputs[i];
    }
    return transactions;
}

TemporaryFolder::TemporaryFolder()
{
    std::string name = (std::filesystem::temp_directory_path() / "adit-chain-XXXXXX").string();
    ADIT_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

StoreConfig store_config(const std::filesystem::path& folder)
{
    StoreConfig config;
    config.folder = folder;
    config.chain_id.bytes.fill(7);
    config.chain_name = "made-up";
    config.memory_bytes_max = 8u << 20;
    return config;
}

}  // namespace adit::node::chain::test
