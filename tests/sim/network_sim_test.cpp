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
