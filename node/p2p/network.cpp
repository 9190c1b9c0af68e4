#include "node/p2p/network.hpp"

#include <algorithm>

namespace adit::node::p2p {

Network::Network(NetworkConfig config, const Hash256& chain_id, chain::Chainstate& chain,
                 TransactionPool* pool, AddrBook book, Transport& transport, const Clock& clock,
                 u64 seed)
    : config_(std::move(config)),
      chain_id_(chain_id),
      chain_(chain),
      pool_(pool),
      book_(std::move(book)),
      transport_(transport),
      clock_(clock),
      random_(seed),
      keeper_(config_.limits, random_.next()),
      header_sync_(chain, clock),
      block_fetch_(chain, clock),
      diffusion_(config_.relay_policy, random_.next()),
      tip_changed_at_(clock.now())
{
    chain_.add_listener(*this);
}

Network::~Network() { chain_.remove_listener(*this); }

bool Network::on_accepted(PeerId id, const Endpoint& from)
{
    switch (keeper_.admit(peers_, from, clock_.unix_time())) {
        case PeerKeeper::Admission::welcome: break;
        case PeerKeeper::Admission::evict_first: {
            const PeerId victim = keeper_.victim(peers_);
            if (victim == 0) return false;
            peers_.at(victim).session->close(CloseReason::evicted);
            drain(peers_.at(victim));
            break;
        }
        default: return false;
    }
    start_session(add(id, PeerKind::inbound, from), Direction::inbound);
    return true;
}

void Network::on_dialled(PeerId id)
{
    const auto at = peers_.find(id);
    if (at == peers_.end()) return;
    start_session(at->second, Direction::outbound);
    flush(at->second);
}

void Network::on_dial_failed(PeerId id)
{
    const auto at = peers_.find(id);
    if (at == peers_.end()) return;
    keeper_.on_dial_failed(at->second.endpoint, clock_.now());
    peers_.erase(at);
}

void Network::on_bytes(PeerId id, ByteView bytes)
{
    const auto at = peers_.find(id);
    if (at == peers_.end() || !at->second.session) return;
    bytes_received_ += bytes.size();
    at->second.session->on_bytes(bytes, clock_.now());
    drain(at->second);
}

void Network::on_written(PeerId id, std::size_t bytes)
{
    const auto at = peers_.find(id);
    if (at == peers_.end()) return;
    bytes_sent_ += bytes;
    at->second.unwritten_bytes -= std::min(bytes, at->second.unwritten_bytes);
    if (at->second.getdata.empty() && !at->second.getheaders) return;
    serve(at->second);
    flush(at->second);
}

void Network::on_closed(PeerId id)
{
    const auto at = peers_.find(id);
    if (at == peers_.end()) return;
    if (!at->second.session) return on_dial_failed(id);
    at->second.session->on_remote_closed();
    drain(at->second);
}

void Network::on_tick()
{
    const TimePoint now = clock_.now();
    std::vector<PeerId> ids;
    for (const auto& [id, peer] : peers_)
        if (peer.session) ids.push_back(id);
    for (const PeerId id : ids) {
        const auto at = peers_.find(id);
        if (at == peers_.end()) continue;
        if (at->second.session->wake_at() <= now) at->second.session->on_tick(now);
        drain(at->second);
    }
    if (now < tick_due_) return;
    tick_due_ = now + kTickInterval;

    publish_if_due();
    header_sync_.on_tick(peers_);
    block_fetch_.on_tick(peers_);
    for (auto& [id, peer] : peers_) block_fetch_.fill(peer, peers_);
    if (pool_ != nullptr) {
        tx_fetch_.on_tick(peers_, now);
        diffusion_.on_tick(peers_, now, [this](const Hash256& hash, const Peer& peer) {
            const TxId txid(hash);
            return pool_->find(txid).has_value() && pool_->fee_rate(txid) >= peer.fee_filter;
        });
    }
    for (const auto& dial : keeper_.dials(peers_, book_, tip_is_stale(), now, clock_.unix_time())) {
        const PeerId id = next_id();
        add(id, dial.kind, dial.endpoint);
        book_.attempted(dial.endpoint, clock_.unix_time());
        transport_.dial(id, dial.endpoint);
    }
    for (auto& [id, peer] : peers_) send_addresses(peer, now);
    ids.clear();
    for (const auto& [id, peer] : peers_)
        if (peer.session) ids.push_back(id);
    for (const PeerId id : ids)
        if (const auto at = peers_.find(id); at != peers_.end()) drain(at->second);
}

TimePoint Network::wake_at() const
{
    TimePoint wake = tick_due_;
    for (const auto& [id, peer] : peers_)
        if (peer.session) wake = std::min(wake, peer.session->wake_at());
    return wake;
}

bool Network::disconnect(const Endpoint& endpoint)
{
    for (auto& [id, peer] : peers_) {
        if (peer.endpoint != endpoint || !peer.session) continue;
        peer.session->close(CloseReason::shutdown, "asked to");
        drain(peer);
        return true;
    }
    return false;
}

void Network::add_seed(const Endpoint& endpoint)
{
    book_.add(endpoint, kServiceNetwork, endpoint, clock_.unix_time(), clock_.unix_time());
}

void Network::relay(const TxId& txid)
{
    diffusion_.announce(txid, peers_, clock_.now());
    if (config_.relay_policy == RelayPolicy::flood) tick_due_ = clock_.now();
}

void Network::shut_down()
{
    std::vector<PeerId> ids;
    for (const auto& [id, peer] : peers_) ids.push_back(id);
    for (const PeerId id : ids) drop(id, CloseReason::shutdown, "");
}

std::vector<PeerInfo> Network::peers() const
{
    std::vector<PeerInfo> infos;
    for (const auto& [id, peer] : peers_) infos.push_back(info_of(peer));
    return infos;
}

std::vector<Endpoint> Network::anchors() const
{
    std::vector<Endpoint> anchors;
    for (const auto& [id, peer] : peers_)
        if (peer.kind == PeerKind::block_only && peer.ready()) anchors.push_back(peer.endpoint);
    if (anchors.size() > kAnchorsMax) anchors.resize(kAnchorsMax);
    return anchors;
}

void Network::on_tip_changed(const chain::TipChange& change)
{
    unpublished_ = 0;
    tip_changed_at_ = clock_.now();
    if (!header_sync_.caught_up()) return;
    for (auto& [id, peer] : peers_) {
        if (!peer.ready() || peer.kind == PeerKind::feeler) continue;
        announce(peer, change);
        flush(peer);
    }
}

Peer& Network::add(PeerId id, PeerKind kind, const Endpoint& endpoint)
{
    Peer& peer = peers_[id];
    peer.id = id;
    peer.kind = kind;
    peer.endpoint = endpoint;
    peer.tokens_at = clock_.now();
    return peer;
}

void Network::start_session(Peer& peer, Direction direction)
{
    SessionConfig session;
    session.magic = chain_.spec().magic;
    session.chain_id = chain_id_;
    session.foreign_peers = chain_.spec().foreign_peers;
    session.user_agent = config_.user_agent;
    session.height = static_cast<i32>(chain_.tip().block->height.value);
    session.relay = pool_ != nullptr && peer.kind != PeerKind::block_only;
    session.nonce = random_.next();
    session.you = {0, peer.endpoint.ip, peer.endpoint.port};
    if (peer.kind == PeerKind::full || peer.kind == PeerKind::manual)
        session.listen_port =
            config_.own_endpoint ? config_.own_endpoint->port : config_.listen_port;
    session.time = clock_.unix_time();
    session.is_own_nonce = [this](u64 nonce) {
        return std::any_of(own_nonces_.begin(), own_nonces_.end(),
                           [&](const auto& own) { return own.second == nonce; });
    };
    if (direction == Direction::outbound) own_nonces_[peer.id] = session.nonce;
    peer.session = std::make_unique<PeerSession>(direction, std::move(session), clock_.now());
}

void Network::drain(Peer& peer)
{
    const PeerId id = peer.id;
    while (auto event = peer.session->next_event()) {
        if (std::holds_alternative<PeerReady>(*event)) {
            on_ready(peer);
        } else if (const auto* message = std::get_if<PeerMessage>(&*event)) {
            if (!peer.session->closed()) on_message(peer, *message);
        } else if (const auto* closed = std::get_if<PeerClosed>(&*event)) {
            flush(peer);
            if (closed->discourage && peer.kind != PeerKind::manual && !peer.endpoint.is_loopback())
                keeper_.ban(peer.endpoint.ip, clock_.unix_time() + kDiscouraged_s,
                            clock_.unix_time(), false);
            return drop(id, closed->reason, closed->detail);
        }
    }
    flush(peer);
    if (peer.unwritten_bytes > kUnwrittenBytesMax) drop(id, CloseReason::stalled, "does not read");
}

void Network::flush(Peer& peer)
{
    if (!peer.session || peer.session->output_bytes() == 0) return;
    Bytes bytes = peer.session->take_output();
    peer.unwritten_bytes += bytes.size();
    transport_.write(peer.id, std::move(bytes));
}

void Network::drop(PeerId id, CloseReason reason, const std::string& detail)
{
    const auto at = peers_.find(id);
    if (at == peers_.end()) return;
    block_fetch_.on_gone(at->second);
    tx_fetch_.on_gone(id);
    own_nonces_.erase(id);
    // Who does not read, or did wrong, is not written to any more.
    const bool at_once = reason == CloseReason::stalled || reason == CloseReason::misbehaviour ||
                         reason == CloseReason::evicted;
    const Endpoint endpoint = at->second.endpoint;
    const PeerKind kind = at->second.kind;
    if (at->second.is_outbound() &&
        (reason == CloseReason::stalled || reason == CloseReason::no_useful_chain))
        keeper_.on_useless(endpoint, clock_.now());
    peers_.erase(at);
    if (at_once)
        transport_.abort(id);
    else
        transport_.close(id);
    if (listener_ != nullptr) listener_->on_peer_gone(endpoint, kind, reason, detail);
}

void Network::on_ready(Peer& peer)
{
    if (peer.is_outbound()) {
        book_.connected(peer.endpoint, clock_.unix_time());
        if (peer.kind == PeerKind::manual) keeper_.on_manual_ready(peer.endpoint);
    }
    if (peer.kind == PeerKind::feeler) return peer.session->close(CloseReason::shutdown, "feeler");
    if (const u16 port = peer.session->peer_version().me.port; !peer.is_outbound() && port != 0)
        peer.listens_at = Endpoint{peer.endpoint.ip, port};
    settle_duplicates(peer.listens_at.value_or(peer.endpoint));
    if (peer.session->closed()) return;
    if (listener_ != nullptr) listener_->on_peer_ready(info_of(peer));
    peer.session->send(SendHeaders{});
    if (peer.kind == PeerKind::full || peer.kind == PeerKind::manual) {
        peer.session->send(GetAddr{});
        peer.address_tokens += kAddressBurst;  // for the answer
    }
    if (peer.is_outbound() && peer.kind != PeerKind::block_only)
        if (const auto own = own_address_for(peer)) peer.session->send(Addr{{*own}});
    peer.addresses_due = clock_.now() + random_.exponential(kAddressMean);
    diffusion_.on_ready(peer, clock_.now());
    header_sync_.on_ready(peer, peers_);
}

/// Two nodes may have dialled each other at once. Of two connections the one stays whose dialler
/// has the smaller nonce, and only its dialler ends the other, so that both never go. A block-only
/// one goes anyhow: the other side cannot know where it came from. What the operator asked for
/// stays.
void Network::settle_duplicates(const Endpoint& endpoint)
{
    const Peer* inbound = nullptr;
    Peer* outbound = nullptr;
    for (auto& [id, peer] : peers_) {
        if (!peer.ready() || !peer.is_at(endpoint)) continue;
        if (!peer.is_outbound()) inbound = &peer;
        if (peer.kind == PeerKind::full || peer.kind == PeerKind::block_only) outbound = &peer;
    }
    if (inbound == nullptr || outbound == nullptr) return;
    if (outbound->kind == PeerKind::block_only ||
        own_nonces_.at(outbound->id) > inbound->session->peer_version().nonce)
        outbound->session->close(CloseReason::duplicate);
}

void Network::publish_if_due()
{
    if (unpublished_ == 0) return;
    const bool due = unpublished_ >= kUnpublishedMax || block_fetch_.in_flight() == 0 ||
                     clock_.now() - unpublished_since_ >= kUnpublishedTime;
    if (!due) return;
    unpublished_ = 0;
    static_cast<void>(chain_.publish());  // a store that fails says so through Chainstate::failure
}

PeerInfo Network::info_of(const Peer& peer) const
{
    PeerInfo info;
    info.id = peer.id;
    info.kind = peer.kind;
    info.endpoint = peer.endpoint;
    if (peer.best_known != nullptr) info.synced_headers = peer.best_known->height.value;
    if (peer.last_common != nullptr) info.synced_blocks = peer.last_common->height.value;
    for (const BlockRequest& request : peer.blocks_asked)
        info.in_flight.push_back(request.block->height.value);
    if (!peer.session) return info;
    info.ready = peer.session->ready();
    info.version = peer.session->peer_version();
    info.counters = peer.session->counters();
    info.connected_for = clock_.now() - peer.session->started_at();
    info.ping_time = peer.session->ping_time();
    info.ping_time_min = peer.session->ping_time_min();
    info.misbehaviour = peer.session->misbehaviour();
    return info;
}

bool Network::tip_is_stale() const
{
    const Duration patience =
        std::min<Duration>(std::chrono::seconds(kTipStale_s),
                           std::chrono::seconds(3 * chain_.spec().difficulty.spacing_s) + 10min);
    return clock_.now() - tip_changed_at_ > patience;
}

}  // namespace adit::node::p2p
