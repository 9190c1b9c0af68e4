#include "node/p2p/peer_keeper.hpp"

#include <algorithm>

namespace adit::node::p2p {
namespace {

constexpr int kPickTries = 20;

std::size_t count(const Peers& peers, PeerKind kind)
{
    return static_cast<std::size_t>(std::count_if(
        peers.begin(), peers.end(), [&](const auto& entry) { return entry.second.kind == kind; }));
}

/// Keeps the `keep` best by `better`, dropping them from the candidates for eviction.
template <class Better>
void protect(std::vector<const Peer*>& candidates, std::size_t keep, Better better)
{
    std::stable_sort(candidates.begin(), candidates.end(), better);
    candidates.erase(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                  keep, candidates.size())));
}

}  // namespace

std::vector<PeerKeeper::Dial> PeerKeeper::dials(const Peers& peers, AddrBook& book,
                                                bool tip_is_stale, TimePoint now, UnixTime unix_now)
{
    std::vector<Dial> dials;
    for (auto& [endpoint, manual] : manual_) {
        if (now < manual.due || dialled(peers, endpoint)) continue;
        manual.due = now + manual.retry;
        manual.retry = std::min(kManualRetryMax, manual.retry * 2);
        dials.push_back({endpoint, PeerKind::manual});
    }
    for (const Endpoint& endpoint : once_)
        if (!dialled(peers, endpoint)) dials.push_back({endpoint, PeerKind::manual});
    once_.clear();
    if (!limits_.automatic || now < next_dial_) return dials;
    next_dial_ = now + kDialPause;
    if (peers.size() >= limits_.peers_max) return dials;
    book.settle_tests(unix_now);

    while (!anchors_.empty() && count(peers, PeerKind::block_only) < limits_.outbound_block_only) {
        const Endpoint anchor = anchors_.back();
        anchors_.pop_back();
        if (connected_to(peers, anchor) || is_banned(anchor.ip, unix_now)) continue;
        dials.push_back({anchor, PeerKind::block_only});
        return dials;
    }
    const std::size_t full_wanted = limits_.outbound_full + (tip_is_stale ? 1 : 0);
    std::optional<PeerKind> kind;
    if (count(peers, PeerKind::full) < full_wanted)
        kind = PeerKind::full;
    else if (count(peers, PeerKind::block_only) < limits_.outbound_block_only)
        kind = PeerKind::block_only;
    else if (now >= next_feeler_ && count(peers, PeerKind::feeler) == 0)
        kind = PeerKind::feeler;
    if (!kind) return dials;
    if (*kind == PeerKind::feeler) next_feeler_ = now + random_.exponential(kFeelerMean);
    if (const auto endpoint = pick(peers, book, *kind, now, unix_now))
        dials.push_back({*endpoint, *kind});
    else
        next_dial_ = now + kNobodyPause;
    return dials;
}

void PeerKeeper::add_manual(const Endpoint& endpoint) { manual_.try_emplace(endpoint); }

bool PeerKeeper::remove_manual(const Endpoint& endpoint) { return manual_.erase(endpoint) != 0; }

std::vector<Endpoint> PeerKeeper::manual() const
{
    std::vector<Endpoint> endpoints;
    for (const auto& [endpoint, manual] : manual_) endpoints.push_back(endpoint);
    return endpoints;
}

void PeerKeeper::on_dial_failed(const Endpoint&, TimePoint now)
{
    next_dial_ = std::min(next_dial_, now + kDialPause);
}

void PeerKeeper::on_manual_ready(const Endpoint& endpoint)
{
    if (const auto at = manual_.find(endpoint); at != manual_.end())
        at->second.retry = kManualRetryMin;
}

void PeerKeeper::on_useless(const Endpoint& endpoint, TimePoint now)
{
    if (const auto at = manual_.find(endpoint); at != manual_.end())
        at->second.due = now + kManualRetryMax;
    std::erase_if(shunned_, [&](const auto& entry) { return entry.second <= now; });
    if (shunned_.size() < kShunnedMax) shunned_[endpoint] = now + kShunTime;
}

PeerKeeper::Admission PeerKeeper::admit(const Peers& peers, const Endpoint& from, UnixTime now)
{
    if (is_banned(from.ip, now)) return Admission::banned;
    std::size_t inbound = 0;
    std::size_t same_address = 0;
    for (const auto& [id, peer] : peers) {
        if (peer.is_outbound()) continue;
        ++inbound;
        if (peer.endpoint.ip == from.ip) ++same_address;
    }
    if (same_address >= limits_.inbound_per_address && !from.is_loopback())
        return Admission::too_many_from_address;
    // A node that seeks peers keeps room for them; one with few places keeps half of these.
    const std::size_t outbound =
        limits_.automatic ? limits_.outbound_full + limits_.outbound_block_only + 1 : 0;
    const std::size_t inbound_max = limits_.peers_max - std::min(outbound, limits_.peers_max / 2);
    if (inbound < inbound_max) return Admission::welcome;
    return inbound_max == 0 ? Admission::full : Admission::evict_first;
}

