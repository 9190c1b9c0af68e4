#include "node/p2p/peer.hpp"

namespace adit::node::p2p {

std::string_view to_string(PeerKind kind)
{
    switch (kind) {
        case PeerKind::inbound: return "inbound";
        case PeerKind::full: return "outbound-full-relay";
        case PeerKind::block_only: return "block-relay-only";
        case PeerKind::feeler: return "feeler";
        case PeerKind::manual: return "manual";
    }
    return "unknown";
}

void Peer::know_transaction(const Hash256& txid)
{
    if (!known_transactions.insert(txid).second) return;
    known_order.push_back(txid);
    if (known_order.size() <= kKnownInventoryMax) return;
    known_transactions.erase(known_order.front());
    known_order.pop_front();
}

}  // namespace adit::node::p2p
