#include "node/p2p/header_sync.hpp"

#include <algorithm>

namespace adit::node::p2p {

std::vector<BlockHash> locator_of(const chain::BlockNode& node)
{
    std::vector<BlockHash> hashes;
    u32 step = 1;
    for (const chain::BlockNode* at = &node;;) {
        hashes.push_back(at->hash);
        if (at->height.value == 0) return hashes;
        if (hashes.size() > 10) step *= 2;
        at = at->ancestor(Height(at->height.value > step ? at->height.value - step : 0));
    }
}

bool HeaderSync::caught_up() const
{
    return static_cast<UnixTime>(chain_.tip().block->time) > clock_.unix_time() - kTipIsOld_s;
}

void HeaderSync::on_ready(Peer& peer, const Peers& peers)
{
    if (peer.kind == PeerKind::feeler) return;
    // One at a time, so that no header comes twice; on_tick asks the others later.
    if (somebody_syncs(peers)) return;
    start(peer);
}

void HeaderSync::start(Peer& peer)
{
    peer.headers_asked = true;
    peer.syncing_headers = true;
    peer.headers_late = false;
    // One below the best header: even a peer that knows no more answers with that one, and so tells
    // its best.
    const chain::BlockNode* best = chain_.best_header();
    ask(peer, best->parent != nullptr ? *best->parent : *best);
}

void HeaderSync::on_headers(Peer& peer, const Headers& message, bool others_sync)
{
    const auto& headers = message.headers;
    // Late and yet here: the line is slow, not the peer.
    if (peer.headers_late) patience_ = std::min(kHeadersPatienceMax, patience_ * 2);
    peer.headers_late = false;
    if (headers.size() < kHeadersMax) first_pass_done_ = true;
    if (headers.empty()) {
        peer.syncing_headers = false;
        return;
    }
    if (!is_chain(headers)) return peer.session->misbehave(20, "headers do not follow each other");

    const chain::BlockNode* parent = chain_.find(headers.front().prev);
    if (parent == nullptr) {
        if (++peer.unconnecting % kUnconnectingMax == 0)
            return peer.session->misbehave(20, "headers without a known parent");
        return ask(peer, *chain_.best_header());
    }
    peer.unconnecting = 0;
    if (too_deep(*parent)) {
        // Its work is not worth storing, though the peer did nothing wrong.
        peer.syncing_headers = false;
        return;
    }

    bool more = headers.size() == kHeadersMax;
    if (more && chain_.find(hash_of(headers.back())) != nullptr && others_sync) {
        // Another is ahead with the same headers; this one is asked again when that is done.
        more = false;
        peer.headers_asked = false;
    }
    if (more) {
        // Asked for before these are checked, so that the wire does not idle meanwhile.
        Locator locator;
        locator.hashes = {hash_of(headers.back())};
        const auto behind = locator_of(*parent);
        locator.hashes.insert(locator.hashes.end(), behind.begin(), behind.end());
        if (locator.hashes.size() > kLocatorMax) locator.hashes.resize(kLocatorMax);
        peer.headers_asked_at = clock_.now();
        peer.session->send(GetHeaders{locator});
    } else {
        peer.syncing_headers = false;
    }
    const auto outcome = chain_.accept_headers(headers, clock_.unix_time());
    if (outcome.last != nullptr) note_best(peer, *outcome.last);
    if (!outcome.refused) return;
    peer.syncing_headers = false;
    peer.session->misbehave(consensus::misbehaviour_points(*outcome.refused),
                            consensus::reject_word(*outcome.refused));
}

void HeaderSync::on_announced(Peer& peer, const BlockHash& hash)
{
    if (const chain::BlockNode* node = chain_.find(hash)) return note_best(peer, *node);
    if (!peer.syncing_headers) ask(peer, *chain_.best_header());
}

void HeaderSync::on_tick(Peers& peers)
{
    const TimePoint now = clock_.now();
    bool somebody_late = false;
    for (auto& [id, peer] : peers) {
        if (!peer.ready()) continue;
        if (peer.syncing_headers && now - peer.headers_asked_at > kHeadersTime) {
            if (!caught_up() && peer.kind != PeerKind::manual)
                peer.session->close(CloseReason::stalled, "no headers");
            peer.syncing_headers = false;
        }
        if (peer.syncing_headers && now - peer.headers_asked_at > patience_)
            peer.headers_late = true;
        somebody_late |= peer.syncing_headers && peer.headers_late;

        // An outbound peer that knows less than we do for long takes a slot from a better one.
        if (peer.kind != PeerKind::full && peer.kind != PeerKind::block_only) continue;
        const chain::BlockNode* ours = chain_.tip().block;
        const bool behind =
            ours->height.value > 0 &&
            (peer.best_known == nullptr || peer.best_known->total_work < ours->total_work);
        if (!behind) {
            peer.behind_since.reset();
            peer.behind_asked = false;
        } else if (!peer.behind_since) {
            peer.behind_since = now;
        } else if (!peer.behind_asked && now - *peer.behind_since > kBehindTime) {
            peer.behind_asked = true;
            const chain::BlockNode* tip = chain_.tip().block;
            ask(peer, tip->parent != nullptr ? *tip->parent : *tip);
        } else if (peer.behind_asked &&
                   now - *peer.behind_since > kBehindTime + kBehindAnswerTime) {
            peer.session->close(CloseReason::no_useful_chain);
        }
    }
    if (somebody_syncs(peers)) return;
    // The one we asked is gone or has no more: all the others, too. Or it is late: a few others.
    int asked = 0;
    for (auto& [id, peer] : peers) {
        if (!peer.ready() || peer.kind == PeerKind::feeler || peer.headers_asked) continue;
        start(peer);
        if (++asked == kAskedInstead && (somebody_late || !first_pass_done_)) return;
    }
}

bool HeaderSync::others_sync(const Peer& peer, const Peers& peers)
{
    return std::any_of(peers.begin(), peers.end(), [&](const auto& entry) {
        return entry.first != peer.id && entry.second.ready() && entry.second.syncing_headers;
    });
}

/// And is not late.
bool HeaderSync::somebody_syncs(const Peers& peers)
{
    return std::any_of(peers.begin(), peers.end(), [](const auto& entry) {
        return entry.second.ready() && entry.second.syncing_headers && !entry.second.headers_late;
    });
}

void HeaderSync::ask(Peer& peer, const chain::BlockNode& from)
{
    peer.headers_asked_at = clock_.now();
    Locator locator;
    locator.hashes = locator_of(from);
    peer.session->send(GetHeaders{locator});
}

bool HeaderSync::too_deep(const chain::BlockNode& parent) const
{
    const chain::BlockNode* tip = chain_.tip().block;
    const chain::BlockNode* fork = chain::fork_of(tip, &parent);
    return tip->height.value - fork->height.value > chain_.spec().max_reorg;
}

void HeaderSync::note_best(Peer& peer, const chain::BlockNode& node)
{
    if (peer.best_known == nullptr || node.total_work > peer.best_known->total_work)
        peer.best_known = &node;
}

bool HeaderSync::is_chain(const std::vector<BlockHeader>& headers) const
{
    for (std::size_t i = 1; i < headers.size(); ++i)
        if (headers[i].prev != hash_of(headers[i - 1])) return false;
    return true;
}

}  // namespace adit::node::p2p
