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

void Network::on_message(Peer& peer, const PeerMessage& event)
{
    const Message& message = event.message;
    if (const auto* headers = std::get_if<Headers>(&message)) {
        header_sync_.on_headers(peer, *headers, HeaderSync::others_sync(peer, peers_));
        return block_fetch_.fill(peer, peers_);
    }
    if (const auto* block = std::get_if<BlockMessage>(&message))
        return on_block(peer, block->block, event.bytes);
    if (const auto* bodies = std::get_if<Bodies>(&message))
        return on_bodies(peer, *bodies, event.bytes);
    if (const auto* inv = std::get_if<Inv>(&message)) return on_inventory(peer, *inv);
    if (const auto* tx = std::get_if<TxMessage>(&message))
        return on_transaction(peer, tx->transaction);
    if (const auto* get = std::get_if<GetHeaders>(&message)) {
        peer.getheaders = get->locator;  // whoever asks again before the answer wants the new one
        return serve(peer);
    }
    if (const auto* get = std::get_if<GetBlocks>(&message))
        return serve_inventory(peer, get->locator);
    if (const auto* get = std::get_if<GetData>(&message)) {
        if (peer.getdata.size() + get->items.size() > kGetDataQueueMax)
            return peer.session->misbehave(20, "too many requests");
        peer.getdata.insert(peer.getdata.end(), get->items.begin(), get->items.end());
        return serve(peer);
    }
    if (const auto* missing = std::get_if<NotFound>(&message)) return on_not_found(peer, *missing);
    if (const auto* addr = std::get_if<Addr>(&message)) return on_addresses(peer, *addr);
    if (std::holds_alternative<GetAddr>(message)) return serve_addresses(peer);
    if (std::holds_alternative<SendHeaders>(message)) peer.wants_headers = true;
    if (const auto* filter = std::get_if<FeeFilter>(&message)) peer.fee_filter = filter->fee_per_kb;
    if (std::holds_alternative<MempoolRequest>(message) && pool_ != nullptr &&
        peer.relays_transactions())
        for (const TxId& txid : pool_->all()) peer.to_send.insert(txid);
}

void Network::on_inventory(Peer& peer, const Inv& inv)
{
    std::optional<BlockHash> last_block;
    for (const InvItem& item : inv.items) {
        if (item.type == static_cast<u32>(InvType::block)) last_block = BlockHash(item.hash);
        if (item.type != static_cast<u32>(InvType::tx) || pool_ == nullptr) continue;
        if (peer.kind == PeerKind::block_only)
            return peer.session->close(CloseReason::misbehaviour, "transactions unasked");
        peer.know_transaction(item.hash);
        if (header_sync_.caught_up() && !pool_->knows(TxId(item.hash)))
            tx_fetch_.on_announced(peer, item.hash, clock_.now());
    }
    // Only the last one: its headers bring the others.
    if (last_block) header_sync_.on_announced(peer, *last_block);
    block_fetch_.fill(peer, peers_);
}

/// Headers first means that we have the header already: only the rest came over the wire.
void Network::on_bodies(Peer& peer, const Bodies& message, std::size_t bytes)
{
    const std::size_t bytes_each = bytes / std::max<std::size_t>(message.bodies.size(), 1);
    for (const Bodies::Body& body : message.bodies) {
        if (peer.session->closed()) return;
        const chain::BlockNode* node = chain_.find(body.block);
        if (node == nullptr) return peer.session->misbehave(20, "bodies of unknown blocks");
        if (node->standing().has_body) {
            block_fetch_.on_block(body.block, bytes_each, peers_);
            continue;
        }
        auto header = chain_.header_of(*node);
        if (!header) return;  // the store failed; Chainstate says so
        on_block(peer, Block{std::move(*header), body.transactions}, bytes_each);
    }
}

void Network::on_block(Peer& peer, const Block& block, std::size_t bytes)
{
    const BlockHash hash = hash_of(block.header);
    const bool asked = block_fetch_.on_block(hash, bytes, peers_);
    const chain::BlockNode* node = chain_.find(hash);
    const chain::BlockNode* parent = chain_.find(block.header.prev);
    if (parent == nullptr) return header_sync_.on_announced(peer, hash);
    if (!asked && parent->height.value > chain_.tip().block->height.value + kUnrequestedAheadMax)
        return;
    if (node == nullptr && !header_sync_.worth_storing(*parent)) return;

    const bool catching_up = !header_sync_.caught_up() || block_fetch_.in_flight() > 0;
    const auto outcome = chain_.accept_block(
        block, clock_.unix_time(), catching_up ? chain::Publish::later : chain::Publish::now,
        node != nullptr ? chain::HeaderCheck::done : chain::HeaderCheck::needed);
    if (!outcome)
        return peer.session->misbehave(consensus::misbehaviour_points(outcome.error()),
                                       consensus::reject_word(outcome.error()));
    if (const chain::BlockNode* kept = chain_.find(hash);
        kept != nullptr &&
        (peer.best_known == nullptr || kept->total_work > peer.best_known->total_work))
        peer.best_known = kept;
    if (asked || *outcome == chain::BlockOutcome::connected) peer.last_block_at = clock_.now();
    if (catching_up && *outcome == chain::BlockOutcome::connected && unpublished_++ == 0)
        unpublished_since_ = clock_.now();
    if (unpublished_ >= kUnpublishedMax || block_fetch_.in_flight() == 0) publish_if_due();
    block_fetch_.fill(peer, peers_);
}

