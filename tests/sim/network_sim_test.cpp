// A few full nodes in virtual time: the smallest stories first.

#include "tests/sim/sim_support.hpp"

namespace adit::node::sim {
namespace {

TEST(SimNetwork, TwoNodesShareABlock)
{
    SimNetwork net(sim_spec(), 1);
    net.add_node();
    net.add_node();
    net.connect(0, 1);
    ASSERT_TRUE(net.run_until(
        [&] { return net.network(1).connections() == 1 && net.network(0).connections() == 1; },
        10s));
    net.run_for(1s);
    net.mine(0);
    ASSERT_TRUE(comes_to_agree(net, 5s));
    EXPECT_EQ(net.tip(1)->height.value, 1u);
    net.mine(1);
    ASSERT_TRUE(comes_to_agree(net, 5s));
    EXPECT_EQ(net.tip(0)->height.value, 2u);
}

TEST(SimNetwork, OneSeedIsOneStory)
{
    const auto story = [](u64 seed) {
        SimNetwork net(sim_spec(), seed, {.links = {.loss_percent = 2}});
        Random random(seed);
        weave(net, 8, random);
        for (int i = 0; i < 10; ++i) {
            net.run_for(5s);
            net.mine(random.below(8));
        }
        net.run_for(20s);
        return net.trace();
    };
    EXPECT_EQ(story(7), story(7));
    EXPECT_NE(story(7), story(8));
}

TEST(SimNetwork, CatchesUpAfterBeingAway)
{
    SimNetwork net(sim_spec(), 3);
    net.add_node();
    net.add_node();
    net.connect(1, 0);
    for (int i = 0; i < 30; ++i) {
        net.mine(0);
        net.run_for(1s);
    }
    ASSERT_TRUE(comes_to_agree(net, 30s));
    net.kill(1);
    for (int i = 0; i < 400; ++i) {
        net.mine(0);
        net.run_for(1s);
    }
    net.start(1);
    EXPECT_GE(net.tip(1)->height.value, 29u) << "what was published is still there";
    const u64 before = net.network(1).bytes_received();
    ASSERT_TRUE(comes_to_agree(net, 60s));
    EXPECT_EQ(net.tip(1)->height.value, 430u);
    // What came against what was kept. A block is a mere 350 bytes here, of which its hash, naming
    // it once more, is a tenth.
    std::size_t kept = 0;
    for (const chain::BlockNode* at = net.tip(1); at->height.value > 30; at = at->parent)
        kept += (*net.chain(1).block_bytes_of(*at))->size();
    EXPECT_LE(static_cast<double>(net.network(1).bytes_received() - before),
              1.15 * static_cast<double>(kept));
}

// The node has let it go, its last packets are under way, and the test drops it.
TEST(SimNetwork, APuppetThatIsGoneIsNotCalled)
{
    SimNetwork net(sim_spec(), 1);
    net.add_node();
    int calls = 0;
    for (const bool stays : {true, false}) {
        calls = 0;
        std::optional<SimNetwork::Puppet> puppet;
        puppet.emplace();
        puppet->on_bytes = [&](ByteView) { ++calls; };
        puppet->on_closed = [&] { ++calls; };
        ASSERT_TRUE(net.attach(*puppet, 0, p2p::Endpoint::ipv4(9, 1, 1, 1, 8233)));
        p2p::Version old;
        old.protocol = p2p::kProtocolVersionMin - 1;
        puppet->send(p2p::write_message(sim_spec().magic, old));
        net.run_for(30ms);  // a reject is under way
        EXPECT_EQ(net.network(0).connections(), 0u);
        EXPECT_EQ(calls, 0);
        if (!stays) puppet.reset();
        net.run_for(1s);
        EXPECT_EQ(calls, stays ? 2 : 0);
    }
}

// Two nodes that hear of each other dial each other, and keep one of the two connections.
TEST(SimNetwork, TwoNodesKeepOneConnection)
{
    for_each_seed([](u64 seed) {
        SimNetwork net(sim_spec(), seed);
        for (NodeIndex i = 0; i < 4; ++i) net.add_node();
        for (NodeIndex i = 0; i < 4; ++i)
            for (NodeIndex j = 0; j < 4; ++j)
                if (i != j) net.introduce(i, j);
        net.run_for(60s);
        std::size_t most = 0;
        for (int look = 0; look < 20; ++look) {  // but for a feeler that looks in
            net.run_for(10s);
            std::size_t now = 0;
            for (NodeIndex i = 0; i < 4; ++i) {
                std::map<std::array<u8, 16>, int> by_ip;
                for (const auto& peer : net.network(i).peers())
                    if (peer.ready && peer.kind != p2p::PeerKind::feeler) ++by_ip[peer.endpoint.ip];
                EXPECT_EQ(by_ip.size(), 3u) << "node " << i << " knows all";
                for (const auto& [ip, connections] : by_ip) now += connections > 1 ? 1 : 0;
            }
            most = std::max(most, now);
        }
        EXPECT_EQ(most, 0u) << "connections twice";
    });
}

TEST(SimNetwork, BlocksAreAnnouncedInTheWayThatAPeerAskedFor)
{
    SimNetwork net(sim_spec(), 1);
    net.add_node();
    Stranger by_hash(net, 0, 1);
    Stranger by_header(net, 0, 2);
    net.run_for(2s);
    by_header.say(p2p::SendHeaders{});
    net.run_for(2s);
    by_hash.heard.clear();
    by_header.heard.clear();
    const BlockHash block = hash_of(net.mine(0).header);
    net.run_for(1s);
    ASSERT_EQ(by_hash.heard.size(), 1u);
    ASSERT_EQ(by_header.heard.size(), 1u);
    const auto* inv = std::get_if<p2p::Inv>(&by_hash.heard[0]);
    ASSERT_TRUE(inv != nullptr && inv->items.size() == 1);
    EXPECT_EQ(inv->items[0].hash, block);
    const auto* headers = std::get_if<p2p::Headers>(&by_header.heard[0]);
    ASSERT_TRUE(headers != nullptr && headers->headers.size() == 1);
    EXPECT_EQ(hash_of(headers->headers[0]), block);
}

TEST(SimNetwork, OneStrangerFillsNoAddressTable)
{
    SimNetwork net(sim_spec(), 1);
    net.add_node();
    Stranger stranger(net, 0, 1);
    net.run_for(2s);
    u32 number = 0;
    const auto tell_a_thousand = [&] {
        p2p::Addr addr;
        for (; addr.addresses.size() < 1000; ++number)
            addr.addresses.push_back(
                {static_cast<u32>(net.unix_time()),
                 {1,
                  p2p::Endpoint::ipv4(static_cast<u8>(20 + number / 250),
                                      static_cast<u8>(number % 250), 1, 1, 8233)
                      .ip,
                  8233}});
        stranger.say(addr);
        net.run_for(1s);
    };
    for (int i = 0; i < 5; ++i) tell_a_thousand();
    EXPECT_LE(net.network(0).addresses().size(), 2u);
    net.run_for(200s);
    tell_a_thousand();
    EXPECT_NEAR(static_cast<double>(net.network(0).addresses().size()), 21, 3)
        << "one every ten seconds";
}

// A newcomer knows one address. It must have all the peers it wants, and the chain, in little time.
TEST(Sim, Joins)
{
    for_each_seed([](u64 seed) {
        SimNetwork net(sim_spec(), seed);
        net.add_node();
        net.give(0, blocks_before(200));
        for (NodeIndex joiner = 1; joiner < 12; ++joiner) {
            net.add_node();
            net.introduce(joiner, 0);
            const std::size_t wanted = std::min<std::size_t>(8, joiner);
            const auto has_joined = [&] {
                std::size_t ready = 0;
                for (const auto& peer : net.network(joiner).peers()) ready += peer.ready ? 1 : 0;
                return ready >= wanted && net.tip(joiner)->height.value == 200;
            };
            ASSERT_TRUE(net.run_until(has_joined, 30s))
                << "node " << joiner << " has " << net.network(joiner).connections()
                << " peers and height " << net.tip(joiner)->height.value;
        }
        net.mine(11);
        ASSERT_TRUE(comes_to_agree(net, 10s));
    });
}

TEST(Sim, AJoinerServesTheNextWhenItsSourceIsKilled)
{
    for_each_seed([](u64 seed) {
        SimNetwork net(sim_spec(), seed, {.begins = 72h});
        Random random(seed);
        net.add_node();
        net.give(0, blocks_before(400));
        const NodeIndex second = net.add_node();
        net.connect(second, 0);
        ASSERT_TRUE(comes_to_agree(net, 60s));
        net.kill(0);
        const NodeIndex third = net.add_node();
        net.connect(third, second);
        ASSERT_TRUE(comes_to_agree(net, 60s));
        EXPECT_EQ(net.tip(third)->height.value, 400u);
        // And again, killed in the middle of it.
        const NodeIndex fourth = net.add_node();
        net.connect(fourth, third);
        net.connect(fourth, second);
        net.run_for(std::chrono::milliseconds(random.below(1500)));
        net.kill(random.one_in(2) ? second : third);
        ASSERT_TRUE(comes_to_agree(net, 60s));
        EXPECT_EQ(net.tip(fourth)->height.value, 400u);
    });
}

}  // namespace
}  // namespace adit::node::sim
