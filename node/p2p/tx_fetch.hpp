#pragma once

#include <vector>

#include "node/p2p/peer.hpp"

/// Who is asked for which transaction: one peer at a time, outbound ones first.
namespace adit::node::p2p {

inline constexpr Duration kTransactionTime = 60s;  ///< for an answer, then the next peer is asked
inline constexpr Duration kInboundHandicap = 2s;   ///< an inbound peer's announcement waits so long
inline constexpr std::size_t kTransactionsInFlight = 100;  ///< a peer
inline constexpr std::size_t kAnnouncementsMax = 5'000;    ///< a peer

class TxFetch {
public:
    void on_announced(const Peer& peer, const Hash256& txid, TimePoint now);
    /// It came, was refused for good, or is no longer wanted.
    void on_settled(const Hash256& txid);
    void on_not_found(PeerId peer, const Hash256& txid);
    void on_gone(PeerId peer);
    /// Sends the requests that are due.
    void on_tick(Peers& peers, TimePoint now);
    TimePoint wake_at() const;

    std::size_t size() const { return wanted_.size(); }

private:
    struct Offer {
        PeerId peer = 0;
        TimePoint from;  ///< not to be asked before
    };
    struct Wanted {
        std::vector<Offer> offers;  ///< in the order they may be asked
        PeerId asked = 0;           ///< 0: nobody now
        TimePoint asked_at;
    };
    void release(Wanted& wanted, PeerId peer);

    std::map<Hash256, Wanted> wanted_;
    std::map<PeerId, std::size_t> offered_;  ///< announcements held, by peer
    std::map<PeerId, std::size_t> in_flight_;
};

}  // namespace adit::node::p2p
