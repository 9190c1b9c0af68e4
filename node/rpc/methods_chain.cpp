#include <charconv>

#include "kernels/base/hex.hpp"
#include "node/consensus/difficulty.hpp"
#include "node/rpc/services.hpp"
#include "node/rpc/shapes.hpp"

// Blocks, headers, coins and the chain as a whole.
namespace adit::node::rpc {
namespace {

using chain::BlockNode;

constexpr i64 kVerbosityMax = 2;

RpcError out_of_range() { return {RpcCode::parameter, "Block height out of range"}; }

/// Negative heights count from the end: -1 is the tip.
Result<const BlockNode*, RpcError> block_at(const NodeServices& node, i64 height)
{
    const i64 tip = node.tip().height.value;
    if (height < 0) height += tip + 1;
    if (height < 0 || height > tip) return out_of_range();
    return node.tip().ancestor(Height(static_cast<u32>(height)));
}

Result<const BlockNode*, RpcError> block_named(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const Hash256 hash, params.hash(0));
    const BlockNode* found = node.chain.find(BlockHash(hash));
    if (found == nullptr) return RpcError{RpcCode::address_or_key, "Block not found"};
    return found;
}

/// A hash, or a height as a number or as digits.
Result<const BlockNode*, RpcError> block_named_or_at(const NodeServices& node, const Params& params)
{
    if (const json::value* v = params.at(0); v != nullptr && v->is_int64())
        return block_at(node, v->get_int64());
    ADIT_TRY(const auto text, params.text(0));
    i64 height = 0;
    const char* end = text ? text->data() + text->size() : nullptr;
    if (text && text->size() < 20)
        if (const auto read = std::from_chars(text->data(), end, height);
            read.ec == std::errc{} && read.ptr == end)
            return block_at(node, height);
    return block_named(node, params);
}

RpcResult getblock(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto verbosity, params.level(1, 1));
    if (verbosity.value_or(1) < 0 || verbosity.value_or(1) > kVerbosityMax)
        return RpcError{RpcCode::parameter, "verbosity must be 0, 1 or 2"};
    ADIT_TRY(const BlockNode* found, block_named_or_at(node, params));
    const auto block = node.chain.block_of(*found);
    if (!block) return database_error(block.error());
    if (!*block) return RpcError{RpcCode::misc, "Block not available (only its header is known)"};
    if (verbosity == 0) return json::value(to_hex(to_bytes(**block)));
    return json::value(block_json(node.spec(), **block, *found, node.tip(), verbosity == 2));
}

RpcResult getblockheader(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto verbose, params.boolean(1));
    ADIT_TRY(const BlockNode* found, block_named(node, params));
    const auto header = node.chain.header_of(*found);
    if (!header) return database_error(header.error());
    if (!verbose.value_or(true)) return json::value(to_hex(to_bytes(*header)));
    return json::value(header_json(node.spec(), *header, *found, node.tip()));
}

RpcResult getblockhash(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto height, params.integer(0));
    if (!height) return RpcError{RpcCode::type, "height must be a whole number"};
    ADIT_TRY(const BlockNode* found, block_at(node, *height));
    return hash_json(found->hash);
}

RpcResult getblockchaininfo(const NodeServices& node)
{
    const consensus::ChainSpec& spec = node.spec();
    const BlockNode& tip = node.tip();
    const BlockNode& best = *node.chain.best_header();
    const double progress =
        best.height.value == 0 ? 1.0 : static_cast<double>(tip.height.value) / best.height.value;
    return json::value({{"chain", spec.name},
                        {"chainid", to_hex(chain_id(spec).bytes)},
                        {"blocks", tip.height.value},
                        {"headers", best.height.value},
                        {"bestblockhash", hash_json(tip.hash)},
                        {"difficulty", consensus::difficulty_of(spec, node.templates.next_bits())},
                        {"mediantime", tip.median_time(spec.time.median_span)},
                        {"verificationprogress", std::min(progress, 1.0)},
                        {"chainwork", tip.total_work.to_hex()},
                        {"initial_block_download_complete", &tip == &best},
                        {"size_on_disk", node.disk_bytes()},
                        {"pruned", false},
                        {"softforks", json::array{}}});
}

RpcResult getchaintips(const NodeServices& node)
{
    const BlockNode& tip = node.tip();
    json::array tips;
    for (const BlockNode* end : node.chain.branch_tips()) {
        const chain::Standing standing = end->standing();
        const char* status = "headers-only";
        if (end == &tip)
            status = "active";
        else if (standing.failed)
            status = "invalid";
        else if (standing.was_connected)
            status = "valid-fork";
        else if (standing.linked)
            status = "valid-headers";
        tips.emplace_back(
            json::object{{"height", end->height.value},
                         {"hash", hash_json(end->hash)},
                         {"branchlen", end->height.value - chain::fork_of(end, &tip)->height.value},
                         {"status", status}});
    }
    return json::value(std::move(tips));
}

