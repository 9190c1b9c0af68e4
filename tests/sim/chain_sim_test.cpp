// What the nodes of a network hold to be the chain: the same, whatever their clocks, their code
// paths and their limits, and whatever branch they saw first.

#include "tests/sim/sim_support.hpp"

#include "kernels/base/endian.hpp"

namespace adit::node::sim {
namespace {

/// Spends the miner's output of `block` to a script that tells `mark`.
Transaction spend(const Block& block, u8 mark)
{
    const Transaction& coinbase = block.transactions.front();
    u32 output = 0;
    while (coinbase.outputs[output].script_pubkey != Script{0x51}) ++output;
    Transaction tx;
    tx.version = 1;
    tx.inputs.push_back({{txid_of(coinbase), output}, {}, 0xffffffff});
    tx.outputs.push_back({coinbase.outputs[output].value, Script{0x01, mark}});
    return tx;
}

TEST(Sim, OfADoubleSpendAcrossAReorganisationOneSurvives)
{
    for_each_seed([](u64 seed) {
        SimNetwork net(sim_spec(), seed);
        Random random(seed);
        weave(net, 6, random);
        net.run_for(20s);
        const Block funds = net.mine(0);
        for (int i = 0; i < 3; ++i) {
            net.run_for(5s);
            net.mine(0);
        }
        ASSERT_TRUE(comes_to_agree(net, 30s));
        const std::set<NodeIndex> left{0, 1, 2};
        net.cut(left);
        const std::vector<Transaction> spends{spend(funds, 1), spend(funds, 2)};
        const bool left_wins = random.one_in(2);
        for (int i = 0; i < 7; ++i) {
            // The winner's branch is seven blocks, the loser's six.
            for (const bool on_left : {true, false}) {
                if (i == 6 && on_left != left_wins) continue;
                const NodeIndex miner = (on_left ? 0 : 3) + random.below(3);
                const bool first = i == 0;
                // The first block of each branch spends the coin; later ones follow what their
                // miner sees.
                net.mine(first ? (on_left ? 0 : 3) : miner,
                         first ? std::vector{spends[on_left ? 0 : 1]} : std::vector<Transaction>{});
            }
            net.run_for(3s);
        }
        net.heal();
        ASSERT_TRUE(comes_to_agree(net, 60s));
        for (NodeIndex node = 0; node < net.size(); ++node) {
            for (const std::size_t which : {0u, 1u}) {
                const auto coin = net.chain(node).coin({txid_of(spends[which]), 0});
                ASSERT_TRUE(coin.has_value());
                EXPECT_EQ(coin->coin.has_value(), (which == 0) == left_wins)
                    << "node " << node << ", spend " << which;
            }
            const auto spent = net.chain(node).coin(spends[0].inputs[0].prevout);
            EXPECT_TRUE(spent && !spent->coin) << "the coin is spent twice or not at all";
        }
    });
}

TEST(Sim, SkewedClocksAgree)
{
    for_each_seed([](u64 seed) {
        SimNetwork net(sim_spec(), seed);
        Random random(seed);
        for (NodeIndex i = 0; i < 8; ++i) {
            SimNodeOptions options;
            options.clock_skew =
                std::chrono::seconds(static_cast<i64>(random.below(90 * 60)) - 45 * 60);
            net.add_node(options);
            if (i > 0) net.introduce(i, random.below(i));
        }
        net.run_for(20s);
        for (int i = 0; i < 12; ++i) {
            net.mine(random.below(8));
            net.run_for(8s);
        }
        ASSERT_TRUE(comes_to_agree(net, 30s));
        EXPECT_GE(net.tip(0)->height.value, 10u);
    });
}

// Three hours slow: the others' blocks lie in its future. It is nobody's enemy for that, and
// follows as its clock comes to them.
TEST(Sim, AClockTooSlowDelaysAndHarmsNobody)
{
    SimNetwork net(sim_spec(), 1, {.begins = 6h});
    net.add_node();
    net.add_node();
    SimNodeOptions slow;
    slow.clock_skew = -3h;
    const NodeIndex late = net.add_node(slow);
    net.connect(1, 0);
    net.connect(late, 0);
    net.run_for(5s);
    net.mine(0);
    net.run_for(30s);
    EXPECT_EQ(net.tip(1)->height.value, 1u);
    EXPECT_EQ(net.tip(late)->height.value, 0u);
    const auto nobody_is_banned = [&] {
        for (NodeIndex i = 0; i < net.size(); ++i)
            if (!net.network(i).keeper().bans(0).empty() || net.network(i).connections() == 0)
                return false;
        return true;
    };
    EXPECT_TRUE(nobody_is_banned());
    net.run_for(70min);
    net.mine(0);  // in its future again, but this announcement makes it ask
    net.run_for(10s);
    EXPECT_EQ(net.tip(late)->height.value, 1u);
    EXPECT_TRUE(nobody_is_banned());
}

// Hundreds of questions in one breath are not answered with megabytes that pile up.
TEST(Sim, AFloodOfQuestionsPilesNothingUp)
{
    SimNetwork net(sim_spec(), 1);
    net.add_node();
    net.give(0, blocks_before(600));
    Stranger stranger(net, 0, 1);
    net.run_for(2s);
    ASSERT_TRUE(stranger.session->ready());
    std::size_t largest = 0;
    std::size_t all = 0;
    stranger.puppet.on_bytes = [&](ByteView bytes) {
        largest = std::max(largest, bytes.size());
        all += bytes.size();
    };
    p2p::GetHeaders question;  // 61 bytes for some 28,000
    question.locator.hashes = {net.chain(0).at(Height(0))->hash};
    for (int i = 0; i < 300; ++i) stranger.session->send(question);
    stranger.flush();
    net.run_for(10s);
    EXPECT_GT(all, 20'000u) << "it is answered";
    EXPECT_LT(largest, p2p::kServePauseBytes + 100'000);
    EXPECT_TRUE(net.alive(0));
}

// Some nodes verify with the plain code, some with the fastest this machine has; some have room,
// some have none. Each gets the same honest blocks and the same lies.
TEST(Sim, CodePathsAndLimitsDoNotMatter)
{
    for_each_seed([](u64 seed) {
        SimNetwork net(sim_spec(), seed, {.solve = true});
        Random random(seed);
        for (NodeIndex i = 0; i < 6; ++i) {
            SimNodeOptions options;
            options.work = i % 2 == 0 ? WorkCheck::portable : WorkCheck::fastest;
            options.coin_cache_bytes_max = i < 3 ? 0 : 64u << 20;
            options.limits.peers_max = 12 + 20 * i;
            net.add_node(options);
            if (i > 0) net.introduce(i, random.below(i));
        }
        net.run_for(10s);
        Block last;
        for (int i = 0; i < 5; ++i) {
            last = net.mine(random.below(6));
            ASSERT_TRUE(comes_to_agree(net, 30s));
        }
        // The same lie to everybody: a solution with one bit changed, or a header without its work.
        Block lie = last;
        lie.header.solution[random.below(lie.header.solution.size())] ^=
            static_cast<u8>(1 << random.below(8));
        std::vector<std::unique_ptr<Stranger>> strangers;
        for (u8 i = 0; i < 6; ++i) strangers.push_back(std::make_unique<Stranger>(net, i, i));
        net.run_for(2s);
        for (const auto& stranger : strangers) {
            ASSERT_TRUE(stranger->let_in && stranger->session->ready());
            if (seed % 2 == 0)
                stranger->say(p2p::Headers{{lie.header}});
            else
                stranger->say(p2p::BlockMessage{lie});
        }
        net.run_for(2s);
        for (NodeIndex i = 0; i < 6; ++i) {
            EXPECT_TRUE(strangers[i]->sent_away) << "node " << i << " believes it";
            EXPECT_EQ(net.chain(i).find(hash_of(lie.header)), nullptr)
                << "node " << i << " keeps it";
        }
        net.mine(random.below(6));
        ASSERT_TRUE(comes_to_agree(net, 30s));
        EXPECT_EQ(net.tip(0)->height.value, 6u);
    });
}

}  // namespace
}  // namespace adit::node::sim
