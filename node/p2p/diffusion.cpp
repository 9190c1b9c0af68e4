#include "node/p2p/diffusion.hpp"

#include <algorithm>

namespace adit::node::p2p {

std::string_view to_string(RelayPolicy policy)
{
    switch (policy) {
        case RelayPolicy::diffusion: return "diffusion";
        case RelayPolicy::flood: return "flood";
        case RelayPolicy::fixed: return "fixed";
    }
    return "unknown";
}

std::optional<RelayPolicy> parse_relay_policy(std::string_view word)
{
    for (const RelayPolicy policy :
         {RelayPolicy::diffusion, RelayPolicy::flood, RelayPolicy::fixed})
        if (word == to_string(policy)) return policy;
    return std::nullopt;
}

void Diffusion::on_ready(Peer& peer, TimePoint now)
{
    peer.inventory_due = now + wait_of(peer.kind);
}

void Diffusion::announce(const Hash256& txid, Peers& peers, TimePoint now)
{
    for (auto& [id, peer] : peers) {
        if (!peer.relays_transactions() || peer.known_transactions.contains(txid)) continue;
        // A constant delay starts with the first of a batch; random timers run by themselves.
        if (policy_ == RelayPolicy::fixed && peer.to_send.empty())
            peer.inventory_due = now + kFixedDelay;
        peer.to_send.insert(txid);
    }
}

void Diffusion::forget(const Hash256& txid, Peers& peers)
{
    for (auto& [id, peer] : peers) peer.to_send.erase(txid);
}

TimePoint Diffusion::wake_at(const Peers& peers) const
{
    TimePoint wake = TimePoint::max();
    for (const auto& [id, peer] : peers) {
        if (!peer.relays_transactions() || peer.to_send.empty()) continue;
        if (policy_ == RelayPolicy::flood) return TimePoint{};
        const bool shared = policy_ == RelayPolicy::diffusion && peer.kind == PeerKind::inbound;
        wake = std::min(wake, shared ? inbound_due_ : peer.inventory_due);
    }
    return wake;
}

Duration Diffusion::wait_of(PeerKind kind)
{
    return random_.exponential(kind == PeerKind::inbound ? kInboundMean : kOutboundMean);
}

bool Diffusion::due(Peer& peer, TimePoint now)
{
    if (policy_ == RelayPolicy::flood) return true;
    if (policy_ == RelayPolicy::diffusion && peer.kind == PeerKind::inbound) return inbound_fires_;
    if (now < peer.inventory_due) return false;
    peer.inventory_due = now + (policy_ == RelayPolicy::fixed ? kFixedDelay : wait_of(peer.kind));
    return true;
}

}  // namespace adit::node::p2p