json::value waiting_output(const NodeServices& node, const mempool::MempoolEntry& entry, u32 n)
{
    if (n >= entry.tx->outputs.size()) return nullptr;
    const TxOut& out = entry.tx->outputs[n];
    return {{"bestblock", hash_json(node.tip().hash)},
            {"confirmations", 0},
            {"value", coins_json(out.value)},
            {"valueZat", out.value},
            {"scriptPubKey", script_pubkey_json(node.spec(), out.script_pubkey)},
            {"version", 1},
            {"coinbase", false}};
}

RpcResult gettxout(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const Hash256 txid, params.hash(0));
    ADIT_TRY(const auto n, params.integer(1));
    if (!n || *n < 0 || *n > 0xffffffff)
        return RpcError{RpcCode::parameter, "n must be an output's place: 0, 1, 2 …"};
    ADIT_TRY(const auto with_pool, params.boolean(2));
    const OutPoint outpoint{TxId(txid), static_cast<u32>(*n)};
    if (with_pool.value_or(true)) {
        if (node.pool.pool().spender_of(outpoint) != nullptr) return json::value(nullptr);
        if (const auto* waiting = node.pool.pool().find(outpoint.txid))
            return waiting_output(node, *waiting, outpoint.index);
    }
    const auto found = node.chain.coin(outpoint);
    if (!found) return database_error(found.error());
    if (!found->coin) return json::value(nullptr);
    const consensus::Coin& coin = *found->coin;
    return json::value({{"bestblock", hash_json(found->as_of->hash)},
                        {"confirmations", found->as_of->height.value - coin.height.value + 1},
                        {"value", coins_json(coin.out.value)},
                        {"valueZat", coin.out.value},
                        {"scriptPubKey", script_pubkey_json(node.spec(), coin.out.script_pubkey)},
                        {"version", 1},
                        {"coinbase", coin.coinbase}});
}

RpcResult gettxoutsetinfo(const NodeServices& node)
{
    const chain::Tip tip = node.chain.tip();
    const chain::Supply& supply = tip.supply;
    return json::value({{"height", tip.block->height.value},
                        {"bestblock", hash_json(tip.block->hash)},
                        {"txouts", supply.coins},
                        {"total_amount", coins_json(supply.unspent)},
                        {"issued", coins_json(supply.issued)},
                        {"issuedZat", supply.issued},
                        {"unspent", coins_json(supply.unspent)},
                        {"unspentZat", supply.unspent},
                        {"unspendable", coins_json(supply.unspendable)},
                        {"unspendableZat", supply.unspendable}});
}

/// Takes the block that the call names out of the chain, or back into consideration.
RpcResult judge(NodeServices& node, const Params& params,
                Result<void, chain::StoreError> (chain::Chainstate::*verdict)(const BlockNode&))
{
    ADIT_TRY(const BlockNode* found, block_named(node, params));
    if (found->parent == nullptr)
        return RpcError{RpcCode::parameter, "the chain's first block is taken as given"};
    if (const auto done = (node.chain.*verdict)(*found); !done) return database_error(done.error());
    return json::value(nullptr);
}

}  // namespace

void add_chain_methods(MethodTable& table, NodeServices& node)
{
    table.add("getbestblockhash", [&](const Params&) { return hash_json(node.tip().hash); });
    table.add("getblock", [&](const Params& params) { return getblock(node, params); });
    table.add("getblockchaininfo", [&](const Params&) { return getblockchaininfo(node); });
    table.add("getblockcount", [&](const Params&) { return json::value(node.tip().height.value); });
    table.add("getblockhash", [&](const Params& params) { return getblockhash(node, params); });
    table.add("getblockheader", [&](const Params& params) { return getblockheader(node, params); });
    table.add("getchaintips", [&](const Params&) { return getchaintips(node); });
    table.add("getdifficulty", [&](const Params&) {
        return json::value(consensus::difficulty_of(node.spec(), node.templates.next_bits()));
    });
    table.add("gettxout", [&](const Params& params) { return gettxout(node, params); });
    table.add("gettxoutsetinfo", [&](const Params&) { return gettxoutsetinfo(node); });
    table.add("invalidateblock", [&](const Params& params) {
        return judge(node, params, &chain::Chainstate::invalidate);
    });
    table.add("reconsiderblock", [&](const Params& params) {
        return judge(node, params, &chain::Chainstate::reconsider);
    });
}

}  // namespace adit::node::rpc
