#include "kernels/base/check.hpp"
#include "kernels/base/version.hpp"
#include "node/consensus/difficulty.hpp"
#include "node/p2p/messages.hpp"
#include "node/rpc/services.hpp"
#include "node/rpc/shapes.hpp"

// The program itself.
namespace adit::node::rpc {
namespace {

RpcResult getinfo(const NodeServices& node)
{
    json::object o(
        {{"version", version_number()},
         {"build", std::string(version()) + "-" + std::string(commit())},
         {"protocolversion", p2p::kProtocolVersion},
         {"blocks", node.tip().height.value},
         {"timeoffset", 0},
         {"connections", node.connections()},
         {"proxy", ""},
         {"difficulty", consensus::difficulty_of(node.spec(), node.templates.next_bits())},
         {"testnet", is_testnet(node.spec())},
         {"relayfee", coins_json(mempool::kRelayFeePerKb)},
         {"errors", node.warnings()}});
    if (node.wallet != nullptr) {
        o["walletversion"] = 1;
        o["balance"] = coins_json(node.wallet->ledger().balance().spendable);
        o["keypoolsize"] = wallet::kGap;
        o["paytxfee"] = coins_json(wallet::kFeePerKbDefault);
    }
    return json::value(std::move(o));
}

}  // namespace

void add_control_methods(MethodTable& table, NodeServices& node)
{
    table.add("getinfo", [&](const Params&) { return getinfo(node); });
    table.add("help", [](const Params& params) -> RpcResult {
        ADIT_TRY(const auto name, params.text(0));
        return json::value(help_text(name.value_or("")));
    });
    table.add("stop", [&](const Params&) {
        node.request_stop();
        return json::value("Adit stopping");
    });
    table.add("uptime", [&](const Params&) {
        return json::value(
            std::chrono::duration_cast<std::chrono::seconds>(node.clock.now() - node.started)
                .count());
    });
}

MethodTable make_method_table(NodeServices& node)
{
    MethodTable table;
    add_chain_methods(table, node);
    add_mining_methods(table, node);
    add_network_methods(table, node);
    add_peer_methods(table, node);
    add_pool_methods(table, node);
    add_transaction_methods(table, node);
    add_wallet_methods(table, node);
    add_control_methods(table, node);
    ADIT_CHECK(table.complete());
    return table;
}

}  // namespace adit::node::rpc
