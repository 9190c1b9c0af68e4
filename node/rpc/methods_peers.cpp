#include <fmt/format.h>

#include "node/rpc/services.hpp"

// The node's peers: who they are, and what the operator wants of them.
namespace adit::node::rpc {
namespace {

constexpr i64 kBanDefault_s = 24 * 3600;

RpcError no_peers()
{
    return {RpcCode::not_connected,
            "this node runs without peers; start it with --listen or --connect"};
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

json::value peer_json(const p2p::PeerInfo& peer, const net::ConnectionInfo& connection)
{
    json::object o{{"id", peer.id},
                   {"addr", peer.endpoint.text()},
                   {"services", fmt::format("{:016x}", peer.version.services)},
                   {"tls", connection.tls},
                   {"pinned", connection.pinned},
                   {"bytessent", peer.counters.bytes_out},
                   {"bytesrecv", peer.counters.bytes_in},
                   {"conntime", seconds(peer.connected_for)},
                   {"version", peer.version.protocol},
                   {"subver", peer.version.user_agent},
                   {"inbound", peer.kind == p2p::PeerKind::inbound},
                   {"connection_type", std::string(to_string(peer.kind))},
                   {"handshake_done", peer.ready},
                   {"startingheight", peer.version.height},
                   {"banscore", peer.misbehaviour}};
    if (peer.ping_time) o["pingtime"] = seconds(*peer.ping_time);
    if (peer.ping_time_min) o["minping"] = seconds(*peer.ping_time_min);
    o["synced_headers"] = peer.synced_headers ? i64{*peer.synced_headers} : i64{-1};
    o["synced_blocks"] = peer.synced_blocks ? i64{*peer.synced_blocks} : i64{-1};
    json::array in_flight;
    for (const u32 height : peer.in_flight) in_flight.emplace_back(height);
    o["inflight"] = std::move(in_flight);
    return o;
}

/// HOST:PORT, or a host alone with the chain's port.
Result<p2p::Endpoint, RpcError> endpoint_of(const NodeServices& node, std::string_view text)
{
    const auto found = net::resolve(std::string(text), node.spec().p2p_port);
    // What was typed is not repeated: it may be a private key in the wrong place.
    if (!found) return RpcError{RpcCode::parameter, "cannot find that host: give HOST:PORT"};
    return found->front();
}

RpcResult addnode(NodeServices& node, const Params& params)
{
    if (node.network == nullptr) return no_peers();
    ADIT_TRY(const auto text, params.text(0));
    ADIT_TRY(const auto command, params.text(1));
    ADIT_TRY(const auto endpoint, endpoint_of(node, text.value_or("")));
    if (command == "add") {
        node.network->add_peer(endpoint);
    } else if (command == "onetry") {
        node.network->try_peer(endpoint);
    } else if (command == "remove") {
        if (!node.network->remove_peer(endpoint))
            return RpcError{RpcCode::not_added, "this node was never added"};
    } else {
        return RpcError{RpcCode::parameter, "command must be add, remove or onetry"};
    }
    return json::value(nullptr);
}

RpcResult getaddednodeinfo(NodeServices& node)
{
    if (node.network == nullptr) return no_peers();
    const auto peers = node.network->peers();
    json::array added;
    for (const p2p::Endpoint& endpoint : node.network->keeper().manual()) {
        bool connected = false;
        for (const p2p::PeerInfo& peer : peers)
            connected |= peer.endpoint == endpoint && peer.ready;
        added.push_back(json::value{{"addednode", endpoint.text()}, {"connected", connected}});
    }
    return json::value(std::move(added));
}

RpcResult disconnectnode(NodeServices& node, const Params& params)
{
    if (node.network == nullptr) return no_peers();
    ADIT_TRY(const auto text, params.text(0));
    const auto endpoint = p2p::Endpoint::parse(text.value_or(""));
    if (!endpoint || !node.network->disconnect(*endpoint))
        return RpcError{RpcCode::not_connected_to_node,
                        "no such peer; getpeerinfo shows their addresses"};
    return json::value(nullptr);
}

RpcResult setban(NodeServices& node, const Params& params)
{
    if (node.network == nullptr) return no_peers();
    ADIT_TRY(const auto text, params.text(0));
    ADIT_TRY(const auto command, params.text(1));
    ADIT_TRY(const auto time, params.integer(2));
    ADIT_TRY(const auto absolute, params.boolean(3));
    const bool v6 = text && text->find(':') != std::string_view::npos;
    const auto endpoint = p2p::Endpoint::parse(v6 ? "[" + std::string(text.value_or("")) + "]:1"
                                                  : std::string(text.value_or("")) + ":1");
    if (!endpoint) return RpcError{RpcCode::parameter, "give one IP address"};
    const UnixTime now = node.clock.unix_time();
    if (command == "remove") {
        if (!node.network->keeper().unban(endpoint->ip))
            return RpcError{RpcCode::parameter, "it is not banned"};
        return json::value(nullptr);
    }
    if (command != "add") return RpcError{RpcCode::parameter, "command must be add or remove"};
    const i64 seconds_given = time.value_or(0) > 0 ? *time : kBanDefault_s;
    const UnixTime until = absolute.value_or(false) ? seconds_given : now + seconds_given;
    node.network->keeper().ban(endpoint->ip, until, now, true);
    for (const p2p::PeerInfo& peer : node.network->peers())
        if (peer.endpoint.ip == endpoint->ip) node.network->disconnect(peer.endpoint);
    return json::value(nullptr);
}

RpcResult listbanned(NodeServices& node)
{
    if (node.network == nullptr) return no_peers();
    json::array bans;
    for (const p2p::Ban& ban : node.network->keeper().bans(node.clock.unix_time())) {
        std::string address = p2p::Endpoint{ban.ip, 0}.text();
        address = address.substr(0, address.rfind(':'));
        bans.push_back(
            json::value{{"address", address},
                        {"banned_until", ban.until},
                        {"ban_created", ban.created},
                        {"ban_reason", ban.manual ? "manually added" : "node misbehaving"}});
    }
    return json::value(std::move(bans));
}

RpcResult getpeerinfo(NodeServices& node)
{
    json::array peers;
    if (node.network != nullptr)
        for (const p2p::PeerInfo& peer : node.network->peers())
            peers.push_back(peer_json(peer, node.peer_shell->info(peer.id)));
    return json::value(std::move(peers));
}

RpcResult getnettotals(NodeServices& node)
{
    const bool any = node.network != nullptr;
    return json::value{{"totalbytesrecv", any ? node.network->bytes_received() : 0},
                       {"totalbytessent", any ? node.network->bytes_sent() : 0},
                       {"timemillis", node.clock.unix_time() * 1000}};
}

}  // namespace

void add_peer_methods(MethodTable& table, NodeServices& node)
{
    table.add("addnode", [&](const Params& params) { return addnode(node, params); });
    table.add("disconnectnode", [&](const Params& params) { return disconnectnode(node, params); });
    table.add("getaddednodeinfo", [&](const Params&) { return getaddednodeinfo(node); });
    table.add("getconnectioncount", [&](const Params&) { return json::value(node.connections()); });
    table.add("getnettotals", [&](const Params&) { return getnettotals(node); });
    table.add("getpeerinfo", [&](const Params&) { return getpeerinfo(node); });
    table.add("listbanned", [&](const Params&) { return listbanned(node); });
    table.add("setban", [&](const Params& params) { return setban(node, params); });
}

}  // namespace adit::node::rpc