void Network::on_transaction(Peer& peer, const Transaction& tx)
{
    if (pool_ == nullptr) return;
    if (peer.kind == PeerKind::block_only)
        return peer.session->close(CloseReason::misbehaviour, "transactions unasked");
    const TxId txid = txid_of(tx);
    peer.know_transaction(txid);
    tx_fetch_.on_settled(txid);
    if (pool_->knows(txid)) return;
    const auto outcome = pool_->accept(tx, clock_.unix_time());
    if (outcome.accepted) {
        peer.last_transaction_at = clock_.now();
        return relay(txid);
    }
    for (const TxId& parent : outcome.missing_parents)
        tx_fetch_.on_announced(peer, parent, clock_.now());
    peer.session->misbehave(outcome.points, outcome.reason);
}

void Network::on_not_found(Peer& peer, const NotFound& message)
{
    for (const InvItem& item : message.items) {
        if (item.type == static_cast<u32>(InvType::tx)) tx_fetch_.on_not_found(peer.id, item.hash);
        if (item.type == static_cast<u32>(InvType::block))
            block_fetch_.on_not_found(peer, BlockHash(item.hash));
    }
}

void Network::on_addresses(Peer& peer, const Addr& addr)
{
    if (peer.kind == PeerKind::block_only) return;
    const TimePoint now = clock_.now();
    const double waited_s = std::chrono::duration<double>(now - peer.tokens_at).count();
    peer.tokens_at = now;
    peer.address_tokens = std::min(std::max(kAddressBurst, peer.address_tokens),
                                   peer.address_tokens + waited_s * kAddressesPerSecond);
    const UnixTime unix_now = clock_.unix_time();
    for (const TimedAddress& entry : addr.addresses) {
        if (peer.address_tokens < 1) {
            ++peer.addresses_dropped;
            continue;
        }
        peer.address_tokens -= 1;
        const Endpoint endpoint{entry.address.ip, entry.address.port};
        const bool same_lan = endpoint.is_private() && peer.endpoint.is_private();
        const bool same_host = endpoint.is_loopback() && peer.endpoint.is_loopback();
        if (!endpoint.is_routable() && !((same_lan || same_host) && endpoint.port != 0)) continue;
        ++peer.addresses_taken;
        book_.add(endpoint, entry.address.services, peer.endpoint, entry.time, unix_now);
        // A small, fresh message is news: two peers, the same ones for a day, hear of it.
        if (addr.addresses.size() > 10 || unix_now - static_cast<UnixTime>(entry.time) > 600)
            continue;
        std::vector<std::pair<u64, Peer*>> ranked;
        for (auto& [id, other] : peers_) {
            if (id == peer.id || !other.ready() || other.kind == PeerKind::block_only) continue;
            u64 rank = EndpointHash{}(endpoint) ^ id * 0x9e3779b97f4a7c15 ^
                       static_cast<u64>(unix_now / 86'400);
            rank = (rank ^ rank >> 31) * 0x94d049bb133111eb;
            ranked.emplace_back(rank, &other);
        }
        std::sort(ranked.begin(), ranked.end());
        for (std::size_t i = 0; i < std::min<std::size_t>(2, ranked.size()); ++i)
            if (ranked[i].second->addresses_to_send.size() < kAddressesMax)
                ranked[i].second->addresses_to_send.push_back(entry);
    }
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

void Network::send_addresses(Peer& peer, TimePoint now)
{
    if (!peer.ready() || peer.kind == PeerKind::block_only || now < peer.addresses_due) return;
    peer.addresses_due = now + random_.exponential(kAddressMean);
    if (random_.below(static_cast<u64>(kOwnAddressMean / kAddressMean)) == 0)
        if (const auto own = own_address_for(peer)) peer.addresses_to_send.push_back(*own);
    if (peer.addresses_to_send.empty()) return;
    Addr addr;
    addr.addresses.swap(peer.addresses_to_send);
    if (addr.addresses.size() > kAddressesMax) addr.addresses.resize(kAddressesMax);
    peer.session->send(addr);
}

/// Where this peer, and those it tells, can reach us: as configured, else the address it sees us
/// at.
std::optional<TimedAddress> Network::own_address_for(const Peer& peer) const
{
    if (config_.listen_port == 0) return std::nullopt;
    Endpoint own{peer.session->peer_version().you.ip, config_.listen_port};
    if (config_.own_endpoint) own = *config_.own_endpoint;
    const bool near = (own.is_loopback() && peer.endpoint.is_loopback()) ||
                      (own.is_private() && peer.endpoint.is_private());
    if (!own.is_routable() && !near) return std::nullopt;
    return TimedAddress{static_cast<u32>(clock_.unix_time()),
                        {kServiceNetwork | kServiceBodies, own.ip, own.port}};
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
