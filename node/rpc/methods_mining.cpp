#include <algorithm>

#include "kernels/base/hex.hpp"
#include "node/consensus/check_tx.hpp"
#include "node/consensus/difficulty.hpp"
#include "node/rpc/services.hpp"
#include "node/rpc/shapes.hpp"
#include "node/rpc/template_json.hpp"

// Templates asked for, blocks handed in, and how fast the network is.
namespace adit::node::rpc {
namespace {

using chain::BlockOutcome;

constexpr i64 kRateBlocksDefault = 120;

RpcError no_miner()
{
    return {RpcCode::internal,
            "No miner address: start the node with --address ADDRESS, so that templates know whom "
            "to pay"};
}

RpcResult offer_template(const NodeServices& node)
{
    if (node.templates.closed()) return RpcError{RpcCode::not_connected, "Shutting down"};
    return json::value(template_json(node.spec(), node.templates.make()));
}

Result<Block, RpcError> read_block(std::string_view hex)
{
    const auto bytes = from_hex(hex);
    auto block = bytes ? from_bytes<Block>(*bytes) : std::nullopt;
    if (!block) return RpcError{RpcCode::decode, "Block decode failed"};
    return std::move(*block);
}

/// What a proposal is told when the block is known already (BIP 23).
json::value known_word(const chain::BlockNode& known)
{
    const chain::Standing standing = known.standing();
    if (standing.failed) return "duplicate-invalid";
    return standing.was_connected ? "duplicate" : "duplicate-inconclusive";
}

RpcResult propose(const NodeServices& node, const json::object& request)
{
    const auto data = json::string_of(request, "data");
    if (!data) return RpcError{RpcCode::type, "Missing data String key for proposal"};
    ADIT_TRY(const Block block, read_block(*data));
    if (const auto* known = node.chain.find(hash_of(block.header))) return known_word(*known);
    if (block.header.prev != node.tip().hash) return json::value("inconclusive-not-best-prevblk");
    const auto verdict = node.chain.check_proposal(block, node.clock.unix_time());
    if (verdict) return json::value(nullptr);
    return json::value(std::string(reject_word(verdict.error())));
}

void getblocktemplate(NodeServices& node, const Params& params, std::stop_token gone, Reply reply)
{
    const auto request = params.object(0);
    if (!request) return reply(request.error());
    static const json::object kNone;
    const json::object& wish = *request != nullptr ? **request : kNone;

    if (const json::value* mode = json::member_of(wish, "mode"); mode != nullptr) {
        const auto word = json::string_of(wish, "mode");
        if (word == "proposal") return reply(propose(node, wish));
        if (word != "template") return reply(RpcError{RpcCode::parameter, "Invalid mode"});
    }
    if (!node.templates.has_miner()) return reply(no_miner());

    const json::value* id = json::member_of(wish, "longpollid");
    if (id == nullptr || id->is_null()) return reply(offer_template(node));
    const auto text = json::string_of(wish, "longpollid");
    if (!text) return reply(RpcError{RpcCode::type, "longpollid must be a string"});
    node.templates.wait(std::string(*text), std::move(gone),
                        [&node, reply = std::move(reply)] { reply(offer_template(node)); });
}

RpcResult submitblock(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto hex, params.text(0));
    if (!hex) return RpcError{RpcCode::type, "hexdata must be a string"};
    ADIT_TRY(const Block block, read_block(*hex));
    const auto outcome = node.chain.accept_block(block, node.clock.unix_time());
    if (!outcome) return json::value(std::string(reject_word(outcome.error())));
    switch (*outcome) {
        case BlockOutcome::connected: return json::value(nullptr);
        case BlockOutcome::side_branch:
        case BlockOutcome::waiting: return json::value("inconclusive");
        case BlockOutcome::duplicate: return json::value("duplicate");
        case BlockOutcome::duplicate_inconclusive: return json::value("duplicate-inconclusive");
        case BlockOutcome::duplicate_invalid: return json::value("duplicate-invalid");
        case BlockOutcome::store_failed: break;
    }
    if (const auto failure = node.chain.failure()) return database_error(*failure);
    return RpcError{RpcCode::database, "the block could not be stored"};
}

RpcResult generate(NodeServices& node, const Params& params)
{
    constexpr i64 kBlocksMax = 1'000;
    ADIT_TRY(const auto count, params.integer(0));
    if (!count || *count < 1 || *count > kBlocksMax)
        return RpcError{RpcCode::parameter, "numblocks must be 1 … 1000"};
    // Where difficulty follows the hash rate, a burst of blocks is no way to make some.
    if (node.spec().difficulty.retarget || !node.solve)
        return RpcError{RpcCode::unknown_method,
                        "This method can only be used on a chain without retargeting (regtest)"};
    if (!node.templates.has_miner()) return no_miner();
    json::array hashes;
    for (i64 i = 0; i < *count; ++i) {
        const auto block = node.solve(node.templates.make().block.block());
        if (!block) return RpcError{RpcCode::internal, "no solution was found"};
        const auto outcome = node.chain.accept_block(*block, node.clock.unix_time());
        if (!outcome) return RpcError{RpcCode::internal, std::string(reject_word(outcome.error()))};
        if (*outcome != BlockOutcome::connected)
            return RpcError{RpcCode::internal, std::string(to_string(*outcome))};
        hashes.emplace_back(hash_json(hash_of(block->header)));
    }
    return json::value(std::move(hashes));
}

RpcResult getnetworksolps(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto blocks, params.integer(0));
    ADIT_TRY(const auto height, params.integer(1));
    const chain::BlockNode* end = &node.tip();
    if (height && *height >= 0 && *height < end->height.value)
        end = end->ancestor(Height(static_cast<u32>(*height)));
    return json::value(network_rate_sol_s(node.spec(), *end, blocks.value_or(kRateBlocksDefault)));
}

