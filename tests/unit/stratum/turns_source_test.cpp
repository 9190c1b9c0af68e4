// Pools and nodes in turn over real sockets: our pool, and a node that answers as it is told.

#include "stratum/net/turns_source.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "stratum/net/template_source.hpp"
#include "tests/support/fake_node.hpp"
#include "tests/unit/stratum/net_support.hpp"

namespace adit::stratum::net {
namespace {

using adit::test::FakeNode;
using Phase = SourceState::Phase;

constexpr u8 kPoolsBlock = 1;
constexpr u8 kNodesBlock = 0xaa;
const AlgorithmChoice kAlgorithm{test::kSmall, equihash::Personalization{}};

/// A node whose tip never moves, and that takes every block.
FakeNode::Answer still_node(const FakeNode::Request& request)
{
    if (request.method == "submitblock") return FakeNode::result("null");
    if (request.method != "getblocktemplate") return FakeNode::error(-5, "Block not found");
    if (request.body.find("longpollid") != std::string::npos) std::this_thread::sleep_for(100ms);
    return FakeNode::result(R"({"version":4,"bits":"200f0f0f","coinbasetxn":{"data":"00010203"},)"
                            R"("transactions":[],"curtime":1700000000,"height":7,"longpollid":"a",)"
                            R"("previousblockhash":")" +
                            std::string(64, 'a') + R"("})");
}

/// A port of loopback where nobody listens (any more).
u16 port_of_nobody()
{
    const FakeNode gone(still_node);
    return gone.port();
}

/// A pool and a node in turn; both may come and go. Everything is tried again within milliseconds.
class Turns : public testing::Test {
protected:
    TurnsOptions pool_then_node(u16 pool, u16 node)
    {
        TurnsOptions turns;
        turns.turns.names = {"the pool", "the node"};
        turns.turns.failover.backoff_min = 20ms;
        turns.turns.failover.backoff_max = 200ms;
        turns.turns.failover.return_to_main = 200ms;
        turns.log = [this](bool, const std::string& line) { ear.on_log(line); };
        PoolSourceOptions settings = options_for(pool, "stratum+tcp", "127.0.0.1", ear);
        settings.client.algorithm = kAlgorithm;
        settings.client.hands_over = true;
        turns.make.emplace_back([settings] { return std::make_unique<PoolSource>(settings); });
        NodeAddress address;
        address.host = "127.0.0.1";
        address.port = node;
        client::TemplateLimits limits;
        limits.first_tries = limits.later_tries = 3;
        limits.retry_first = 5ms;
        turns.make.emplace_back([address, limits] {
            return std::make_unique<TemplateSource>(address, kAlgorithm, limits);
        });
        return turns;
    }
    static u64 accepted(const TurnView& view) { return view.tally.of(ShareOutcome::accepted); }

    Folder folder;
    Ear ear;
};

