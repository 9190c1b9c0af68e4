#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>

#include "node/chain/block_index.hpp"
#include "node/p2p/header_presync.hpp"
#include "node/p2p/peer_session.hpp"
#include "node/p2p/transport.hpp"

namespace adit::node::p2p {

/// What a connection is for.
enum class PeerKind {
    inbound,
    full,        ///< ours: blocks, transactions and addresses
    block_only,  ///< ours: blocks alone, so that others cannot map it
    feeler,      ///< ours: shakes hands, then leaves
    manual,      ///< ours: asked for by the operator, never replaced or evicted
};
std::string_view to_string(PeerKind kind);

inline constexpr std::size_t kKnownInventoryMax = 20'000;  ///< hashes remembered of a peer
inline constexpr std::size_t kGetDataQueueMax = 50'000;    ///< its requests waiting to be served

/// A block we asked a peer for.
struct BlockRequest {
    const chain::BlockNode* block = nullptr;
    TimePoint asked_at;  ///< or when the one before it came: its own time starts then
    TimePoint queued_at;
};

/// One connection and what the rooms of the network remember of it.
struct Peer {
    PeerId id = 0;
    PeerKind kind = PeerKind::inbound;
    Endpoint endpoint;
    std::unique_ptr<PeerSession> session;  ///< null while dialling
    /// Inbound: where it listens, by the port in its version, at the address it comes from.
    std::optional<Endpoint> listens_at;

    // header_sync
    const chain::BlockNode* best_known = nullptr;  ///< its best header we know of
    bool wants_headers = false;  ///< it announces and takes blocks by header (BIP 130)
    bool headers_asked = false;  ///< at least once
    bool syncing_headers = false;
    bool headers_late = false;  ///< took too long: others are asked meanwhile
    TimePoint headers_asked_at;
    int unconnecting = 0;
    std::unique_ptr<HeaderPresync> presync;  ///< its chain's work is being proven
    TimePoint presync_since;
    TimePoint presync_again;                ///< not before
    std::optional<TimePoint> behind_since;  ///< outbound: its chain has less work than ours
    bool behind_asked = false;

    // block_fetch
    const chain::BlockNode* last_common = nullptr;
    std::deque<BlockRequest> blocks_asked;   ///< oldest first
    int taken_over = 0;                      ///< times that others had to fetch its blocks
    std::optional<TimePoint> last_block_at;  ///< it last gave us one we wanted

    // serving
    std::deque<InvItem> getdata;
    std::optional<Locator> getheaders;  ///< waits until what is queued has left
    bool getaddr_answered = false;
    std::size_t unwritten_bytes = 0;  ///< handed to the transport, not yet gone

    // addresses
    double address_tokens = 1;
    TimePoint tokens_at;
    u64 addresses_taken = 0;
    u64 addresses_dropped = 0;
    std::vector<TimedAddress> addresses_to_send;
    TimePoint addresses_due;

    // diffusion
    std::set<Hash256> known_transactions;
    std::deque<Hash256> known_order;  ///< oldest first, so that the set stays bounded
    std::set<Hash256> to_send;
    TimePoint inventory_due;
    std::optional<TimePoint> last_transaction_at;
    u64 fee_filter = 0;  ///< base units per 1000 bytes

    /// Whether a connection to this endpoint would reach the same node.
    bool is_at(const Endpoint& there) const { return endpoint == there || listens_at == there; }
    bool is_outbound() const { return kind != PeerKind::inbound; }
    bool ready() const { return session && session->ready(); }
    bool serves_bodies() const
    {
        return ready() && (session->peer_version().services & kServiceBodies) != 0;
    }
    bool relays_transactions() const
    {
        return ready() && kind != PeerKind::block_only && kind != PeerKind::feeler &&
               session->peer_version().relay;
    }
    void know_transaction(const Hash256& txid);
};

using Peers = std::map<PeerId, Peer>;

}  // namespace adit::node::p2p
