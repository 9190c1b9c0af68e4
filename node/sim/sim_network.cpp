#include "node/sim/sim_network.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/compact.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "node/consensus/check_header.hpp"
#include "node/mempool/block_template.hpp"
#include "node/sim/sim_parts.hpp"

namespace adit::node::sim {
namespace {

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

}  // namespace adit::node::sim
