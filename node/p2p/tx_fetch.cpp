#include "node/p2p/tx_fetch.hpp"

#include <algorithm>

namespace adit::node::p2p {

void TxFetch::on_announced(const Peer& peer, const Hash256& txid, TimePoint now)
{
    std::size_t& held = offered_[peer.id];
    if (held >= kAnnouncementsMax) return;
    Wanted& wanted = wanted_[txid];
    const auto same = [&](const Offer& offer) { return offer.peer == peer.id; };
    if (wanted.asked == peer.id || std::any_of(wanted.offers.begin(), wanted.offers.end(), same))
        return;
    const Offer offer{peer.id, peer.is_outbound() ? now : now + kInboundHandicap};
    const auto later = [](const Offer& a, const Offer& b) { return a.from < b.from; };
    wanted.offers.insert(std::upper_bound(wanted.offers.begin(), wanted.offers.end(), offer, later),
                         offer);
    ++held;
}

void TxFetch::on_settled(const Hash256& txid)
{
    const auto at = wanted_.find(txid);
    if (at == wanted_.end()) return;
    for (const Offer& offer : at->second.offers) --offered_[offer.peer];
    if (at->second.asked != 0) --in_flight_[at->second.asked];
    wanted_.erase(at);
}

void TxFetch::on_not_found(PeerId peer, const Hash256& txid)
{
    const auto at = wanted_.find(txid);
    if (at == wanted_.end() || at->second.asked != peer) return;
    release(at->second, peer);
    if (at->second.offers.empty()) wanted_.erase(at);
}

void TxFetch::on_gone(PeerId peer)
{
    for (auto at = wanted_.begin(); at != wanted_.end();) {
        Wanted& wanted = at->second;
        std::erase_if(wanted.offers, [&](const Offer& offer) { return offer.peer == peer; });
        if (wanted.asked == peer) wanted.asked = 0;
        at = wanted.asked == 0 && wanted.offers.empty() ? wanted_.erase(at) : std::next(at);
    }
    offered_.erase(peer);
    in_flight_.erase(peer);
}

void TxFetch::on_tick(Peers& peers, TimePoint now)
{
    std::map<PeerId, GetData> requests;
    for (auto at = wanted_.begin(); at != wanted_.end();) {
        Wanted& wanted = at->second;
        if (wanted.asked != 0 && now - wanted.asked_at > kTransactionTime)
            release(wanted, wanted.asked);
        while (wanted.asked == 0 && !wanted.offers.empty() && wanted.offers.front().from <= now) {
            const PeerId id = wanted.offers.front().peer;
            const auto peer = peers.find(id);
            const bool askable = peer != peers.end() && peer->second.ready();
            if (askable && in_flight_[id] >= kTransactionsInFlight) break;
            wanted.offers.erase(wanted.offers.begin());
            --offered_[id];
            if (!askable) continue;
            wanted.asked = id;
            wanted.asked_at = now;
            ++in_flight_[id];
            requests[id].items.push_back({static_cast<u32>(InvType::tx), at->first});
        }
        at = wanted.asked == 0 && wanted.offers.empty() ? wanted_.erase(at) : std::next(at);
    }
    for (auto& [id, request] : requests) peers.at(id).session->send(request);
}

TimePoint TxFetch::wake_at() const
{
    TimePoint wake = TimePoint::max();
    for (const auto& [txid, wanted] : wanted_) {
        if (wanted.asked != 0)
            wake = std::min(wake, wanted.asked_at + kTransactionTime);
        else if (!wanted.offers.empty())
            wake = std::min(wake, wanted.offers.front().from);
    }
    return wake;
}

void TxFetch::release(Wanted& wanted, PeerId peer)
{
    wanted.asked = 0;
    --in_flight_[peer];
}

}  // namespace adit::node::p2p
