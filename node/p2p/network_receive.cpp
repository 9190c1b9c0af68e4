// What peers send, and what becomes of it.

#include <algorithm>

#include "node/p2p/network.hpp"

namespace adit::node::p2p {

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

}  // namespace adit::node::p2p
