#include <fmt/format.h>

#include "kernels/base/hex.hpp"
#include "kernels/base/version.hpp"
#include "node/p2p/messages.hpp"
#include "node/rpc/services.hpp"
#include "node/rpc/shapes.hpp"
#include "node/script/templates.hpp"

// This node among others, and what an address is.
namespace adit::node::rpc {
namespace {

std::string user_agent() { return "/Adit:" + std::string(version()) + "/"; }

RpcResult getnetworkinfo(const NodeServices& node)
{
    json::object info{
        {"version", version_number()},
        {"subversion", user_agent()},
        {"protocolversion", p2p::kProtocolVersion},
        {"localservices", fmt::format("{:016x}", p2p::kServiceNetwork | p2p::kServiceBodies)},
        {"timeoffset", 0},
        {"connections", node.connections()},
        {"networks", json::array{}},
        {"relayfee", coins_json(mempool::kRelayFeePerKb)},
        {"localaddresses", json::array{}},
        {"warnings", node.warnings()}};
    // What others give with --connect HOST:PORT#sha256=HEX to be sure of this node.
    if (node.peer_shell != nullptr)
        info["tls_sha256"] = to_hex(node.peer_shell->fingerprint().bytes);
    return json::value(std::move(info));
}

RpcResult validateaddress(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto text, params.text(0));
    const auto address = text ? parse_address(*text, node.spec().prefixes) : std::nullopt;
    if (!address) return json::value({{"isvalid", false}});
    return json::value(
        {{"isvalid", true},
         {"address", to_text(*address, node.spec().prefixes)},
         {"scriptPubKey", to_hex(script::pay_to(*address))},
         {"ismine", node.wallet != nullptr && node.wallet->keys().owner_of(*address).has_value()},
         {"iswatchonly", false},
         {"isscript", address->kind == Address::Kind::script_hash}});
}

}  // namespace

void add_network_methods(MethodTable& table, NodeServices& node)
{
    table.add("getnetworkinfo", [&](const Params&) { return getnetworkinfo(node); });
    table.add("validateaddress",
              [&](const Params& params) { return validateaddress(node, params); });
}

}  // namespace adit::node::rpc
