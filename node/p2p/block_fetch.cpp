#include "node/p2p/block_fetch.hpp"

#include <algorithm>

namespace adit::node::p2p {

void BlockFetch::fill(Peer& peer, Peers& peers)
{
    if (!peer.ready() || peer.kind == PeerKind::feeler || peer.best_known == nullptr) return;
    // Asked for in batches: a refill walks the window.
    if (peer.blocks_asked.size() > in_flight_max() / 2) return;
    if (peer.best_known->total_work <= chain_.tip().block->total_work ||
        peer.best_known->standing().failed)
        return;
    // Whoever kept others waiting is asked again when there is nobody else.
    if (peer.taken_over > 0 && somebody_better(peers)) return;
    advance_last_common(peer);

    const Window window = window_of(peer);
    GetData request;
    for (const chain::BlockNode* block : window) {
        if (peer.blocks_asked.size() >= in_flight_max()) break;
        if (block->standing().has_body || asked_.contains(block->hash)) continue;
        ask(peer, *block, request);
    }
    if (peer.blocks_asked.empty()) take_over(peer, window, peers, request);
    if (!request.items.empty()) peer.session->send(request);
}

bool BlockFetch::somebody_better(const Peers& peers) const
{
    return std::any_of(peers.begin(), peers.end(), [this](const auto& entry) {
        const Peer& peer = entry.second;
        return peer.ready() && peer.taken_over == 0 && peer.best_known != nullptr &&
               peer.best_known->total_work > chain_.tip().block->total_work;
    });
}

/// The blocks between the last common one and the window's end, oldest first, without those that
/// break a rule.
BlockFetch::Window BlockFetch::window_of(const Peer& peer) const
{
    const u32 first = peer.last_common->height.value + 1;
    const u32 last =
        std::min(peer.best_known->height.value, peer.last_common->height.value + kFetchWindow);
    Window window;
    for (const chain::BlockNode* at = peer.best_known->ancestor(Height(last));
         at->height.value >= first; at = at->parent)
        window.push_back(at);
    std::reverse(window.begin(), window.end());
    window.erase(std::find_if(window.begin(), window.end(),
                              [](const auto* block) { return block->standing().failed; }),
                 window.end());
    return window;
}

std::size_t BlockFetch::in_flight_max() const
{
    return std::clamp(kBytesInFlight / std::max<std::size_t>(mean_bytes_, 1), kBlocksInFlight,
                      kBlocksInFlightMax);
}

void BlockFetch::ask(Peer& peer, const chain::BlockNode& block, GetData& request)
{
    const InvType type = peer.serves_bodies() ? InvType::block_body : InvType::block;
    asked_[block.hash] = peer.id;
    peer.blocks_asked.push_back({&block, clock_.now(), clock_.now()});
    request.items.push_back({static_cast<u32>(type), block.hash});
}

/// Nothing came for long, or not this one though others did.
bool BlockFetch::is_late(const Peer& holder, const chain::BlockNode& block) const
{
    const TimePoint now = clock_.now();
    if (holder.blocks_asked.empty()) return false;
    if (now - holder.blocks_asked.front().asked_at > stall_time_) return true;
    const auto request = std::find_if(holder.blocks_asked.begin(), holder.blocks_asked.end(),
                                      [&](const BlockRequest& r) { return r.block == &block; });
    return request != holder.blocks_asked.end() && now - request->queued_at > stall_time_ * 4;
}

/// `peer` has nothing else to do: it fetches what the holder of the window's first missing block
/// has kept waiting.
void BlockFetch::take_over(Peer& peer, const Window& window, Peers& peers, GetData& request)
{
    Peer* holder = nullptr;
    for (const chain::BlockNode* block : window) {
        if (peer.blocks_asked.size() >= kBlocksInFlight) break;
        const auto asked = asked_.find(block->hash);
        if (asked == asked_.end() || block->standing().has_body) continue;
        if (holder == nullptr) {
            const auto at = peers.find(asked->second);
            if (at == peers.end() || at->first == peer.id || !is_late(at->second, *block)) return;
            holder = &at->second;
        }
        if (asked->second != holder->id) continue;
        std::erase_if(holder->blocks_asked,
                      [&](const BlockRequest& r) { return r.block == block; });
        ask(peer, *block, request);
    }
    if (holder == nullptr) return;
    const bool bulk = peer.blocks_asked.size() > 1;
    if (++holder->taken_over < kTakenOverMax && !bulk) return;  // one large block may be slow
    holder->session->close(CloseReason::stalled, "keeps others waiting for blocks");
    // Perhaps it is us who are slow: patience grows, and shrinks as blocks come.
    stall_time_ = std::min(kStallTimeMax, stall_time_ * 2);
}

bool BlockFetch::on_block(const BlockHash& hash, std::size_t bytes, Peers& peers)
{
    const auto asked = asked_.find(hash);
    if (asked == asked_.end()) return false;
    if (const auto at = peers.find(asked->second); at != peers.end()) {
        Peer& peer = at->second;
        std::erase_if(peer.blocks_asked,
                      [&](const BlockRequest& r) { return r.block->hash == hash; });
        peer.taken_over = 0;
        // The next in line starts its time now.
        if (!peer.blocks_asked.empty()) peer.blocks_asked.front().asked_at = clock_.now();
    }
    asked_.erase(asked);
    mean_bytes_ = (mean_bytes_ * 15 + bytes) / 16;
    if (stall_time_ > kStallTime) stall_time_ = std::max(kStallTime, stall_time_ * 85 / 100);
    return true;
}

void BlockFetch::on_not_found(Peer& peer, const BlockHash& hash)
{
    const auto asked = asked_.find(hash);
    if (asked == asked_.end() || asked->second != peer.id) return;
    // It announced what it cannot give: no more blocks from it until it announces again.
    on_gone(peer);
    peer.blocks_asked.clear();
    peer.best_known = nullptr;
    peer.last_common = nullptr;
}

void BlockFetch::on_gone(const Peer& peer)
{
    for (const BlockRequest& request : peer.blocks_asked) asked_.erase(request.block->hash);
}

void BlockFetch::on_tick(Peers& peers)
{
    const TimePoint now = clock_.now();
    const Duration spacing = std::chrono::seconds(chain_.spec().difficulty.spacing_s);
    for (auto& [id, peer] : peers) {
        if (!peer.ready() || peer.blocks_asked.empty()) continue;
        const BlockRequest& oldest = peer.blocks_asked.front();
        const auto others = static_cast<Duration::rep>(asked_.size() - peer.blocks_asked.size());
        if (now - oldest.asked_at > spacing * 2 + spacing * others / 2)
            peer.session->close(CloseReason::stalled, "a block did not come");
    }
}

void BlockFetch::advance_last_common(Peer& peer) const
{
    const chain::BlockNode* best = peer.best_known;
    if (peer.last_common == nullptr || !best->descends_from(*peer.last_common))
        peer.last_common = chain::fork_of(chain_.tip().block, best);
    while (peer.last_common != best) {
        const chain::BlockNode* next = best->ancestor(Height(peer.last_common->height.value + 1));
        if (!next->standing().linked) return;
        peer.last_common = next;
    }
}

}  // namespace adit::node::p2p
