// Logging in, the algorithm, and what else a pool may say.

#include "stratum/client/client_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "stratum/proto/pool_work.hpp"
#include "tests/unit/stratum/session_talk.hpp"

namespace adit::stratum::client {
namespace {

using namespace test;
using testing::HasSubstr;

// ── log-in in every order ───────────────────────────────────────────────────────────────────────

TEST(ClientSession, LogsInAndWorks)
{
    Talk talk(fixed());
    talk.log_in();
    EXPECT_THAT(talk.story, testing::ElementsAre("work! j1 48,5 ZcashPoW", "logged in"));
    EXPECT_EQ(
        talk.raw[0],
        R"({"id":1,"method":"mining.subscribe","params":["adit/test",null,"pool.example",3333]})");
    EXPECT_EQ(talk.raw[1], R"({"id":2,"method":"mining.authorize","params":["wallet.rig","x"]})");
    EXPECT_EQ(to_hex(talk.works[0]->input.nonce()), kNonce1 + std::string(56, '0'));
    EXPECT_EQ(talk.works[0]->share_target.to_hex(), kTarget);
}

TEST(ClientSession, TakesTargetAndJobInAnyOrderAroundTheLogIn)
{
    const std::string subscribed = R"("result":[null,"70000000"])";
    const std::string yes = R"("result":true)";
    {  // job before target, both before the subscribe answer
        Talk talk(fixed());
        talk.hear(notify_line("j1") + target_line());
        EXPECT_TRUE(talk.works.empty());
        talk.reply(subscribed);
        EXPECT_EQ(talk.works.size(), 1u);
        talk.reply(yes);
        EXPECT_EQ(talk.works.size(), 1u);
    }
    {  // everything after authorize, job first; the newest job counts
        Talk talk(fixed());
        talk.reply(subscribed);
        talk.reply(yes);
        talk.hear(notify_line("j1") + notify_line("j2"));
        EXPECT_TRUE(talk.works.empty());
        talk.hear(target_line());
        ASSERT_EQ(talk.works.size(), 1u);
        EXPECT_EQ(talk.works[0]->id, "j2");
    }
    {  // target alone changes nothing until the next job
        Talk talk(fixed());
        talk.log_in();
        talk.hear(target_line("00" + std::string(62, 'f')));
        EXPECT_EQ(talk.works.size(), 1u);
        talk.hear(notify_line("j2"));
        EXPECT_EQ(talk.works[0]->share_target.to_hex(), kTarget);
        EXPECT_EQ(talk.works[1]->share_target.to_hex(), "00" + std::string(62, 'f'));
    }
}

TEST(ClientSession, TriesOlderFormsOfSubscribe)
{
    Talk talk(fixed());
    talk.reply(R"("result":null,"error":[20,"bad params",null])");
    talk.reply(R"("result":null,"error":[20,"bad params",null])");
    talk.reply(R"("result":[null,"7000"])");
    talk.collect_requests();
    EXPECT_EQ(talk.raw[1], R"({"id":2,"method":"mining.subscribe","params":["adit/test"]})");
    EXPECT_EQ(talk.raw[2], R"({"id":3,"method":"mining.subscribe","params":[]})");
    EXPECT_THAT(talk.raw[3], HasSubstr("mining.authorize"));

    Talk refused(fixed());
    for (int i = 0; i < 3; ++i) refused.reply(R"("error":"no entry")");
    EXPECT_THAT(refused.story.back(),
                HasSubstr("broken: the pool refused mining.subscribe: no entry"));
}

TEST(ClientSession, NonceOneOfEveryLength)
{
    for (const std::size_t length : {0u, 1u, 8u, 16u, 31u}) {
        Talk talk(fixed());
        std::string nonce_1;
        for (std::size_t i = 0; i < length; ++i) nonce_1 += "a5";
        talk.log_in(nonce_1);
        talk.find(9);
        const auto submits = talk.submits();
        ASSERT_EQ(submits.size(), 1u) << length;
        EXPECT_EQ(submits[0].nonce_2.size(), 32 - length);
        EXPECT_EQ(submits[0].nonce_2.back(), 9);
    }
    Talk too_long(fixed());
    too_long.reply(R"("result":[null,")" + std::string(64, 'a') + "\"]");
    EXPECT_THAT(too_long.story.back(), HasSubstr("no usable nonce_1"));
}

TEST(ClientSession, ARefusedLogInSaysWhatToCheck)
{
    Talk talk(fixed());
    talk.reply(R"("result":[null,"70000000"])");
    talk.reply(R"("result":false,"error":[24,"bad password",null])");
    EXPECT_THAT(talk.story.back(),
                HasSubstr("login refused: the pool refuses \"wallet.rig\" (bad password); check "
                          "user, worker and password"));
}

TEST(ClientSession, AsksForWhatWasConfigured)
{
    Login who = fixed();
    who.subscribe_extranonce = true;
    who.suggest_target = *U256::from_hex(kTarget);
    Talk talk(who);
    talk.log_in();
    talk.collect_requests();
    EXPECT_THAT(talk.raw[2], HasSubstr("mining.extranonce.subscribe"));
    EXPECT_THAT(talk.raw[3], HasSubstr("mining.suggest_target"));
    talk.reply(
        R"("result":false,"error":[20,"Not supported.",null])");  // and nothing for the other
    EXPECT_THAT(talk.story.back(), "logged in");
}

// ── algorithm ───────────────────────────────────────────────────────────────────────────────────

TEST(ClientSession, FollowsThePoolsAlgorithmWhenNothingIsConfigured)
{
    Talk talk;
    talk.reply(R"("result":[null,"70000000"])");
    talk.hear(target_line() + notify_line("j1", 'a', R"(,true,"144_5","BgoldPoW")"));
    talk.hear(notify_line("j2", 'a', R"(,true,false,"BgoldPoW")"));
    talk.hear(notify_line("j3", 'a', R"(,true)"));
    talk.hear(notify_line("j4", 'a', R"(,true,"192_7",null)"));
    talk.hear(notify_line("j5", 'a', R"(,true,null,"ZERO_PoW")"));
    EXPECT_THAT(talk.story,
                testing::ElementsAre("work! j1 144,5 BgoldPoW", "work j2 144,5 BgoldPoW",
                                     "work j3 144,5 BgoldPoW", "work! j4 192,7 ZcashPoW",
                                     "work! j5 192,7 ZERO_PoW"));
}

TEST(ClientSession, SaysWhenThePoolMinesSomethingElse)
{
    Talk other(fixed(200, 9));
    other.reply(R"("result":[null,"70000000"])");
    other.hear(target_line() + notify_line("j1", 'a', R"(,true,"144_5","BgoldPoW")"));
    EXPECT_THAT(other.story[0],
                HasSubstr("warned: the pool says it mines 144,5, but -a asks for 200,9"));
    EXPECT_EQ(other.works[0]->params, (equihash::Params{200, 9}));

    Talk silent;
    silent.reply(R"("result":[null,"70000000"])");
    silent.hear(target_line() + notify_line("j1"));
    EXPECT_THAT(silent.story[0],
                HasSubstr("broken: the pool does not say which Equihash it mines; add -a"));

    Talk unknown;
    unknown.reply(R"("result":[null,"70000000"])");
    unknown.hear(target_line() + notify_line("j1", 'a', R"(,true,"99_8")"));
    EXPECT_THAT(unknown.story[0],
                HasSubstr("broken: the pool mines Equihash 99,8, which adit does not know"));
}

// ── other messages ──────────────────────────────────────────────────────────────────────────────

TEST(ClientSession, AnswersWhatAPoolMayAsk)
{
    Talk talk(fixed());
    talk.log_in();
    (void)talk.session.take_output();
    talk.hear(R"({"id":"p1","method":"mining.ping","params":[]})"
              "\n");
    talk.hear(R"({"id":5,"method":"client.get_version"})"
              "\n");
    talk.hear(R"({"id":6,"method":"mining.dance"})"
              "\n");
    talk.hear(R"({"id":null,"method":"mining.dance"})"
              "\n");
    EXPECT_EQ(talk.session.take_output(),
              "{\"id\":\"p1\",\"result\":\"pong\",\"error\":null}\n"
              "{\"id\":5,\"result\":\"adit/test\",\"error\":null}\n"
              "{\"id\":6,\"result\":false,\"error\":[-32601,\"unknown method\",null]}\n");
    talk.hear(R"({"method":"client.show_message","params":["maintenance"]})"
              "\n");
    EXPECT_EQ(talk.story.back(), "said: maintenance");
    talk.hear(R"({"method":"client.reconnect","params":["eu.pool.example","4444",1]})"
              "\n");
    EXPECT_EQ(talk.story.back(), "moves: eu.pool.example:4444");
}

}  // namespace
}  // namespace adit::stratum::client
