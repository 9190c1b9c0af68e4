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
    const chain::BlockNode* tip = chain_.tip().block;
    return static_cast<UnixTime>(tip->time) > clock_.unix_time() - kTipIsOld_s &&
           has_least_work(*tip);
}

bool HeaderSync::has_least_work(const chain::BlockNode& node) const
{
    return node.total_work >= chain_.spec().minimum_chain_work;
}

bool HeaderSync::worth_storing(const chain::BlockNode& parent) const
{
    return has_least_work(parent) && !too_deep(parent);
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
    if (headers.size() < kHeadersMax && has_least_work(*chain_.best_header()))
        first_pass_done_ = true;
    if (headers.empty()) {
        end_presync(peer);
        peer.syncing_headers = false;
        return;
    }
    if (!is_chain(headers)) return peer.session->misbehave(20, "headers do not follow each other");
    if (peer.presync) return presync(peer, headers);

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

    const bool known = chain_.find(hash_of(headers.back())) != nullptr;
    if (!known && !has_least_work(*parent)) {
        begin_presync(peer, *parent);
        if (peer.presync) return presync(peer, headers);
        peer.syncing_headers = false;
        return;
    }

    bool more = headers.size() == kHeadersMax;
    if (more && known && others_sync) {
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
        ask(peer, std::move(locator));
    } else {
        peer.syncing_headers = false;
    }
    store(peer, headers, chain::HeaderCheck::needed);
}

void HeaderSync::store(Peer& peer, std::span<const BlockHeader> headers, chain::HeaderCheck check)
{
    const auto outcome = chain_.accept_headers(headers, clock_.unix_time(), check);
    if (outcome.last != nullptr) note_best(peer, *outcome.last);
    if (!outcome.refused) return;
    peer.syncing_headers = false;
    peer.session->misbehave(consensus::misbehaviour_points(*outcome.refused),
                            consensus::reject_word(*outcome.refused));
}

// Work proven before anything is stored

/// No presync afterwards: this peer, or enough others, had their turn.
void HeaderSync::begin_presync(Peer& peer, const chain::BlockNode& parent)
{
    if (clock_.now() < peer.presync_again) return;
    if (!peer.is_outbound() && presyncing_inbound_++ >= kPresyncInboundMax) return;
    peer.presync = std::make_unique<HeaderPresync>(chain_, parent);
    peer.presync_since = clock_.now();
    peer.syncing_headers = true;
}

void HeaderSync::presync(Peer& peer, const std::vector<BlockHeader>& headers)
{
    if (has_least_work(*chain_.best_header())) {  // another peer was faster
        peer.presync.reset();
        return start(peer);
    }
    if (headers.front().prev != peer.presync->expected()) return;  // news of a block, not an answer
    const auto outcome = peer.presync->on_headers(headers, clock_.unix_time());
    const std::span all(headers);
    if (outcome.proven > 0) store(peer, all.first(outcome.proven), chain::HeaderCheck::done);
    if (peer.presync->done()) {
        peer.presync.reset();
        if (outcome.proven < headers.size())
            store(peer, all.subspan(outcome.proven), chain::HeaderCheck::needed);
        return start(peer);
    }
    if (!outcome.failed) return ask(peer, peer.presync->locator());
    end_presync(peer);
    peer.syncing_headers = false;
    if (outcome.refused)
        peer.session->misbehave(consensus::misbehaviour_points(*outcome.refused),
                                consensus::reject_word(*outcome.refused));
    if (peer.kind == PeerKind::full || peer.kind == PeerKind::block_only)
        peer.session->close(CloseReason::no_useful_chain, "too little work");
}

void HeaderSync::end_presync(Peer& peer)
{
    if (!peer.presync) return;
    peer.presync.reset();
    peer.presync_again = clock_.now() + kPresyncPause;
}

/// As long as an honest peer on a good line needs.
Duration HeaderSync::presync_patience() const
{
    const i64 age_s = clock_.unix_time() - i64{chain_.best_header()->time};
    const i64 blocks = std::max<i64>(age_s, 0) / chain_.spec().difficulty.spacing_s;
    return kPresyncAlone + blocks * 1ms;
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
    presyncing_inbound_ = 0;
    for (auto& [id, peer] : peers) {
        if (!peer.ready()) continue;
        if (peer.presync && !peer.is_outbound()) ++presyncing_inbound_;
        if (peer.syncing_headers && now - peer.headers_asked_at > kHeadersTime) {
            if (!caught_up() && peer.kind != PeerKind::manual)
                peer.session->close(CloseReason::stalled, "no headers");
            end_presync(peer);
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
bool HeaderSync::somebody_syncs(const Peers& peers) const
{
    const TimePoint presync_began = clock_.now() - presync_patience();
    return std::any_of(peers.begin(), peers.end(), [&](const auto& entry) {
        const Peer& peer = entry.second;
        return peer.ready() && peer.syncing_headers && !peer.headers_late &&
               !(peer.presync && peer.presync_since < presync_began);
    });
}

void HeaderSync::ask(Peer& peer, const chain::BlockNode& from)
{
    Locator locator;
    locator.hashes = locator_of(from);
    ask(peer, std::move(locator));
}

void HeaderSync::ask(Peer& peer, Locator locator)
{
    peer.headers_asked_at = clock_.now();
    peer.session->send(GetHeaders{std::move(locator)});
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
