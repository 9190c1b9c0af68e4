// Nodes die, links are cut, packets are lost: those who are left find each other and one chain.

#include <algorithm>

#include "tests/sim/sim_support.hpp"

namespace adit::node::sim {
namespace {

constexpr std::size_t kNodes = 16;

/// Half of the nodes die; the rest heal, mine and agree; the dead come back and agree with them.
void half_dies(u64 seed, const std::function<NodeIndex(SimNetwork&, Random&)>& next_victim)
{
    SimNetwork net(sim_spec(), seed);
    Random random(seed);
    weave(net, kNodes, random);
    net.run_for(60s);
    net.mine(0);
    ASSERT_TRUE(comes_to_agree(net, 30s));
    std::vector<NodeIndex> dead;
    while (dead.size() < kNodes / 2) {
        dead.push_back(next_victim(net, random));
        net.kill(dead.back());
    }
    net.mine(some_node(net, random));
    ASSERT_TRUE(comes_to_agree(net, 60s)) << "half of the network heals within a minute";
    const auto wanted = [&] {
        for (NodeIndex i = 0; i < net.size(); ++i)
            if (net.alive(i) && net.network(i).connections() < 3) return false;
        return true;
    };
    ASSERT_TRUE(net.run_until(wanted, 60s)) << "a survivor is left with fewer than three peers";
    for (const NodeIndex node : dead) net.start(node);
    ASSERT_TRUE(comes_to_agree(net, 60s)) << "those who come back catch up without a new block";
    net.mine(some_node(net, random));
    ASSERT_TRUE(comes_to_agree(net, 60s));
}

TEST(Sim, HalfDiesAtRandom)
{
    for_each_seed([](u64 seed) { half_dies(seed, some_node); });
}

TEST(Sim, HalfDiesBestConnectedFirst)
{
    for_each_seed([](u64 seed) {
        half_dies(seed, [](SimNetwork& net, Random&) {
            NodeIndex best = 0;
            std::size_t most = 0;
            for (NodeIndex i = 0; i < net.size(); ++i) {
                if (!net.alive(i) || net.network(i).connections() < most) continue;
                best = i;
                most = net.network(i).connections();
            }
            return best;
        });
    });
}

TEST(Sim, APartitionHeals)
{
    for_each_seed([](u64 seed) {
        SimNetwork net(sim_spec(), seed, {.links = {.loss_percent = 1}});
        Random random(seed);
        weave(net, 10, random);
        net.run_for(30s);
        net.mine(0);
        ASSERT_TRUE(comes_to_agree(net, 30s));
        net.cut({0, 1, 2, 3, 4});
        for (int i = 0; i < 20; ++i) {
            net.run_for(3s);
            net.mine(random.below(5));
            if (i % 2 == 0) net.mine(5 + random.below(5));
        }
        net.run_for(10s);
        EXPECT_FALSE(net.all_agree()) << "a cut that does not cut";
        net.heal();
        ASSERT_TRUE(comes_to_agree(net, 60s)) << "healing takes longer than a minute";
    });
}

TEST(Sim, LossAndCuts)
{
    for_each_seed([](u64 seed) {
        Random random(seed);
        const u32 loss = static_cast<u32>(random.below(15));
        SimNetwork net(sim_spec(), seed, {.links = {.loss_percent = loss}});
        weave(net, 10, random);
        net.run_for(20s);
        for (int i = 0; i < 8; ++i) {
            std::set<NodeIndex> side;
            for (u64 n = 1 + random.below(5); n > 0; --n) side.insert(random.below(10));
            net.cut(side);
            net.mine(random.below(10));
            net.run_for(std::chrono::milliseconds(random.below(6000)));
            net.heal();
            net.run_for(std::chrono::milliseconds(random.below(4000)));
        }
        // Two branches of one length may be left: one block more decides.
        net.run_for(20s);
        net.mine(random.below(10));
        ASSERT_TRUE(comes_to_agree(net, 60s)) << "loss " << loss << " %";
    });
}

}  // namespace
}  // namespace adit::node::sim
