#include "node/sim/sim_network.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/compact.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "node/consensus/check_header.hpp"
#include "node/mempool/block_template.hpp"

namespace adit::node::sim {
namespace {

constexpr NodeIndex kPuppet = ~NodeIndex{0};

std::function<consensus::Verdict(const BlockHeader&)> work_check(const consensus::ChainSpec& spec,
                                                                 WorkCheck work)
{
    if (work == WorkCheck::unseen) return [](const BlockHeader&) { return consensus::Verdict{}; };
    const hash::Lane lane =
        work == WorkCheck::portable ? hash::Lane::portable : hash::lanes_here().back();
    return [&spec, lane](const BlockHeader& header) {
        return consensus::check_header(spec, header, hash::leaf_hasher(lane));
    };
}

}  // namespace

class SimNetwork::SkewedClock final : public Clock {
public:
    SkewedClock(const EventQueue& events, UnixTime start, Duration skew)
        : events_(events), start_(start), skew_(skew)
    {}
    TimePoint now() const override { return events_.now(); }
    UnixTime unix_time() const override
    {
        return start_ + std::chrono::duration_cast<std::chrono::seconds>(
                            events_.now().time_since_epoch() + skew_)
                            .count();
    }

private:
    const EventQueue& events_;
    UnixTime start_;
    Duration skew_;
};

class SimNetwork::SimTransport final : public p2p::Transport {
public:
    SimTransport(SimNetwork& network, NodeIndex node) : network_(network), node_(node) {}
    void dial(p2p::PeerId id, const p2p::Endpoint& to) override { network_.dial(node_, id, to); }
    void write(p2p::PeerId id, Bytes bytes) override
    {
        network_.write(node_, id, std::move(bytes));
    }
    void close(p2p::PeerId id) override { network_.close(node_, id); }
    void abort(p2p::PeerId id) override { network_.close(node_, id); }

private:
    SimNetwork& network_;
    NodeIndex node_;
};

/// One direction's and the other's end of a connection.
struct SimNetwork::Link {
    struct End {
        NodeIndex node = 0;
        p2p::PeerId id = 0;
        TimePoint line_free{};  ///< when what it wrote so far has left
        TimePoint arrives{};    ///< when the last of it arrives: order is kept
    };
    End ends[2];
    Puppet* puppet = nullptr;  ///< stands at ends[0]
    bool open = true;
};

struct SimNetwork::Node {
    SimNodeOptions options;
    p2p::Endpoint endpoint;
    std::unique_ptr<chain::Store> store = chain::make_memory_store();
    std::unique_ptr<SkewedClock> clock;
    std::unique_ptr<SimTransport> transport;
    std::unique_ptr<chain::Chainstate> chain;
    std::unique_ptr<p2p::Network> network;
    Bytes saved_addresses;
    std::vector<p2p::Endpoint> saved_anchors;
    std::vector<p2p::Endpoint> manual;
    u64 generation = 0;  ///< counts lives, so that events of an earlier one fall flat
    TimePoint woken_at = TimePoint::max();
};

SimNetwork::SimNetwork(const consensus::ChainSpec& spec, u64 seed, const SimOptions& options)
    : spec_(spec),
      chain_id_(consensus::chain_id(spec)),
      options_(options),
      links_model_(options.links),
      random_(seed)
{}

SimNetwork::~SimNetwork()
{
    for (NodeIndex i = 0; i < nodes_.size(); ++i)
        if (alive(i)) nodes_[i]->network->shut_down();
}

NodeIndex SimNetwork::add_node(const SimNodeOptions& options)
{
    const NodeIndex index = nodes_.size();
    auto node = std::make_unique<Node>();
    node->options = options;
    // A group of its own for each: neighbours in this story share no provider.
    node->endpoint = p2p::Endpoint::ipv4(static_cast<u8>(20 + index % 60),
                                         static_cast<u8>(index / 60), 1, 1, 8233);
    node->clock = std::make_unique<SkewedClock>(events_, unix_start(), options.clock_skew);
    node->transport = std::make_unique<SimTransport>(*this, index);
    by_endpoint_[node->endpoint] = index;
    nodes_.push_back(std::move(node));
    start(index);
    return index;
}

bool SimNetwork::alive(NodeIndex node) const { return nodes_[node]->network != nullptr; }

void SimNetwork::forget_anchors(NodeIndex node) { nodes_[node]->saved_anchors.clear(); }

void SimNetwork::kill(NodeIndex index)
{
    Node& node = *nodes_[index];
    ADIT_CHECK(node.network != nullptr);
    node.saved_addresses = node.network->addresses().save();
    node.saved_anchors = node.network->anchors();
    ++node.generation;
    for (auto& [key, link] : links_) {
        if (key.first != index || !link->open) continue;
        link->open = false;
        for (const Link::End& end : link->ends) {
            if (end.node == index || end.node == kPuppet) continue;
            const u64 generation = nodes_[end.node]->generation;
            events_.at(now() + latency(index, end.node),
                       [this, to = end.node, id = end.id, generation] {
                           deliver_closed(to, id, generation);
                       });
        }
    }
    node.network.reset();
    node.chain.reset();
}

void SimNetwork::start(NodeIndex index)
{
    Node& node = *nodes_[index];
    ADIT_CHECK(node.network == nullptr);
    chain::Chainstate::Options options;
    options.header_check = work_check(spec_, node.options.work);
    options.script_check = [](const Transaction&, std::size_t, const TxOut&) { return true; };
    options.coin_cache_bytes_max = node.options.coin_cache_bytes_max;
    auto opened = chain::Chainstate::open(spec_, *node.store, options);
    ADIT_CHECK(opened.has_value());
    node.chain = std::move(*opened);

    Hash256 key;
    store_le<u64>(key.bytes.data(), random_.next());
    p2p::AddrBook book(key, random_.next());
    if (!node.saved_addresses.empty())
        if (auto loaded = p2p::AddrBook::load(node.saved_addresses, random_.next()))
            book = std::move(*loaded);
    p2p::NetworkConfig config;
    config.user_agent = "/adit:sim/";
    config.limits = node.options.limits;
    config.relay_policy = node.options.relay_policy;
    if (node.options.listens) config.listen_port = node.endpoint.port;
    node.network = std::make_unique<p2p::Network>(config, chain_id_, *node.chain, node.options.pool,
                                                  std::move(book), *node.transport, *node.clock,
                                                  random_.next());
    node.network->keeper().set_anchors(node.saved_anchors);
    for (const p2p::Endpoint& peer : node.manual) node.network->add_peer(peer);
    node.woken_at = TimePoint::max();
    wake(index);
}

void SimNetwork::connect(NodeIndex from, NodeIndex to)
{
    nodes_[from]->manual.push_back(nodes_[to]->endpoint);
    nodes_[from]->network->add_peer(nodes_[to]->endpoint);
}

void SimNetwork::introduce(NodeIndex node, NodeIndex other)
{
    network(node).add_seed(nodes_[other]->endpoint);
}

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

Block SimNetwork::mine(NodeIndex index, std::vector<Transaction> transactions)
{
    Node& node = *nodes_[index];
    mempool::TemplateRequest request;
    request.miner_script = {0x51};
    request.extra.resize(8);
    store_le<u64>(request.extra.data(), ++blocks_made_ << 16 | index);
    request.now = node.clock->unix_time();
    Block block = mempool::make_template(spec_, *node.chain->tip().block, request).block();
    for (Transaction& tx : transactions) block.transactions.push_back(std::move(tx));
    block.header.merkle_root = merkle_root_of(block.transactions).root;
    if (options_.solve)
        solve(block.header);
    else
        block.header.solution.assign(spec_.params.solution_bytes(), 0);
    const auto outcome = node.chain->accept_block(block, request.now);
    ADIT_CHECK(outcome && *outcome == chain::BlockOutcome::connected);
    wake(index);
    return block;
}

void SimNetwork::give(NodeIndex index, const std::vector<Block>& blocks)
{
    Node& node = *nodes_[index];
    for (const Block& block : blocks) {
        const auto outcome =
            node.chain->accept_block(block, node.clock->unix_time(), chain::Publish::later);
        ADIT_CHECK(outcome && *outcome == chain::BlockOutcome::connected);
    }
    ADIT_CHECK(node.chain->publish());
    wake(index);
}

/// Nonces in order until a solution meets the header's own bits.
void SimNetwork::solve(BlockHeader& header) const
{
    const U256 target = decode_compact(header.bits).target;
    for (u64 nonce = 0;; ++nonce) {
        store_le<u64>(header.nonce.data(), nonce);
        for (const auto& indices : equihash::solve_by_the_book(spec_.params, spec_.personalization,
                                                               pow_input_of(header).view())) {
            header.solution = equihash::to_minimal(spec_.params, indices.values)->bytes;
            if (U256::from_le(hash_of(header)) <= target) return;
        }
    }
}

void SimNetwork::run_for(Duration time) { events_.run_until(now() + time); }

bool SimNetwork::run_until(const std::function<bool()>& done, Duration limit)
{
    const TimePoint end = now() + limit;
    while (!done()) {
        if (now() >= end) return false;
        run_for(std::chrono::milliseconds(100));
    }
    return true;
}

p2p::Network& SimNetwork::network(NodeIndex node)
{
    ADIT_CHECK(alive(node));
    return *nodes_[node]->network;
}

chain::Chainstate& SimNetwork::chain(NodeIndex node)
{
    ADIT_CHECK(alive(node));
    return *nodes_[node]->chain;
}

bool SimNetwork::all_agree()
{
    std::optional<BlockHash> agreed;
    for (NodeIndex i = 0; i < size(); ++i) {
        if (!alive(i)) continue;
        if (agreed && *agreed != tip(i)->hash) return false;
        agreed = tip(i)->hash;
    }
    return true;
}

p2p::Endpoint SimNetwork::endpoint(NodeIndex node) const { return nodes_[node]->endpoint; }

std::optional<std::string> SimNetwork::broken_invariant()
{
    std::optional<chain::Tip> first;
    for (NodeIndex i = 0; i < size(); ++i) {
        if (!alive(i)) continue;
        const std::string who = "node " + std::to_string(i) + ": ";
        const chain::Tip tip = chain(i).tip();
        const chain::Supply& supply = tip.supply;
        if (supply.issued != supply.unspent + supply.unspendable)
            return who + "coins do not add up";
        if (first && tip.block->hash != first->block->hash)
            return who + "height " + std::to_string(tip.block->height.value) + ", others " +
                   std::to_string(first->block->height.value) + " or another branch of it";
        if (first && supply != first->supply) return who + "other coins at the same tip";
        first = tip;
        const p2p::KeeperLimits& limits = nodes_[i]->options.limits;
        const std::size_t allowed = limits.peers_max + nodes_[i]->manual.size() + 1;
        if (network(i).connections() > allowed) return who + "too many peers";
    }
    return std::nullopt;
}

UnixTime SimNetwork::unix_start() const
{
    return spec_.genesis.header.time +
           std::chrono::duration_cast<std::chrono::seconds>(options_.begins).count();
}

UnixTime SimNetwork::unix_time() const
{
    return unix_start() +
           std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
}

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

void SimNetwork::wake(NodeIndex index)
{
    Node& node = *nodes_[index];
    if (!node.network) return;
    const TimePoint due = std::max(node.network->wake_at(), now());
    if (due >= node.woken_at) return;
    node.woken_at = due;
    events_.at(due, [this, index, generation = node.generation, due] {
        Node& woken = *nodes_[index];
        if (!woken.network || woken.generation != generation || woken.woken_at != due) return;
        woken.woken_at = TimePoint::max();
        woken.network->on_tick();
        wake(index);
    });
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
