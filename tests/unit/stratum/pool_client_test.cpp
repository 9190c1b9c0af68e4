// A miner's dealings with good, bad and hostile pools, in virtual time.

#include "stratum/client/pool_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/stratum/virtual_pools.hpp"

namespace adit::stratum::client {
namespace {

using namespace std::chrono_literals;
using test::FakePool;
using test::VirtualPools;
using test::Wire;
using testing::HasSubstr;
using Phase = SourceState::Phase;

double seconds_since(TimePoint from, TimePoint to)
{
    return std::chrono::duration<double>(to - from).count();
}

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

// ── hostile pools: what is lost, and how long until work goes on ────────────────────────────────

/// The first connection meets the evil; later ones a good pool.
struct OnceEvil : FakePool {
    virtual void evil(Wire& wire) = 0;
    void on_authorize(Wire& wire, const RequestId& id) override
    {
        FakePool::on_authorize(wire, id);
        if (++logins == 1) evil(wire);
    }
    int logins = 0;
};

struct Outcome {
    double recovery_s = 0;  ///< from the log-in to the first share accepted over a new connection
    int lost = 0;           ///< shares found, ruled on, and not accepted
    std::size_t dials = 0;
};

Outcome suffer(OnceEvil& pool, Duration finds_every = 1s)
{
    VirtualPools world({&pool});
    world.run(1s);
    const TimePoint start = world.now;
    world.finds_every = finds_every;
    int before = 0;
    world.run(900s, [&] {
        if (pool.logins < 2) before = world.count(Ruling::accepted);
        return pool.logins >= 2 && world.count(Ruling::accepted) > before;
    });
    EXPECT_GT(world.count(Ruling::accepted), before) << "never recovered";
    return {seconds_since(start, world.now), world.ruled() - world.count(Ruling::accepted),
            world.dials.size()};
}

TEST(HostilePool, StallsInTheMiddleOfALine)
{
    struct Stalls : OnceEvil {
        void evil(Wire& wire) override { wire.say(R"({"id":null,"method":"mining.noti)"); }
        void on_submit(Wire& wire, const RequestId& id, const Submit& submit) override
        {
            if (logins > 1) FakePool::on_submit(wire, id, submit);
        }
    } pool;
    // Nothing is found meanwhile: only silence can tell. 300 s, then 1 s of back-off.
    Outcome outcome = suffer(pool, 295s);
    EXPECT_LE(outcome.recovery_s, 600);
    pool.logins = 0;
    // Shares are found: three of them without an answer tell sooner, 60 s after the first.
    outcome = suffer(pool, 1s);
    EXPECT_LE(outcome.recovery_s, 66);
    EXPECT_LE(outcome.lost, 64);
}

TEST(HostilePool, SendsALineOfTenMegabytes)
{
    struct Endless : OnceEvil {
        void evil(Wire& wire) override
        {
            for (int i = 0; i < 10; ++i) wire.say(std::string(1'000'000, 'x'));
        }
    } pool;
    const Outcome outcome = suffer(pool);
    EXPECT_LE(outcome.recovery_s, 4);
    EXPECT_LE(outcome.lost, 1);
}

TEST(HostilePool, SendsGarbageAndWrongTypes)
{
    struct Garbage : OnceEvil {
        void evil(Wire& wire) override
        {
            for (const char* line :
                 {"\xff\xfe\x00", "{}", "[]", "7", R"({"method":"mining.notify","params":{}})",
                  R"({"method":"mining.notify","params":[1,2,3,4,5,6,7,8]})",
                  R"({"method":"mining.set_target","params":[true]})",
                  R"({"method":"mining.set_extranonce","params":[null]})",
                  R"({"id":{},"result":true})", "{\"id\":1,"})
                wire.say(std::string(line) + "\n");
        }
    } pool;
    const Outcome outcome = suffer(pool);
    EXPECT_LE(outcome.recovery_s, 4);
    EXPECT_LE(outcome.lost, 1);
}

TEST(HostilePool, DropsTheLinkOnEverySubmit)
{
    struct Drops : FakePool {
        void on_submit(Wire& wire, const RequestId&, const Submit&) override
        {
            ++submits;
            wire.hang_up();
        }
    } drops;
    FakePool good;
    VirtualPools world({&drops, &good});
    world.finds_every = 1s;
    const TimePoint start = world.now;
    world.run(120s, [&] { return world.count(Ruling::accepted) > 0; });
    EXPECT_LE(seconds_since(start, world.now), 10);
    // Each was sent and may have counted, so it is not sent again.
    EXPECT_EQ(world.count(Ruling::link_lost), drops.submits);
    EXPECT_LE(drops.submits, 6);
}

TEST(HostilePool, AnswersTwiceNeverOrUnderWrongIds)
{
    struct Liar : FakePool {
        void on_submit(Wire& wire, const RequestId& id, const Submit&) override
        {
            switch (++submits % 3) {
                case 0: break;
                case 1:
                    wire.say(encode_result(id, true));
                    wire.say(encode_error(id, WireCode::duplicate_share, "again"));
                    break;
                case 2: wire.say(encode_result(RequestId{i64{777}}, true)); break;
            }
        }
    } liar;
    VirtualPools world({&liar});
    world.finds_every = 40s;
    world.run(200s);
    EXPECT_EQ(world.count(Ruling::duplicate), 0);
    EXPECT_EQ(world.ruled(), world.count(Ruling::accepted) + world.count(Ruling::unanswered) +
                                 world.count(Ruling::link_lost));
    EXPECT_GE(world.count(Ruling::accepted), 1);
    EXPECT_GE(world.count(Ruling::unanswered), 1);
}

TEST(HostilePool, NeverAnswersAShare)
{
    struct Mute : FakePool {
        void on_submit(Wire&, const RequestId&, const Submit&) override { ++submits; }
    } mute;
    FakePool good;
    VirtualPools world({&mute, &good});
    world.finds_every = 5s;
    world.every(50s, [&] { world.next_job(0); });
    world.run(400s, [&] { return world.count(Ruling::accepted) > 0; });
    // Three times the time-out and the shares of a minute each, then the next pool.
    EXPECT_GT(world.count(Ruling::accepted), 0);
    EXPECT_LE(seconds_since(TimePoint(10000s), world.now), 3 * 76 + 10);
}

TEST(HostilePool, ChangesItsTargetTenTimesASecond)
{
    FakePool pool;
    VirtualPools world({&pool});
    world.run(1s);
    for (int i = 0; i < 600; ++i)
        world.at(i * 100ms, [&, i] {
            pool.target = ~U256{} >> static_cast<unsigned>(4 + i % 60);
            world.wire_of(0)->say(encode(SetTarget{pool.target}) + pool.job_line());
        });
    world.finds_every = 250ms;
    world.run(62s);
    EXPECT_EQ(world.dials.size(), 1u);
    EXPECT_GE(world.count(Ruling::accepted), world.found - 1);
    EXPECT_EQ(world.epochs.back(), 1u);
}

TEST(HostilePool, SetsTargetsThatNothingMeets)
{
    FakePool pool;
    pool.target = U256(1);
    VirtualPools world({&pool});
    world.run(1s);
    EXPECT_TRUE(world.said("asks for shares harder than a block"));
    world.wire_of(0)->say(encode(SetTarget{U256{}}) + pool.job_line());
    world.run(1s);
    EXPECT_TRUE(world.said("target of 0"));
    EXPECT_EQ(world.work->share_target, U256(1));
}

TEST(HostilePool, ChangesTheNoncePartInTheMiddleOfAJob)
{
    struct Changer : FakePool {
        void on_submit(Wire& wire, const RequestId& id, const Submit& submit) override
        {
            // Holds shares against the part that is in force, as a strict pool would.
            const std::size_t digits = 32 - NoncePart::from_hex(nonce_1)->size();
            wire.say(submit.nonce_2.size() == digits
                         ? encode_result(id, true)
                         : encode_error(id, WireCode::other, "incorrect size of nonce"));
        }
    } pool;
    VirtualPools world({&pool});
    world.finds_every = 100ms;
    world.run(1s);
    for (int i = 0; i < 50; ++i)
        world.at(i * 1s, [&, i] {
            const std::string part = std::string(2 * static_cast<std::size_t>(2 + i % 9), 'b');
            world.wire_of(0)->say(encode(SetExtranonce{*NoncePart::from_hex(part)}));
            world.at(50ms, [&, part] {
                pool.nonce_1 = part;
                world.wire_of(0)->say(pool.job_line());
            });
        });
    world.run(52s);
    EXPECT_EQ(world.dials.size(), 1u);
    EXPECT_GE(world.count(Ruling::accepted), world.found - 55);
    EXPECT_EQ(world.count(Ruling::rejected_otherwise), 0);
}

TEST(HostilePool, RefusesTheLogInAgainAndAgain)
{
    struct Refuses : FakePool {
        void on_authorize(Wire& wire, const RequestId& id) override
        {
            wire.say(encode_error(id, WireCode::unauthorized, "bad password"));
        }
    } pool;
    VirtualPools world({&pool});
    world.run(600s);
    EXPECT_THAT(world.state.text, HasSubstr("check user, worker and password"));
    EXPECT_LE(world.dials.size(), 20u);
    EXPECT_FALSE(world.work);
}

TEST(HostilePool, AJobBeforeARefusedLogInIsNoSuccess)
{
    struct Refuses : FakePool {
        void on_authorize(Wire& wire, const RequestId& id) override
        {
            wire.say(encode_error(id, WireCode::unauthorized, "bad password"));
        }
    } pool;
    ClientOptions options;
    options.tries_max = 3;
    VirtualPools world({&pool}, options);
    world.run(600s);
    EXPECT_EQ(world.dials.size(), 3u);
    EXPECT_EQ(world.state.phase, Phase::gave_up);
    EXPECT_THAT(world.state.text, HasSubstr("bad password"));
}

TEST(HostilePool, RejectsAreHandedOverForDiagnosis)
{
    struct Rejects : FakePool {
        void on_submit(Wire& wire, const RequestId& id, const Submit&) override
        {
            wire.say(encode_error(id, WireCode::other, "invalid solution"));
        }
    } pool;
    VirtualPools world({&pool});
    world.finds_every = 1s;
    world.run(8s);
    ASSERT_GE(world.evidence.size(), 1u);
    EXPECT_EQ(world.evidence[0].rejected.size(), 3u);
    EXPECT_EQ(world.evidence[0].rejected[0].words, "invalid solution");
}

// ── rate ────────────────────────────────────────────────────────────────────────────────────────

TEST(ShareRate, GarwoodsIntervalsOfTheBooks)
{
    // Exact Poisson limits, e.g. Ulm 1990 and every table since.
    const auto expect = [](double count, double low, double high) {
        const PoissonInterval interval = poisson_interval_95(count);
        EXPECT_NEAR(interval.low, low, 0.005) << count;
        EXPECT_NEAR(interval.high, high, 0.005) << count;
    };
    expect(0, 0, 3.689);
    expect(1, 0.0253, 5.572);
    expect(2, 0.2422, 7.225);
    expect(10, 4.795, 18.390);
    expect(100, 81.364, 121.627);
}

TEST(ShareRate, CountsWhatTheTargetsStandFor)
{
    ShareRate rate(1h);
    const TimePoint start{50s};
    rate.start(start);
    EXPECT_EQ(rate.estimate(start + 1s).rate_sol_s, 0);
    for (int i = 1; i <= 100; ++i) rate.accepted(~U256{} >> 10, start + i * 1s);
    RateEstimate estimate = rate.estimate(start + 100s);
    EXPECT_NEAR(estimate.rate_sol_s, 1024, 0.01);
    EXPECT_NEAR(estimate.low_sol_s, 1024 * 0.81364, 1);
    EXPECT_NEAR(estimate.high_sol_s, 1024 * 1.21627, 1);
    // One heavy share among light ones: the interval is that of few shares.
    rate.accepted(~U256{} >> 20, start + 100s);
    estimate = rate.estimate(start + 100s);
    EXPECT_EQ(estimate.shares, 101u);
    EXPECT_GT(estimate.high_sol_s / estimate.rate_sol_s, 3.5);
}

TEST(ShareRate, ForgetsWhatLeftTheWindow)
{
    ShareRate rate(10min);
    const TimePoint start{50s};
    rate.start(start);
    for (int i = 0; i < 1200; ++i) rate.accepted(~U256{} >> 4, start + i * 1s);
    const RateEstimate estimate = rate.estimate(start + 1200s);
    EXPECT_EQ(estimate.window, Duration(10min));
    EXPECT_NEAR(estimate.rate_sol_s, 16, 0.05);
}

}  // namespace
}  // namespace adit::stratum::client
