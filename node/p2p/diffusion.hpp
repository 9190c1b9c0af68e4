#pragma once

#include "kernels/base/random.hpp"
#include "node/p2p/peer.hpp"

/// When a transaction is told to whom. Diffusion after Fanti and Viswanath 2017 with Bitcoin Core's
/// means: random waits hide where a transaction began; *one* timer shared by all inbound peers,
/// because a listener with many connections averages timers of its own away.
namespace adit::node::p2p {

enum class RelayPolicy {
    diffusion,  ///< random waits: one timer for all inbound peers, one for each outbound
    flood,      ///< at once
    fixed,      ///< after a constant delay
};
std::string_view to_string(RelayPolicy policy);
std::optional<RelayPolicy> parse_relay_policy(std::string_view word);

inline constexpr Duration kInboundMean = 5s;
inline constexpr Duration kOutboundMean = 2s;
inline constexpr Duration kFixedDelay = 2s;
inline constexpr std::size_t kAnnouncedARound = 35;  ///< transactions a peer hears of at one firing

class Diffusion {
public:
    Diffusion(RelayPolicy policy, u64 seed) : policy_(policy), random_(seed) {}

    void on_ready(Peer& peer, TimePoint now);
    /// Every peer that does not know it yet shall hear of it in its time.
    void announce(const Hash256& txid, Peers& peers, TimePoint now);
    /// It was mined or dropped.
    void forget(const Hash256& txid, Peers& peers);
    /// What is due now, at most kAnnouncedARound a peer. `worth(txid, peer)` says whether it still
    /// is in the pool and pays what the peer wants.
    template <class Worth>
    void on_tick(Peers& peers, TimePoint now, Worth worth);
    TimePoint wake_at(const Peers& peers) const;

private:
    Duration wait_of(PeerKind kind);
    bool due(Peer& peer, TimePoint now);

    RelayPolicy policy_;
    Random random_;
    TimePoint inbound_due_{};
    bool inbound_fires_ = false;
};

template <class Worth>
void Diffusion::on_tick(Peers& peers, TimePoint now, Worth worth)
{
    inbound_fires_ = now >= inbound_due_;
    if (inbound_fires_) inbound_due_ = now + wait_of(PeerKind::inbound);
    for (auto& [id, peer] : peers) {
        // Timers run on with nothing to tell: else what comes after a quiet time goes out at once,
        // and its origin is plain to see.
        if (!peer.relays_transactions() || !due(peer, now) || peer.to_send.empty()) continue;
        Inv inv;
        while (!peer.to_send.empty() && inv.items.size() < kAnnouncedARound) {
            const Hash256 txid = *peer.to_send.begin();
            peer.to_send.erase(peer.to_send.begin());
            if (peer.known_transactions.contains(txid) || !worth(txid, peer)) continue;
            peer.know_transaction(txid);
            inv.items.push_back({static_cast<u32>(InvType::tx), txid});
        }
        if (!inv.items.empty()) peer.session->send(inv);
    }
}

}  // namespace adit::node::p2p