TEST_F(Turns, APoolThatGoesIsReplacedByTheNodeAndComesBack)
{
    auto pool = std::make_unique<TestPool>(folder.file());
    const u16 port = pool->port;
    const FakeNode node(still_node);
    TurnsSource source(pool_then_node(port, node.port()));
    source.start(ear);
    const WorkPtr before = ear.wait_for_work(kPoolsBlock);
    ASSERT_TRUE(before);
    EXPECT_TRUE(before->pays_shares);
    for (Share& share : dig(before, 3)) source.submit(std::move(share));
    ASSERT_TRUE(ear.wait_for_verdicts(3));

    pool.reset();
    const WorkPtr meanwhile = ear.wait_for_work(kNodesBlock);
    ASSERT_TRUE(meanwhile);
    EXPECT_FALSE(meanwhile->pays_shares);
    EXPECT_GT(meanwhile->epoch, before->epoch) << "devices leave the pool's work";
    for (Share& block : dig(meanwhile, 1)) source.submit(std::move(block));
    ASSERT_TRUE(ear.wait_for_verdicts(4));
    EXPECT_EQ(source.view().sources[1].in_use, true);

    pool = std::make_unique<TestPool>(folder.file(), std::nullopt, port);
    EXPECT_TRUE(ear.wait_for_words("the pool: is back")) << ear.said();
    const WorkPtr after = ear.wait_for_work(kPoolsBlock);
    ASSERT_TRUE(after);
    EXPECT_GT(after->epoch, meanwhile->epoch);
    for (Share& share : dig(after, 3, 50'000)) source.submit(std::move(share));
    ASSERT_TRUE(ear.wait_for_verdicts(7));
    EXPECT_EQ(ear.accepted(), 7);

    const TurnsView view = source.view();
    EXPECT_TRUE(view.sources[0].in_use);
    EXPECT_GE(view.sources[0].tally.turns, 2u);
    EXPECT_EQ(accepted(view.sources[0]), 6u);
    EXPECT_EQ(accepted(view.sources[1]), 1u);
    source.stop(1s);
}

TEST_F(Turns, AShareForASourceThatWasLeftIsDroppedWithTheReason)
{
    auto pool = std::make_unique<TestPool>(folder.file());
    const FakeNode node(still_node);
    TurnsSource source(pool_then_node(pool->port, node.port()));
    source.start(ear);
    const WorkPtr work = ear.wait_for_work(kPoolsBlock);
    ASSERT_TRUE(work);
    pool.reset();
    ASSERT_TRUE(ear.wait_for_work(kNodesBlock));
    for (Share& share : dig(work, 1)) source.submit(std::move(share));
    ASSERT_TRUE(ear.wait_for_verdicts(1));
    EXPECT_EQ(ear.reason(), "the pool was left");
    EXPECT_EQ(source.view().sources[0].tally.of(ShareOutcome::dropped), 1u);
    source.stop(1s);
}

TEST_F(Turns, GivesUpWhenNobodyIsThere)
{
    TurnsOptions options = pool_then_node(port_of_nobody(), port_of_nobody());
    options.turns.turns_max = 4;
    TurnsSource source(std::move(options));
    source.start(ear);
    EXPECT_TRUE(ear.wait_for_phase(Phase::gave_up)) << ear.said();
    EXPECT_TRUE(ear.wait_for_words("nothing listens at 127.0.0.1:"));
    const TurnsView view = source.view();
    EXPECT_EQ(view.sources[0].tally.turns, 2u);
    EXPECT_EQ(view.sources[1].tally.turns, 2u);
}

/// Sources begin and end all the time while others ask, hand in and stop.
TEST_F(Turns, AnyThreadMayCallWhileTurnsChange)
{
    TestPool pool(folder.file());
    TurnsOptions options = pool_then_node(port_of_nobody(), port_of_nobody());
    const auto nobody = options.make[1];
    std::atomic<int> turns = 0;
    PoolSourceOptions there = options_for(pool, ear);
    options.make[1] = [&, nobody, there]() -> std::unique_ptr<WorkSource> {
        if (++turns % 2 == 0) return nobody();
        return std::make_unique<PoolSource>(there);
    };
    TurnsSource source(std::move(options));
    source.start(ear);
    const WorkPtr work = ear.wait_for_work(kPoolsBlock);
    ASSERT_TRUE(work);
    std::vector<Share> shares = dig(work, 40);
    std::atomic<bool> over = false;
    std::jthread watcher([&] {
        while (!over) EXPECT_EQ(source.view().sources.size(), 2u);
    });
    {
        std::vector<std::jthread> devices;
        for (std::size_t device = 0; device < 4; ++device)
            devices.emplace_back([&, device] {
                for (std::size_t i = device; i < shares.size(); i += 4) source.submit(shares[i]);
            });
    }
    EXPECT_TRUE(ear.wait_for_verdicts(40)) << "each share has its verdict";
    pool.shell->stop(1s);
    std::this_thread::sleep_for(100ms);
    over = true;
    watcher.join();
    source.stop(0s);
}

/// Everything ends at once, also in the middle of a dial, a call or a turn's end.
TEST_F(Turns, StopsAtAnyMoment)
{
    auto pool = std::make_unique<TestPool>(folder.file());
    const u16 port = pool->port;
    const FakeNode node(still_node);
    for (int i = 0; i < 20; ++i) {
        if (i == 10) pool.reset();
        TurnsSource source(pool_then_node(port, node.port()));
        source.start(ear);
        std::this_thread::sleep_for(i * 3ms);
        const auto begun = std::chrono::steady_clock::now();
        source.stop(0s);
        EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    }
}

}  // namespace
}  // namespace adit::stratum::net