RpcResult getmininginfo(const NodeServices& node)
{
    const u64 rate = network_rate_sol_s(node.spec(), node.tip(), kRateBlocksDefault);
    const double local = node.local_rate_sol_s();
    return json::value(
        {{"blocks", node.tip().height.value},
         {"currentblocksize", node.templates.last_template_bytes()},
         {"currentblocktx", node.templates.last_template_transactions()},
         {"difficulty", consensus::difficulty_of(node.spec(), node.templates.next_bits())},
         {"errors", node.warnings()},
         {"generate", local > 0},
         {"genproclimit", -1},
         {"localsolps", local},
         {"networksolps", rate},
         {"networkhashps", rate},
         {"pooledtx", node.pool.pool().size()},
         {"testnet", is_testnet(node.spec())},
         {"chain", node.spec().name}});
}

RpcResult getblocksubsidy(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto given, params.integer(0));
    const i64 height = given.value_or(node.tip().height.value);
    if (height < 0 || height > 0xffffffff)
        return RpcError{RpcCode::parameter, "Block height out of range"};
    const auto plan = reward_plan(node.spec(), Height(static_cast<u32>(height)));
    json::object o{{"miner", coins_json(plan.miner)}, {"community", coins_json(0)}};
    for (const consensus::RequiredOutput& payee : plan.required)
        o[zend_key(payee.role)] = coins_json(payee.amount);
    o["totalblocksubsidy"] = coins_json(plan.subsidy);
    return json::value(std::move(o));
}

}  // namespace

u64 network_rate_sol_s(const consensus::ChainSpec& spec, const chain::BlockNode& end, i64 blocks)
{
    if (blocks < 1) blocks = spec.difficulty.window;
    blocks = std::min<i64>(blocks, end.height.value);
    if (blocks < 1) return 0;
    u32 earliest = end.time;
    u32 latest = end.time;
    const chain::BlockNode* start = &end;
    for (i64 i = 0; i < blocks; ++i) {
        start = start->parent;
        earliest = std::min(earliest, start->time);
        latest = std::max(latest, start->time);
    }
    if (earliest == latest) return 0;
    const U256 work = end.total_work - start->total_work;
    return (work / (latest - earliest)).limbs[0];
}

void add_mining_methods(MethodTable& table, NodeServices& node)
{
    const auto rate = [&](const Params& params) { return getnetworksolps(node, params); };
    table.add("generate", [&](const Params& params) { return generate(node, params); });
    table.add("getblocksubsidy",
              [&](const Params& params) { return getblocksubsidy(node, params); });
    table.add_waiting("getblocktemplate",
                      [&](const Params& params, std::stop_token gone, Reply reply) {
                          getblocktemplate(node, params, std::move(gone), std::move(reply));
                      });
    table.add("getlocalsolps", [&](const Params&) { return json::value(node.local_rate_sol_s()); });
    table.add("getmininginfo", [&](const Params&) { return getmininginfo(node); });
    table.add("getnetworkhashps", rate);
    table.add("getnetworksolps", rate);
    table.add("submitblock", [&](const Params& params) { return submitblock(node, params); });
}

}  // namespace adit::node::rpc
