#pragma once

#include "node/p2p/peer.hpp"

/// Peers as the rooms of the network see them, without a network.
namespace adit::node::p2p::test {

/// Everything a session wants to say, as messages.
inline std::vector<Message> said(PeerSession& session)
{
    FrameReader reader(Magic{}, kPayloadBytesMax);
    reader.feed(session.take_output());
    std::vector<Message> messages;
    while (auto frame = *reader.next()) messages.push_back(*parse_message(*frame));
    return messages;
}

/// A peer that has shaken hands with us.
inline Peer& add_ready(Peers& peers, PeerId id, PeerKind kind, const Endpoint& endpoint,
                       TimePoint now = {})
{
    Peer& peer = peers[id];
    peer.id = id;
    peer.kind = kind;
    peer.endpoint = endpoint;
    SessionConfig config;
    config.nonce = id;
    const Direction ours = peer.is_outbound() ? Direction::outbound : Direction::inbound;
    const Direction theirs = peer.is_outbound() ? Direction::inbound : Direction::outbound;
    peer.session = std::make_unique<PeerSession>(ours, config, now);
    PeerSession other(theirs, config, now);
    for (int i = 0; i < 3; ++i) {
        other.on_bytes(peer.session->take_output(), now);
        peer.session->on_bytes(other.take_output(), now);
    }
    while (peer.session->next_event()) {
    }
    return peer;
}

}  // namespace adit::node::p2p::test
