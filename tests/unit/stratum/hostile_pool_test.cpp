// Hostile pools: what is lost, and how long until work goes on, in virtual time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratum/client/pool_client.hpp"
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

}  // namespace
}  // namespace adit::stratum::client
