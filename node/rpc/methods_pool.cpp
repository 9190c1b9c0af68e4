#include <algorithm>

#include "kernels/base/hex.hpp"
#include "node/primitives/merkle_proof.hpp"
#include "node/rpc/services.hpp"
#include "node/rpc/shapes.hpp"

// What waits for a block, and proofs of what is in one.
namespace adit::node::rpc {
namespace {

constexpr i64 kEstimateBlocksMax = 1'008;

json::object entry_json(const mempool::MempoolEntry& entry)
{
    json::array depends;
    for (const TxId& parent : entry.parents) depends.emplace_back(hash_json(parent));
    return {{"size", entry.bytes},
            {"fee", coins_json(entry.fee)},
            {"time", entry.time},
            {"height", entry.height.value},
            {"descendantcount", entry.descendant_count},
            {"descendantsize", entry.descendant_bytes},
            {"descendantfees", entry.descendant_fees},
            {"ancestorcount", entry.ancestor_count},
            {"ancestorsize", entry.ancestor_bytes},
            {"ancestorfees", entry.ancestor_fees},
            {"depends", std::move(depends)}};
}

RpcResult getrawmempool(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto verbose, params.boolean(0));
    const auto entries = node.pool.pool().all();
    if (!verbose.value_or(false)) {
        json::array txids;
        for (const auto* entry : entries) txids.emplace_back(hash_json(entry->txid));
        return json::value(std::move(txids));
    }
    json::object o;
    for (const auto* entry : entries) o[to_hex_reversed(entry->txid.bytes)] = entry_json(*entry);
    return json::value(std::move(o));
}

RpcResult getmempoolinfo(const NodeServices& node)
{
    const mempool::Mempool& pool = node.pool.pool();
    std::size_t bytes = 0;
    for (const auto* entry : pool.all()) bytes += entry->bytes;
    return json::value({{"size", pool.size()},
                        {"bytes", bytes},
                        {"usage", pool.bytes()},
                        {"maxmempool", pool.limits().bytes_max},
                        {"total_fee", coins_json(pool.fees())},
                        {"mempoolminfee", coins_json(pool.minimum_fee_per_kb())},
                        {"minrelaytxfee", coins_json(mempool::kRelayFeePerKb)}});
}

/// What a newcomer must pay for 1000 bytes to be among the best `blocks` blocks' worth of what
/// waits now.
Amount fee_per_kb_within(const NodeServices& node, i64 blocks)
{
    const mempool::Mempool& pool = node.pool.pool();
    std::vector<const mempool::MempoolEntry*> entries = pool.all();
    const auto rate = [](const mempool::MempoolEntry* e) {
        return static_cast<double>(e->ancestor_fees) / static_cast<double>(e->ancestor_bytes);
    };
    std::sort(entries.begin(), entries.end(),
              [&](const auto* a, const auto* b) { return rate(a) > rate(b); });
    u64 room = static_cast<u64>(blocks) * node.spec().size.block_bytes_max;
    for (const auto* entry : entries) {
        if (entry->bytes > room)
            return std::max(pool.minimum_fee_per_kb(),
                            static_cast<Amount>(rate(entry) * 1'000) + 1);
        room -= entry->bytes;
    }
    return pool.minimum_fee_per_kb();
}

RpcResult estimatefee(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto blocks, params.integer(0));
    if (!blocks) return RpcError{RpcCode::type, "nblocks must be a whole number"};
    return coins_json(fee_per_kb_within(node, std::clamp<i64>(*blocks, 1, kEstimateBlocksMax)));
}

// Proofs

Result<std::vector<TxId>, RpcError> txids_param(const Params& params)
{
    const json::value* list = params.at(0);
    if (list == nullptr || !list->is_array() || list->get_array().empty())
        return RpcError{RpcCode::type, "txids must be an array"};
    std::vector<TxId> txids;
    for (const json::value& v : list->get_array()) {
        const auto hash =
            v.is_string() ? hash_from_hex_reversed(std::string_view(v.get_string())) : std::nullopt;
        if (!hash) return RpcError{RpcCode::parameter, "Invalid txid: 64 hex digits"};
        if (std::find(txids.begin(), txids.end(), TxId(*hash)) != txids.end())
            return RpcError{RpcCode::parameter, "Invalid parameter, duplicated txid"};
        txids.emplace_back(*hash);
    }
    return txids;
}

RpcResult gettxoutproof(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto wanted, txids_param(params));
    const chain::BlockNode* at = nullptr;
    if (params.at(1) != nullptr) {
        ADIT_TRY(const Hash256 hash, params.hash(1));
        at = node.chain.find(BlockHash(hash));
        if (at == nullptr) return RpcError{RpcCode::address_or_key, "Block not found"};
    }
    for (std::size_t i = 0; i < wanted.size() && at == nullptr; ++i) {
        ADIT_TRY(at, block_with_coin_of(node, wanted[i]));
    }
    if (at == nullptr) return RpcError{RpcCode::address_or_key, "Transaction not yet in block"};
    const auto block = node.chain.block_of(*at);
    if (!block) return database_error(block.error());
    if (!*block) return RpcError{RpcCode::misc, "Block not available (only its header is known)"};
    std::vector<TxId> txids;
    std::vector<bool> chosen;
    std::size_t found = 0;
    for (const Transaction& tx : (**block).transactions) {
        txids.push_back(txid_of(tx));
        chosen.push_back(std::find(wanted.begin(), wanted.end(), txids.back()) != wanted.end());
        found += chosen.back() ? 1 : 0;
    }
    if (found != wanted.size())
        return RpcError{RpcCode::address_or_key,
                        "(Not all) transactions not found in specified block"};
    return json::value(to_hex(to_bytes(make_merkle_proof((**block).header, txids, chosen))));
}

RpcResult verifytxoutproof(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto hex, params.text(0));
    const auto bytes = from_hex(hex.value_or(""));
    const auto proof = bytes ? from_bytes<MerkleProof>(*bytes) : std::nullopt;
    if (!proof) return RpcError{RpcCode::decode, "proof decode failed"};
    const auto txids = proven_by(*proof, node.spec().size.block_bytes_max);
    if (!txids) return json::value(json::array{});
    const chain::BlockNode* at = node.chain.find(hash_of(proof->header));
    if (at == nullptr || !node.chain.is_on_best_chain(*at))
        return RpcError{RpcCode::address_or_key, "Block not found in chain"};
    json::array list;
    for (const TxId& txid : *txids) list.emplace_back(hash_json(txid));
    return json::value(std::move(list));
}

}  // namespace

void add_pool_methods(MethodTable& table, NodeServices& node)
{
    table.add("estimatefee", [&](const Params& params) { return estimatefee(node, params); });
    table.add("getmempoolinfo", [&](const Params&) { return getmempoolinfo(node); });
    table.add("getrawmempool", [&](const Params& params) { return getrawmempool(node, params); });
    table.add("gettxoutproof", [&](const Params& params) { return gettxoutproof(node, params); });
    table.add("verifytxoutproof",
              [&](const Params& params) { return verifytxoutproof(node, params); });
}

}  // namespace adit::node::rpc
