#include "node/p2p/block_fetch.hpp"

#include <algorithm>

namespace adit::node::p2p {

void BlockFetch::fill(Peer& peer, Peers& peers)
{
    if (!peer.ready() || peer.kind == PeerKind::feeler || peer.best_known == nullptr) return;
    if (peer.blocks_asked.size() >= kBlocksInFlight) return;
    if (peer.best_known->total_work <= chain_.tip().block->total_work ||
        peer.best_known->standing().failed)
        return;
    advance_last_common(peer);

    const u32 first = peer.last_common->height.value + 1;
    const u32 last =
        std::min(peer.best_known->height.value, peer.last_common->height.value + kFetchWindow);
    std::vector<const chain::BlockNode*> window;
    for (const chain::BlockNode* at = peer.best_known->ancestor(Height(last));
         at->height.value >= first; at = at->parent)
        window.push_back(at);

    GetData request;
    PeerId holds_window = 0;
    for (auto at = window.rbegin();
         at != window.rend() && peer.blocks_asked.size() < kBlocksInFlight; ++at) {
        const chain::Standing standing = (*at)->standing();
        if (standing.failed) break;
        if (standing.has_body) continue;
        if (const auto asked = asked_.find((*at)->hash); asked != asked_.end()) {
            if (holds_window == 0) holds_window = asked->second;
            continue;
        }
        asked_[(*at)->hash] = peer.id;
        peer.blocks_asked.push_back(
            {*at, clock_.now(), static_cast<int>(peer.blocks_asked.size())});
        request.items.push_back({static_cast<u32>(InvType::block), (*at)->hash});
    }
    if (!request.items.empty()) return peer.session->send(request);
    // Nothing to ask though the peer has more: whoever holds the window's first block holds us all
    // up.
    const bool window_is_full = peer.best_known->height.value > last;
    if (!peer.blocks_asked.empty() || !window_is_full || holds_window == 0 ||
        holds_window == peer.id)
        return;
    if (const auto staller = peers.find(holds_window);
        staller != peers.end() && !staller->second.stalling_since)
        staller->second.stalling_since = clock_.now();
}

bool BlockFetch::on_block(const BlockHash& hash, Peers& peers)
{
    const auto asked = asked_.find(hash);
    if (asked == asked_.end()) return false;
    if (const auto at = peers.find(asked->second); at != peers.end()) {
        Peer& peer = at->second;
        std::erase_if(peer.blocks_asked,
                      [&](const BlockRequest& r) { return r.block->hash == hash; });
        peer.stalling_since.reset();
        // The next in line starts its time now.
        if (!peer.blocks_asked.empty()) peer.blocks_asked.front().asked_at = clock_.now();
    }
    asked_.erase(asked);
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
        if (!peer.ready()) continue;
        if (peer.stalling_since && now - *peer.stalling_since > stall_time_) {
            peer.session->close(CloseReason::stalled, "holds the download window up");
            stall_time_ = std::min(kStallTimeMax, stall_time_ * 2);
            continue;
        }
        if (peer.blocks_asked.empty()) continue;
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
