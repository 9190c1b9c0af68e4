// What the network gives to peers that ask, and tells them unasked.

#include <algorithm>

#include "node/p2p/network.hpp"

namespace adit::node::p2p {
namespace {

constexpr u32 kSideBlockAgeMax = 288;  ///< blocks off the best chain are served while so recent
constexpr std::size_t kBodiesBytes = 64 * 1024;  ///< a `bodies` message is sent when it has so many

/// Bodies on their way into one message.
class BodyBatch {
public:
    /// Sends what is there first when this one would make the message large.
    bool add(const chain::Chainstate& chain, const chain::BlockNode& node, PeerSession& session)
    {
        const auto body = chain.body_bytes_of(node);
        if (!body || !*body) return false;
        if (count_ == kBodiesMax || entries_.size() + (*body)->size() > kBodiesBytes) send(session);
        append(entries_, node.hash.bytes);
        append(entries_, **body);
        ++count_;
        return true;
    }
    void send(PeerSession& session)
    {
        if (count_ == 0) return;
        session.send_stored_bodies(count_, entries_);
        count_ = 0;
        entries_.clear();
    }

private:
    std::size_t count_ = 0;
    Bytes entries_;
};

}  // namespace

void Network::serve(Peer& peer)
{
    const auto room = [&] {
        return peer.unwritten_bytes + peer.session->output_bytes() < kServePauseBytes;
    };
    if (peer.getheaders && room()) {
        serve_headers(peer, *peer.getheaders);
        peer.getheaders.reset();
    }
    NotFound missing;
    BodyBatch bodies;
    while (!peer.getdata.empty() && room()) {
        const InvItem item = peer.getdata.front();
        peer.getdata.pop_front();
        bool found = false;
        if (item.type == static_cast<u32>(InvType::block)) {
            found = serve_block(peer, BlockHash(item.hash));
        } else if (item.type == static_cast<u32>(InvType::block_body)) {
            const chain::BlockNode* node = servable(BlockHash(item.hash));
            found = node != nullptr && bodies.add(chain_, *node, *peer.session);
        } else if (item.type == static_cast<u32>(InvType::tx) && pool_ != nullptr) {
            if (const auto tx = pool_->find(TxId(item.hash))) {
                peer.session->send(TxMessage{*tx});
                found = true;
            }
        }
        if (!found) missing.items.push_back(item);
    }
    bodies.send(*peer.session);
    if (!missing.items.empty()) peer.session->send(missing);
}

/// The block, if it is one that may be told to anybody and its body is here.
const chain::BlockNode* Network::servable(const BlockHash& hash) const
{
    const chain::BlockNode* node = chain_.find(hash);
    if (node == nullptr || !node->standing().has_body || node->standing().failed) return nullptr;
    const chain::Tip tip = chain_.tip();
    // Blocks not yet durable, or old ones off the best chain, are nobody's business.
    const bool recent = node->height.value + kSideBlockAgeMax > tip.block->height.value;
    if (!chain_.is_on_best_chain(*node) && !(recent && node->standing().was_connected))
        return nullptr;
    return node;
}

bool Network::serve_block(Peer& peer, const BlockHash& hash)
{
    const chain::BlockNode* node = servable(hash);
    if (node == nullptr) return false;
    const auto bytes = chain_.block_bytes_of(*node);
    if (!bytes || !*bytes) return false;
    peer.session->send_stored_block(**bytes);
    return true;
}

const chain::BlockNode* Network::start_of(const Locator& locator) const
{
    for (const BlockHash& hash : locator.hashes) {
        const chain::BlockNode* node = chain_.find(hash);
        if (node != nullptr && chain_.is_on_best_chain(*node)) return node;
    }
    return chain_.at(Height(0));
}

void Network::serve_headers(Peer& peer, const Locator& locator)
{
    const chain::BlockNode* tip = chain_.tip().block;
    Headers answer;
    const u32 first = start_of(locator)->height.value + 1;
    const u32 last = std::min<u32>(tip->height.value, first + kHeadersMax - 1);
    for (u32 height = first; height <= last; ++height) {
        const chain::BlockNode* node = tip->ancestor(Height(height));
        auto header = chain_.header_of(*node);
        if (!header) break;
        answer.headers.push_back(std::move(*header));
        if (node->hash == locator.stop) break;
    }
    peer.session->send(answer);
}

void Network::serve_inventory(Peer& peer, const Locator& locator)
{
    const chain::BlockNode* tip = chain_.tip().block;
    Inv answer;
    const u32 first = start_of(locator)->height.value + 1;
    const u32 last = std::min<u32>(tip->height.value, first + kGetBlocksMax - 1);
    for (u32 height = first; height <= last; ++height) {
        const chain::BlockNode* node = tip->ancestor(Height(height));
        if (node->hash == locator.stop) break;
        answer.items.push_back({static_cast<u32>(InvType::block), node->hash});
    }
    if (!answer.items.empty()) peer.session->send(answer);
}

void Network::serve_addresses(Peer& peer)
{
    // Once, and to those who came to us: nobody can map the network by asking again and again.
    if (peer.kind != PeerKind::inbound || peer.getaddr_answered) return;
    peer.getaddr_answered = true;
    Addr answer;
    answer.addresses = book_.sample(kAddressesMax, clock_.unix_time());
    peer.session->send(answer);
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

void Network::announce(Peer& peer, const chain::TipChange& change)
{
    if (peer.best_known != nullptr && peer.best_known->descends_from(*change.to))
        return;  // it told us
    std::vector<const chain::BlockNode*> fresh;
    for (const chain::BlockNode* at = change.to;
         at != change.fork && fresh.size() <= kAnnouncedHeadersMax; at = at->parent) {
        if (peer.best_known != nullptr && peer.best_known->descends_from(*at)) break;
        fresh.push_back(at);
    }
    const bool by_header =
        peer.wants_headers && !fresh.empty() && fresh.size() <= kAnnouncedHeadersMax;
    if (by_header) {
        Headers headers;
        for (auto at = fresh.rbegin(); at != fresh.rend(); ++at) {
            auto header = chain_.header_of(**at);
            if (!header) break;
            headers.headers.push_back(std::move(*header));
        }
        if (headers.headers.size() == fresh.size()) return peer.session->send(headers);
    }
    peer.session->send(Inv{{{static_cast<u32>(InvType::block), change.to->hash}}});
}

}  // namespace adit::node::p2p
