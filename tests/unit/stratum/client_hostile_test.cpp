// Pools that talk nonsense, say nothing, or refuse everything, and how long a session bears it.

#include "stratum/client/client_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/stratum/session_talk.hpp"

namespace adit::stratum::client {
namespace {

using namespace test;
using testing::HasSubstr;

// ── hostile and broken pools ────────────────────────────────────────────────────────────────────

TEST(ClientSession, BreaksOffFromWhatIsNoPool)
{
    const auto first = [](const std::string& bytes) {
        Talk talk(fixed());
        talk.hear(bytes);
        return talk.story.empty() ? std::string() : talk.story.back();
    };
    EXPECT_THAT(first("\x15\x03\x01\x00\x02\x02\x46"), HasSubstr("write stratum+ssl://"));
    EXPECT_THAT(first("HTTP/1.1 400 Bad Request\r\n"), HasSubstr("speaks HTTP"));
    EXPECT_THAT(first("SSH-2.0-OpenSSH\r\n"), HasSubstr("speaks SSH"));
    std::string garbage;
    for (int i = 0; i < 10; ++i) garbage += "garbage " + std::to_string(i) + "\n";
    EXPECT_THAT(first(garbage), HasSubstr("does not seem to be an Equihash stratum pool"));
    EXPECT_THAT(first(std::string(10'000'000, 'x')), HasSubstr("a line that never ends"));
}

TEST(ClientSession, ABadLineNowAndThenIsForgiven)
{
    Talk talk(fixed());
    talk.log_in();
    for (int i = 0; i < 50; ++i) {
        talk.hear("nonsense\n");
        talk.hear(notify_line("k" + std::to_string(i)));
    }
    EXPECT_EQ(talk.works.size(), 51u);
    EXPECT_THAT(talk.story, testing::Not(testing::Contains(HasSubstr("broken"))));
}

TEST(ClientSession, AskingWithoutReadingHasALimit)
{
    Talk talk(fixed());
    talk.log_in();
    const std::string ping = R"({"id":"0123456789","method":"mining.ping"})"
                             "\n";
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += ping;
    for (int i = 0; i < 40; ++i) talk.hear(flood);
    EXPECT_THAT(talk.story.back(), HasSubstr("asks without reading"));
}

TEST(ClientSession, IgnoresImpossibleTargetsAndUnknownVersions)
{
    Talk talk(fixed());
    talk.log_in();
    talk.hear(target_line(std::string(64, '0')) + notify_line("j2"));
    EXPECT_EQ(talk.works.back()->share_target.to_hex(), kTarget);
    std::string strange = notify_line("j3");
    strange.replace(strange.find("04000000"), 8, "07000000");
    talk.hear(strange);
    EXPECT_EQ(talk.works.back()->id, "j2");
    EXPECT_THAT(talk.story.back(), HasSubstr("warned: the pool sent a job of header version 7"));
}

struct SilenceRow {
    int logged_in;  ///< 0: not at all; 1: subscribed; 2: works; 3: works and has shares open
    Duration breaks_after;
    const char* says;
};

TEST(ClientSession, EverySilenceHasItsLimit)
{
    for (const SilenceRow& row : {
             SilenceRow{0, seconds(30), "did not answer the login"},
             SilenceRow{1, seconds(30), "did not answer the login"},
             SilenceRow{2, seconds(300), "said nothing for 300 s"},
         }) {
        Talk talk(fixed());
        if (row.logged_in == 1) talk.reply(R"("result":[null,"70000000"])");
        if (row.logged_in >= 2) talk.log_in();
        EXPECT_LE(talk.session.wake_at(), kStart + row.breaks_after);
        talk.wait(row.breaks_after - milliseconds(1));
        EXPECT_TRUE(talk.story.empty() || !talk.story.back().starts_with("broken"));
        talk.wait(milliseconds(1));
        EXPECT_THAT(talk.story.back(), HasSubstr(row.says));
        EXPECT_EQ(talk.session.wake_at(), TimePoint::max());
    }
}

TEST(ClientSession, WaitsSoLongForAJob)
{
    Talk talk(fixed());
    talk.reply(R"("result":[null,"70000000"])");
    talk.reply(R"("result":true)");
    talk.wait(seconds(60));
    EXPECT_THAT(talk.story.back(), HasSubstr("sent no job within 60 s"));

    Talk old(fixed());
    old.log_in();
    for (int i = 0; i < 9; ++i) {
        old.wait(seconds(100) - milliseconds(1));
        old.hear("{\"method\":\"client.show_message\",\"params\":[\"hi\"]}\n");
    }
    EXPECT_THAT(old.story.back(), "said: hi");
    old.wait(seconds(1));
    EXPECT_THAT(old.story.back(), HasSubstr("no new job for 900 s"));
}

TEST(ClientSession, AnswersThatNeverComeAreCounted)
{
    Talk talk(fixed());
    talk.log_in();
    talk.find(1);
    talk.wait(seconds(61));
    EXPECT_THAT(talk.rulings, testing::ElementsAre("unanswered 1"));
    talk.find(2);
    talk.find(3);
    talk.wait(seconds(61));
    EXPECT_THAT(talk.story.back(), HasSubstr("leaves shares without an answer"));
}

TEST(ClientSession, LeavesAPoolThatRejectsEverything)
{
    Talk talk(fixed());
    talk.log_in();
    for (u8 i = 1; i <= 10; ++i) {
        talk.find(i);
        EXPECT_THAT(talk.story.back(), "logged in");
        talk.reply(R"("result":false,"error":[20,"invalid solution"])");
    }
    EXPECT_THAT(talk.story.back(),
                HasSubstr("10 rejected shares in a row, the last: invalid solution"));
}

TEST(ClientSession, LeavesAPoolThatForgotTheLogin)
{
    Talk talk(fixed());
    talk.log_in();
    talk.find(1);
    talk.reply(R"("result":null,"error":[24,"unauthorized worker",null])");
    EXPECT_THAT(talk.story.back(), HasSubstr("forgotten our login"));
    EXPECT_THAT(talk.rulings, testing::ElementsAre("unauthorized 1"));
}

}  // namespace
}  // namespace adit::stratum::client
