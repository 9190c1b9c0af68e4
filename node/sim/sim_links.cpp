// Connections: bytes on their way, cuts, and peers that tests play.

#include <algorithm>

#include "kernels/base/check.hpp"
#include "node/sim/sim_parts.hpp"

namespace adit::node::sim {

void SimNetwork::cut(std::set<NodeIndex> side)
{
    side_ = std::move(side);
    for (auto& [key, link] : links_) {
        if (!link->open || !separated(link->ends[0].node, link->ends[1].node)) continue;
        link->open = false;
        for (const Link::End& end : link->ends) {
            const u64 generation = nodes_[end.node]->generation;
            events_.at(now() + std::chrono::seconds(1),
                       [this, to = end.node, id = end.id, generation] {
                           deliver_closed(to, id, generation);
                       });
        }
    }
}

void SimNetwork::heal() { side_.clear(); }

void SimNetwork::join(Puppet& puppet, NodeIndex index, p2p::PeerId id)
{
    auto link = std::make_shared<Link>();
    link->ends[0].node = kPuppet;
    link->ends[1] = {index, id, now(), now()};
    link->puppet = &puppet;
    puppet.send = [this, link, index, id](Bytes bytes) {
        events_.at(now() + links_model_.latency_min,
                   [this, link, index, id, bytes = std::move(bytes)] {
                       if (!link->open || !alive(index)) return;
                       network(index).on_bytes(id, bytes);
                       wake(index);
                   });
    };
    puppet.close = [this, link, index, id, generation = nodes_[index]->generation] {
        if (!link->open) return;
        link->open = false;
        deliver_closed(index, id, generation);
    };
    // Packets may be under way still, on a link that the node has forgotten.
    puppet.forget = [link] { link->open = false; };
    links_[{index, id}] = link;
}

bool SimNetwork::attach(Puppet& puppet, NodeIndex index, const p2p::Endpoint& endpoint)
{
    const p2p::PeerId id = network(index).next_id();
    join(puppet, index, id);
    if (network(index).on_accepted(id, endpoint)) {
        wake(index);
        return true;
    }
    links_.erase({index, id});
    return false;
}

void SimNetwork::host(const p2p::Endpoint& at, std::function<Puppet&()> accept)
{
    hosts_[at] = std::move(accept);
}

void SimNetwork::dial(NodeIndex from, p2p::PeerId id, const p2p::Endpoint& to)
{
    const auto target = by_endpoint_.find(to);
    const u64 generation = nodes_[from]->generation;
    const auto fail = [this, from, id, generation](Duration after) {
        events_.at(now() + after, [this, from, id, generation] {
            if (!alive(from) || nodes_[from]->generation != generation) return;
            network(from).on_dial_failed(id);
            wake(from);
        });
    };
    if (const auto host = hosts_.find(to); host != hosts_.end()) {
        events_.at(now() + links_model_.latency_min * 2, [this, from, id, generation, host] {
            if (!alive(from) || nodes_[from]->generation != generation) return;
            join(host->second(), from, id);
            network(from).on_dialled(id);
            wake(from);
        });
        return;
    }
    if (target == by_endpoint_.end()) return fail(std::chrono::seconds(5));
    const NodeIndex index = target->second;
    events_.at(now() + latency(from, index) * 2, [this, from, id, index, generation, fail] {
        if (!alive(from) || nodes_[from]->generation != generation) return;
        if (!alive(index) || !nodes_[index]->options.listens) return fail({});
        if (separated(from, index)) return fail(std::chrono::seconds(5));
        const p2p::PeerId there = network(index).next_id();
        auto link = std::make_shared<Link>();
        link->ends[0] = {from, id, now(), now()};
        link->ends[1] = {index, there, now(), now()};
        links_[{from, id}] = link;
        links_[{index, there}] = link;
        p2p::Endpoint seen_from = nodes_[from]->endpoint;
        seen_from.port = static_cast<u16>(30'000 + id % 30'000);
        note(from << 32 | index);
        if (!network(index).on_accepted(there, seen_from)) {
            links_.erase({from, id});
            links_.erase({index, there});
            return fail({});
        }
        network(from).on_dialled(id);
        wake(from);
        wake(index);
    });
}

void SimNetwork::write(NodeIndex from, p2p::PeerId id, Bytes bytes)
{
    const auto at = links_.find({from, id});
    if (at == links_.end() || !at->second->open) return;
    const std::shared_ptr<Link> link = at->second;
    const std::size_t written = bytes.size();
    if (nodes_[from]->options.tamper) bytes = tampered(*nodes_[from], bytes);
    const bool first = link->ends[0].node == from && link->ends[0].id == id;
    Link::End& me = link->ends[first ? 0 : 1];
    const Link::End& other = link->ends[first ? 1 : 0];
    const auto sending =
        std::chrono::nanoseconds(bytes.size() * 1'000'000'000 / links_model_.bytes_per_second);
    me.line_free = std::max(me.line_free, now()) + sending;
    Duration way = other.node == kPuppet ? links_model_.latency_min : latency(from, other.node);
    if (random_.below(100) < links_model_.loss_percent) way += links_model_.retransmission;
    me.arrives = std::max(me.arrives, me.line_free + way);

    const u64 generation = nodes_[from]->generation;
    events_.at(me.line_free, [this, from, id, generation, size = written] {
        if (!alive(from) || nodes_[from]->generation != generation) return;
        network(from).on_written(id, size);
        wake(from);
    });
    events_.at(
        me.arrives, [this, link, to = other.node, there = other.id, bytes = std::move(bytes)] {
            if (!link->open) return;
            if (to == kPuppet) {
                if (link->puppet->on_bytes) link->puppet->on_bytes(bytes);
                return;
            }
            if (!alive(to)) return;
            note(static_cast<u64>(now().time_since_epoch().count()) ^ to << 48 ^ bytes.size());
            network(to).on_bytes(there, bytes);
            wake(to);
        });
}

/// What a node hands over is whole frames.
Bytes SimNetwork::tampered(const Node& node, ByteView bytes) const
{
    p2p::FrameReader reader(spec_.magic, p2p::kPayloadBytesMax);
    reader.feed(bytes);
    Bytes out;
    for (;;) {
        auto frame = reader.next();
        ADIT_CHECK(frame.has_value());
        if (!*frame) return out;
        if (const auto payload = node.options.tamper((*frame)->command, (*frame)->payload))
            append(out, p2p::write_frame(spec_.magic, (*frame)->command, *payload));
    }
}

void SimNetwork::close(NodeIndex from, p2p::PeerId id)
{
    const auto at = links_.find({from, id});
    if (at == links_.end()) return;
    const std::shared_ptr<Link> link = at->second;
    links_.erase(at);
    if (!link->open) return;
    const bool first = link->ends[0].node == from && link->ends[0].id == id;
    const Link::End& other = link->ends[first ? 1 : 0];
    // What was written before arrives first.
    const TimePoint when = std::max(link->ends[first ? 0 : 1].arrives, now());
    if (other.node == kPuppet) {
        events_.at(when, [link] {
            if (!link->open) return;
            link->open = false;
            if (link->puppet->on_closed) link->puppet->on_closed();
        });
        return;
    }
    const u64 generation = nodes_[other.node]->generation;
    events_.at(when, [this, link, to = other.node, there = other.id, generation] {
        link->open = false;
        deliver_closed(to, there, generation);
    });
}

void SimNetwork::deliver_closed(NodeIndex to, p2p::PeerId id, u64 generation)
{
    links_.erase({to, id});
    if (!alive(to) || nodes_[to]->generation != generation) return;
    network(to).on_closed(id);
    wake(to);
}

bool SimNetwork::separated(NodeIndex a, NodeIndex b) const
{
    if (a == kPuppet || b == kPuppet) return false;
    return side_.contains(a) != side_.contains(b);
}

Duration SimNetwork::latency(NodeIndex a, NodeIndex b)
{
    // The same both ways and for good: a distance, not a dice.
    const u64 low = std::min(a, b);
    const u64 high = std::max(a, b);
    u64 mixed = (low * 0x9e3779b97f4a7c15 ^ high) * 0xbf58476d1ce4e5b9;
    mixed ^= mixed >> 31;
    const auto range =
        static_cast<u64>((links_model_.latency_max - links_model_.latency_min).count()) + 1;
    return links_model_.latency_min + Duration(static_cast<Duration::rep>(mixed % range));
}

}  // namespace adit::node::sim
