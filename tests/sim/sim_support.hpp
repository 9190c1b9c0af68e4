#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "node/consensus/spec_file.hpp"
#include "node/sim/sim_network.hpp"

/// What the scenarios share: seeds, a chain to try things on, a web of acquaintances.
namespace adit::node::sim {

using namespace std::chrono_literals;

/// Runs `story` with seeds 1 … `count`, or with ADIT_SIM_SEED alone; ends at the first that fails
/// and says how to see it again.
inline void for_each_seed(const std::function<void(u64 seed)>& story, u64 count = ADIT_SIM_SEEDS)
{
    const char* one = std::getenv("ADIT_SIM_SEED");  // NOLINT(concurrency-mt-unsafe)
    const u64 first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
    const u64 last = one != nullptr ? first : count;
    for (u64 seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("replay with ADIT_SIM_SEED=" + std::to_string(seed));
        story(seed);
        if (testing::Test::HasFailure()) return;
    }
}

/// regtest, with coins that can be spent after two blocks.
inline const consensus::ChainSpec& sim_spec()
{
    static const consensus::ChainSpec spec = [] {
        consensus::ChainSpec made = *consensus::find_spec("regtest");
        made.coinbase_maturity = 2;
        return made;
    }();
    return spec;
}

/// The first `count` blocks of one of two chains, the same for every story.
inline std::vector<Block> blocks_before(std::size_t count, NodeIndex miner = 0)
{
    static std::vector<Block> chains[2];
    std::vector<Block>& chain = chains[miner];
    if (chain.size() < count) {
        chain.clear();
        SimNetwork net(sim_spec(), 1);
        for (NodeIndex i = 0; i <= miner; ++i) net.add_node();
        for (std::size_t i = 0; i < std::max<std::size_t>(count, 600); ++i) {
            chain.push_back(net.mine(miner));
            net.run_for(1s);
        }
    }
    return {chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// So many nodes; each has heard of its two neighbours and of one more.
inline void weave(SimNetwork& net, std::size_t count, Random& random,
                  const SimNodeOptions& options = {})
{
    for (std::size_t i = 0; i < count; ++i) net.add_node(options);
    for (std::size_t i = 0; i < count; ++i) {
        net.introduce(i, (i + 1) % count);
        net.introduce(i, (i + count - 1) % count);
        net.introduce(i, random.below(count));
    }
}

inline testing::AssertionResult agrees(SimNetwork& net)
{
    if (const auto broken = net.broken_invariant())
        return testing::AssertionFailure()
               << *broken << ", at " << net.now().time_since_epoch() / 1s << " s";
    return testing::AssertionSuccess();
}

/// Waits until all living nodes agree.
inline testing::AssertionResult comes_to_agree(SimNetwork& net, Duration limit)
{
    net.run_until([&] { return net.all_agree(); }, limit);
    return agrees(net);
}

/// A random living node.
inline NodeIndex some_node(SimNetwork& net, Random& random)
{
    for (;;)
        if (const NodeIndex node = random.below(net.size()); net.alive(node)) return node;
}

/// A stranger that shakes hands and then says whatever it is told to.
struct Stranger {
    Stranger(SimNetwork& its_net, NodeIndex node, u8 number) : net(its_net)
    {
        p2p::SessionConfig config;
        config.magic = sim_spec().magic;
        config.chain_id = consensus::chain_id(sim_spec());
        config.nonce = number;
        session.emplace(p2p::Direction::outbound, config, net.now());
        puppet.on_bytes = [this](ByteView bytes) {
            session->on_bytes(bytes, net.now());
            flush();
        };
        puppet.on_closed = [this] { sent_away = true; };
        let_in = net.attach(puppet, node, p2p::Endpoint::ipv4(9, number, 1, 1, 8233));
        flush();
    }
    void say(const p2p::Message& message)
    {
        session->send(message);
        flush();
    }
    void flush()
    {
        while (auto event = session->next_event())
            if (auto* message = std::get_if<p2p::PeerMessage>(&*event))
                heard.push_back(std::move(message->message));
        if (session->output_bytes() > 0) puppet.send(session->take_output());
    }

    SimNetwork& net;
    SimNetwork::Puppet puppet;
    std::optional<p2p::PeerSession> session;
    bool let_in = false;
    bool sent_away = false;
    std::vector<p2p::Message> heard;
};

}  // namespace adit::node::sim