PeerId PeerKeeper::victim(const Peers& peers) const
{
    // Whoever has not even shaken hands goes first, the one that has dallied longest.
    const Peer* dallying = nullptr;
    for (const auto& [id, peer] : peers) {
        if (peer.kind != PeerKind::inbound || !peer.session || peer.ready()) continue;
        if (dallying == nullptr || peer.session->started_at() < dallying->session->started_at())
            dallying = &peer;
    }
    if (dallying != nullptr) return dallying->id;

    std::vector<const Peer*> candidates;
    for (const auto& [id, peer] : peers)
        if (peer.kind == PeerKind::inbound && peer.session) candidates.push_back(&peer);

    // Each test is one an attacker would have to win against all honest peers at once.
    const auto grouped = [this](const Peer* p) {
        u64 mixed = secret_;
        for (const u8 byte : network_group(p->endpoint))
            mixed = (mixed ^ byte) * 0xbf58476d1ce4e5b9;
        return mixed;
    };
    protect(candidates, 4, [&](auto a, auto b) { return grouped(a) < grouped(b); });
    const auto ping = [](const Peer* p) {
        return p->session->ping_time_min().value_or(Duration::max());
    };
    protect(candidates, 8, [&](auto a, auto b) { return ping(a) < ping(b); });
    const auto transaction = [](const Peer* p) {
        return p->last_transaction_at.value_or(TimePoint::min());
    };
    protect(candidates, 4, [&](auto a, auto b) { return transaction(a) > transaction(b); });
    const auto block = [](const Peer* p) { return p->last_block_at.value_or(TimePoint::min()); };
    protect(candidates, 4, [&](auto a, auto b) { return block(a) > block(b); });
    protect(candidates, candidates.size() / 2,
            [](auto a, auto b) { return a->session->started_at() < b->session->started_at(); });
    if (candidates.empty()) return 0;

    std::map<std::array<u8, 18>, std::vector<const Peer*>> groups;
    for (const Peer* peer : candidates) groups[network_group(peer->endpoint)].push_back(peer);
    const auto largest = std::max_element(
        groups.begin(), groups.end(),
        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    const auto youngest = std::max_element(
        largest->second.begin(), largest->second.end(), [](const Peer* a, const Peer* b) {
            return a->session->started_at() < b->session->started_at();
        });
    return (*youngest)->id;
}

void PeerKeeper::ban(const std::array<u8, 16>& ip, UnixTime until, UnixTime now, bool manual)
{
    if (!manual && bans_.size() >= kDiscouragedMax) {
        std::erase_if(bans_, [&](const auto& entry) { return entry.second.until <= now; });
        if (bans_.size() >= kDiscouragedMax) return;
    }
    Ban& ban = bans_[ip];
    ban = Ban{ip, std::max(ban.until, until), now, manual || ban.manual};
    if (manual) ++manual_ban_changes_;
}

bool PeerKeeper::unban(const std::array<u8, 16>& ip)
{
    ++manual_ban_changes_;
    return bans_.erase(ip) != 0;
}

bool PeerKeeper::is_banned(const std::array<u8, 16>& ip, UnixTime now) const
{
    const auto at = bans_.find(ip);
    return at != bans_.end() && at->second.until > now;
}

std::vector<Ban> PeerKeeper::bans(UnixTime now) const
{
    std::vector<Ban> bans;
    for (const auto& [ip, ban] : bans_)
        if (ban.until > now) bans.push_back(ban);
    return bans;
}

std::optional<Endpoint> PeerKeeper::pick(const Peers& peers, AddrBook& book, PeerKind kind,
                                         TimePoint now, UnixTime unix_now)
{
    const bool feeler = kind == PeerKind::feeler;
    const bool sure = kind == PeerKind::block_only ||
                      (kind == PeerKind::full && count(peers, kind) < limits_.outbound_full / 2);
    if (feeler)
        if (const auto test = book.pick_test(); test && !connected_to(peers, *test)) return test;
    for (int look = 0; look < kPickTries; ++look) {
        AddrBook::From from = feeler ? AddrBook::From::fresh : AddrBook::From::either;
        // Half of the looks: when those tried are all taken, others will do.
        if (sure && book.tried_count() >= kTriedEnough && look < kPickTries / 2)
            from = AddrBook::From::tried;
        const auto endpoint = book.pick(unix_now, from);
        if (!endpoint) return std::nullopt;
        if (is_banned(endpoint->ip, unix_now) || connected_to(peers, *endpoint)) continue;
        if (const auto at = shunned_.find(*endpoint); at != shunned_.end() && at->second > now)
            continue;
        if (!endpoint->is_routable() && !limits_.allow_private) continue;
        if (feeler) return endpoint;
        const bool same_group = std::any_of(peers.begin(), peers.end(), [&](const auto& entry) {
            return entry.second.is_outbound() &&
                   network_group(entry.second.endpoint) == network_group(*endpoint);
        });
        if (!same_group) return endpoint;
    }
    return std::nullopt;
}

/// What a stranger says of where it listens keeps nobody from a peer that the operator asked for.
bool PeerKeeper::dialled(const Peers& peers, const Endpoint& endpoint)
{
    return std::any_of(peers.begin(), peers.end(),
                       [&](const auto& entry) { return entry.second.endpoint == endpoint; });
}

bool PeerKeeper::connected_to(const Peers& peers, const Endpoint& endpoint)
{
    return std::any_of(peers.begin(), peers.end(),
                       [&](const auto& entry) { return entry.second.is_at(endpoint); });
}

}  // namespace adit::node::p2p
