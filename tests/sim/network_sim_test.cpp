// Many full nodes in virtual time. A failing seed is printed; set ADIT_SIM_SEED to replay just that
// one.

#include <gtest/gtest.h>

#include <cstdlib>

#include "node/consensus/spec_file.hpp"
#include "node/sim/sim_network.hpp"

namespace adit::node::sim {
namespace {

using namespace std::chrono_literals;

const consensus::ChainSpec& regtest()
{
    static const consensus::ChainSpec spec = *consensus::find_spec("regtest");
    return spec;
}

/// Seeds 1 … count, or the one that is asked for.
std::vector<u64> seeds(u64 count)
{
    if (const char* one = std::getenv("ADIT_SIM_SEED");
        one != nullptr)  // NOLINT(concurrency-mt-unsafe)
        return {std::strtoull(one, nullptr, 10)};
    std::vector<u64> all;
    for (u64 seed = 1; seed <= count; ++seed) all.push_back(seed);
    return all;
}

/// A ring, each node knowing its two neighbours and one more.
void weave(SimNetwork& net, std::size_t count, Random& random)
{
    for (std::size_t i = 0; i < count; ++i) net.add_node();
    for (std::size_t i = 0; i < count; ++i) {
        net.introduce(i, (i + 1) % count);
        net.introduce(i, (i + count - 1) % count);
        net.introduce(i, random.below(count));
    }
}

TEST(SimNetwork, TwoNodesShareABlock)
{
    SimNetwork net(regtest(), 1);
    net.add_node();
    net.add_node();
    net.connect(0, 1);
    ASSERT_TRUE(net.run_until(
        [&] { return net.network(1).connections() == 1 && net.network(0).connections() == 1; },
        10s));
    net.run_for(1s);
    net.mine(0);
    ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 5s));
    EXPECT_EQ(net.tip(1)->height.value, 1u);
    net.mine(1);
    ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 5s));
    EXPECT_EQ(net.tip(0)->height.value, 2u);
}

TEST(SimNetwork, OneSeedIsOneStory)
{
    const auto story = [](u64 seed) {
        SimNetwork net(regtest(), seed, {.loss_percent = 2});
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

TEST(SimNetwork, ANewNodeCatchesUpAndServesTheNext)
{
    for (const u64 seed : seeds(10)) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SimNetwork net(regtest(), seed);
        net.add_node();
        for (int i = 0; i < 700; ++i) {
            net.mine(0);
            net.run_for(1s);
        }
        const NodeIndex second = net.add_node();
        net.connect(second, 0);
        ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 60s))
            << net.tip(second)->height.value;
        net.kill(0);
        const NodeIndex third = net.add_node();
        net.connect(third, second);
        ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 60s))
            << net.tip(third)->height.value;
        EXPECT_EQ(net.tip(third)->height.value, 700u);
    }
}

TEST(SimNetwork, CatchesUpAfterBeingAway)
{
    SimNetwork net(regtest(), 3);
    net.add_node();
    net.add_node();
    net.connect(1, 0);
    for (int i = 0; i < 30; ++i) {
        net.mine(0);
        net.run_for(1s);
    }
    ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 30s));
    net.kill(1);
    for (int i = 0; i < 400; ++i) {
        net.mine(0);
        net.run_for(1s);
    }
    net.start(1);
    EXPECT_GE(net.tip(1)->height.value, 29u) << "what was published is still there";
    ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 60s));
    EXPECT_EQ(net.tip(1)->height.value, 430u);
}

TEST(SimNetwork, APartitionHeals)
{
    for (const u64 seed : seeds(10)) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SimNetwork net(regtest(), seed, {.loss_percent = 1});
        Random random(seed);
        weave(net, 10, random);
        net.run_for(30s);
        net.mine(0);
        ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 60s));
        net.cut({0, 1, 2, 3, 4});
        for (int i = 0; i < 20; ++i) {
            net.run_for(10s);
            net.mine(random.below(5));
            if (i % 2 == 0) net.mine(5 + random.below(5));
        }
        net.run_for(30s);
        EXPECT_FALSE(net.all_agree());
        net.heal();
        // Outbound slots are refilled by and by; a new block tells the rest.
        net.run_for(60s);
        net.mine(0);
        ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 300s));
    }
}

TEST(SimNetwork, HalfTheNodesDieAndTheRestGoOn)
{
    for (const u64 seed : seeds(10)) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SimNetwork net(regtest(), seed);
        Random random(seed);
        weave(net, 16, random);
        net.run_for(120s);
        net.mine(0);
        ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 120s));
        std::size_t dead = 0;
        while (dead < 8) {
            const NodeIndex victim = random.below(16);
            if (!net.alive(victim)) continue;
            net.kill(victim);
            ++dead;
        }
        net.run_for(60s);
        for (NodeIndex i = 0; i < 16; ++i) {
            if (!net.alive(i)) continue;
            net.mine(i);
            break;
        }
        ASSERT_TRUE(net.run_until([&] { return net.all_agree(); }, 300s));
    }
}

}  // namespace
}  // namespace adit::node::sim
