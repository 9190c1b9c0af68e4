// A miner's dealings with pools that come and go, in virtual time.

#include "stratum/client/pool_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/stratum/virtual_pools.hpp"

namespace adit::stratum::client {
namespace {

using namespace std::chrono_literals;
using test::FakePool;
using test::seconds_since;
using test::VirtualPools;
using test::Wire;
using testing::HasSubstr;
using Phase = SourceState::Phase;

// ── the good case ───────────────────────────────────────────────────────────────────────────────

TEST(PoolClient, MinesAtAGoodPoolAndLosesNothing)
{
    FakePool pool;
    VirtualPools world({&pool});
    world.finds_every = 5s;
    world.every(50s, [&] { world.next_job(0); });
    world.run(2000s);
    EXPECT_EQ(world.dials.size(), 1u);
    EXPECT_EQ(world.state.phase, Phase::working);
    EXPECT_GE(world.found, 399);
    EXPECT_GE(world.count(Ruling::accepted), world.found - 1);
    EXPECT_EQ(world.ruled(), world.count(Ruling::accepted));
}

TEST(PoolClient, AnEpochVoidsWhatIsOlder)
{
    FakePool pool;
    VirtualPools world({&pool});
    world.run(1s);
    world.wire_of(0)->say(pool.job_line());
    world.run(1s);
    pool.block = 2;
    world.wire_of(0)->say(pool.job_line());
    world.run(1s);
    EXPECT_EQ(world.epochs, (std::vector<u64>{1, 1, 2}));
}

// ── fail-over ───────────────────────────────────────────────────────────────────────────────────

TEST(PoolClient, BacksOffWithJitterAndSaysWhenItTriesNext)
{
    FakePool dead;
    dead.up = false;
    VirtualPools world({&dead});
    world.run(600s);
    ASSERT_GE(world.dials.size(), 10u);
    for (std::size_t i = 1; i < world.dials.size(); ++i) {
        const double pause = seconds_since(world.dials[i - 1].first, world.dials[i].first);
        const double full = std::min(60.0, std::pow(2.0, static_cast<double>(i - 1)));
        EXPECT_GE(pause, full / 2) << i;
        EXPECT_LE(pause, full + 0.1) << i;
    }
    EXPECT_EQ(world.state.phase, Phase::waiting);
    EXPECT_THAT(world.state.text, HasSubstr("p0.pool.example:3333: connection refused"));
    EXPECT_GT(world.state.next_try, world.now - 60s);

    VirtualPools twin({&dead}, {}, 2);
    twin.run(600s);
    EXPECT_NE(twin.dials[5].first, world.dials[5].first);
}

TEST(PoolClient, GivesUpWhenToldTo)
{
    FakePool dead;
    dead.up = false;
    ClientOptions options;
    options.tries_max = 4;
    VirtualPools world({&dead}, options);
    world.run(600s);
    EXPECT_EQ(world.dials.size(), 4u);
    EXPECT_EQ(world.state.phase, Phase::gave_up);
    EXPECT_THAT(world.state.text, HasSubstr("4 tries in vain"));
}

TEST(PoolClient, MovesOnAfterThreeFailuresAndComesHome)
{
    FakePool main;
    FakePool second;
    main.up = false;
    VirtualPools world({&main, &second});
    world.run(30s);
    EXPECT_EQ(world.client().pool_in_use(), 1u);
    EXPECT_EQ(world.state.phase, Phase::working);
    EXPECT_EQ(world.dials.size(), 4u);
    EXPECT_LE(seconds_since(world.dials[0].first, world.dials[3].first), 3.2);

    const TimePoint back = world.now;
    main.up = true;
    world.finds_every = 1s;
    world.run(3600s, [&] { return world.client().pool_in_use() == 0; });
    EXPECT_LE(seconds_since(back, world.now), 600);
    EXPECT_TRUE(world.said("is back"));
    EXPECT_EQ(world.state.phase, Phase::working);
    // Devices never rested, and of the shares at most the one under way was lost.
    EXPECT_GE(world.count(Ruling::accepted) + 2, world.found);
    EXPECT_TRUE(world.work);
}

TEST(PoolClient, ALookHomeInVainDisturbsNobody)
{
    FakePool main;
    FakePool second;
    main.up = false;
    VirtualPools world({&main, &second});
    world.finds_every = 10s;
    world.run(100s);
    const std::size_t dials = world.dials.size();
    const int accepted = world.count(Ruling::accepted);
    world.every(50s, [&] { world.next_job(1); });
    world.run(1300s);
    EXPECT_EQ(world.dials.size(), dials + 2);
    EXPECT_EQ(world.client().pool_in_use(), 1u);
    EXPECT_GE(world.count(Ruling::accepted) - accepted, 128);
}

TEST(PoolClient, StaysAwayFromHomeWhenTold)
{
    FakePool main;
    FakePool second;
    main.up = false;
    ClientOptions options;
    options.failover.return_to_main = 0s;
    VirtualPools world({&main, &second}, options);
    world.run(20s);
    main.up = true;
    world.run(280s);
    EXPECT_EQ(world.client().pool_in_use(), 1u);
}

TEST(PoolClient, LeavesASlowPool)
{
    struct Slow : FakePool {
        void on_submit(Wire& wire, const RequestId& id, const Submit&) override
        {
            wire.say(encode_result(id, true), 900ms);
        }
    } slow;
    FakePool quick;
    ClientOptions options;
    options.max_latency = 500ms;
    VirtualPools world({&slow, &quick}, options);
    world.finds_every = 2s;
    world.run(120s);
    EXPECT_EQ(world.client().pool_in_use(), 1u);
    EXPECT_TRUE(world.said("its answers take too long"));
}

TEST(PoolClient, RestsWhileNoPoolAnswers)
{
    FakePool pool;
    VirtualPools world({&pool});
    world.run(5s);
    ASSERT_TRUE(world.work);
    pool.up = false;
    world.wire_of(0)->hang_up();
    world.run(9s);
    EXPECT_TRUE(world.work) << "the grace is 10 s";
    world.run(2s);
    EXPECT_FALSE(world.work);
    EXPECT_EQ(world.state.phase, Phase::waiting);
    pool.up = true;
    world.run(60s);
    EXPECT_TRUE(world.work);
    EXPECT_EQ(world.epochs, (std::vector<u64>{1, 1}));  // same block, same nonce_1
}

TEST(PoolClient, SharesOutliveALostLinkWhenThePoolTakesTheSessionUp)
{
    FakePool pool;
    pool.session = "again";
    VirtualPools world({&pool});
    world.run(5s);
    pool.up = false;
    world.wire_of(0)->hang_up();
    world.run(100ms);
    for (int i = 0; i < 5; ++i) world.find();
    EXPECT_EQ(world.ruled(), 0);
    pool.up = true;
    world.run(10s);
    EXPECT_EQ(world.count(Ruling::accepted), 5);
    EXPECT_EQ(pool.submits, 5);
}

TEST(PoolClient, SharesWaitOnlySoLong)
{
    FakePool pool;
    VirtualPools world({&pool});
    world.run(5s);
    pool.up = false;
    world.wire_of(0)->hang_up();
    world.run(100ms);
    world.find();
    world.run(14min);
    EXPECT_EQ(world.ruled(), 0);
    world.run(2min);
    EXPECT_EQ(world.count(Ruling::job_over), 1);
}

TEST(PoolClient, SharesOfAnotherPoolAreDropped)
{
    FakePool main;
    FakePool second;
    VirtualPools world({&main, &second});
    world.run(5s);
    const WorkPtr old = world.work;
    main.up = false;
    world.wire_of(0)->hang_up();
    world.run(60s);
    ASSERT_EQ(world.client().pool_in_use(), 1u);
    const WorkPtr fresh = std::exchange(world.work, old);
    world.find();
    world.work = fresh;
    EXPECT_EQ(world.count(Ruling::job_over), 1);
    world.find();
    world.run(1s);
    EXPECT_EQ(world.count(Ruling::accepted), 1);
    EXPECT_GT(world.epochs.back(), world.epochs.front());
}

TEST(PoolClient, SharesOfNobodyAreRefused)
{
    FakePool pool;
    VirtualPools world({&pool});
    world.run(1s);
    world.work = std::make_shared<Work>();
    world.find();
    EXPECT_EQ(world.count(Ruling::malformed), 1);
}

// ── client.reconnect ────────────────────────────────────────────────────────────────────────────

TEST(PoolClient, FollowsAPoolWithinItsDomain)
{
    FakePool pool;
    VirtualPools world({&pool});
    world.run(1s);
    world.wire_of(0)->say(encode(Reconnect{"p9.pool.example", 4444, 3}));
    world.run(10s);
    ASSERT_EQ(world.dials.size(), 2u);
    EXPECT_EQ(world.dials[1].second.host, "p9.pool.example");
    EXPECT_EQ(world.dials[1].second.port, 4444);
    EXPECT_NEAR(seconds_since(world.dials[0].first, world.dials[1].first), 4, 0.1);
    EXPECT_EQ(world.state.phase, Phase::working);

    world.wire_of(0)->say(encode(Reconnect{"pool.evil.example", 4444, 0}));
    world.run(10s);
    EXPECT_EQ(world.dials.size(), 2u);
    EXPECT_TRUE(world.said("another domain: not followed"));
}

TEST(PoolClient, AReconnectStormEndsAtTheNextPool)
{
    struct Storm : FakePool {
        void on_authorize(Wire& wire, const RequestId& id) override
        {
            wire.say(encode_result(id, true));
            wire.say(encode(Reconnect{}));
        }
    } storm;
    FakePool calm;
    VirtualPools world({&storm, &calm});
    world.run(60s);
    EXPECT_EQ(world.client().pool_in_use(), 1u);
    EXPECT_LE(world.dials.size(), 12u);
}

}  // namespace
}  // namespace adit::stratum::client
