// What becomes of shares: counted, held, sent once, kept over a lost link.

#include "stratum/client/client_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratum/proto/pool_work.hpp"
#include "tests/unit/stratum/session_talk.hpp"

namespace adit::stratum::client {
namespace {

using namespace test;
using testing::HasSubstr;

// ── shares ──────────────────────────────────────────────────────────────────────────────────────

TEST(ClientSession, CountsEveryAnswerApartWithItsLatency)
{
    Talk talk(fixed());
    talk.log_in();
    for (u8 i = 1; i <= 6; ++i) talk.find(i);
    talk.now += milliseconds(40);
    talk.reply(R"("result":true,"error":null)");
    talk.reply(R"("result":false,"error":[21,"job not found"])");
    talk.reply(R"("result":false,"error":[22,"duplicate share"])");
    talk.reply(R"("result":false,"error":[23,"low difficulty share of 0.1"])");
    talk.reply(R"("result":false,"error":[20,"invalid solution"])");
    talk.reply(R"("result":null,"error":"go away")");
    EXPECT_THAT(talk.rulings,
                testing::ElementsAre("accepted 1", "stale 2", "duplicate 3", "low_difficulty 4",
                                     "invalid_solution 5", "rejected_otherwise 6"));
}

TEST(ClientSession, AnswersWithoutIdsAreForTheOldestRequest)
{
    Talk talk(fixed());
    talk.log_in();
    talk.find(1);
    talk.find(2);
    talk.hear("{\"result\":true}\n{\"id\":null,\"result\":false,\"error\":[21,\"x\"]}\n");
    EXPECT_THAT(talk.rulings, testing::ElementsAre("accepted 1", "stale 2"));
}

TEST(ClientSession, AnswersWithTextIdsCountAndStrayOnesDoNot)
{
    Talk talk(fixed());
    talk.log_in();
    talk.find(1);
    talk.collect_requests();
    talk.hear(
        "{\"id\":99,\"result\":true}\n{\"id\":\"abc\",\"result\":true}\n{\"id\":-3,\"result\":true}"
        "\n");
    EXPECT_TRUE(talk.rulings.empty());
    talk.hear("{\"id\":\"" + std::to_string(talk.unanswered.back()) + "\",\"result\":true}\n");
    talk.hear("{\"id\":" + std::to_string(talk.unanswered.back()) +
              ",\"result\":false}\n");  // again
    EXPECT_THAT(talk.rulings, testing::ElementsAre("accepted 1"));
}

TEST(ClientSession, NeverSendsAShareTwice)
{
    Talk talk(fixed());
    talk.log_in();
    talk.find(1);
    talk.find(1);
    EXPECT_EQ(talk.submits().size(), 1u);
    EXPECT_THAT(talk.rulings, testing::ElementsAre("duplicate 1"));
}

TEST(ClientSession, HoldsSharesUntilThePoolHasAuthorized)
{
    Talk talk(fixed());
    talk.reply(R"("result":[null,"70000000"])");
    talk.hear(target_line() + notify_line("j1"));
    talk.find(1);
    EXPECT_TRUE(talk.submits().empty());
    talk.reply(R"("result":true)");
    EXPECT_EQ(talk.submits().size(), 1u);
}

TEST(ClientSession, SharesOfAnOldBlockStayHome)
{
    Talk talk(fixed());
    talk.log_in();
    talk.hear(notify_line("j2", 'a'));  // same block: the old job is still good
    talk.find(1, talk.works[0]);
    EXPECT_EQ(talk.submits().size(), 1u);
    talk.hear(notify_line("j3", 'c'));
    talk.find(2, talk.works[1]);
    EXPECT_TRUE(talk.submits().empty());
    EXPECT_THAT(talk.rulings, testing::ElementsAre("stale 2"));
}

TEST(ClientSession, LearnsWhenCleanJobsMeansIt)
{
    Talk talk(fixed());
    talk.log_in();
    talk.hear(notify_line("j2", 'a', ",true"));
    EXPECT_EQ(talk.story.back(), "work j2 48,5 ZcashPoW");
    talk.find(1, talk.works[0]);
    talk.reply(R"("result":false,"error":[21,"job not found"])");
    talk.hear(notify_line("j3", 'a', ",true"));
    EXPECT_EQ(talk.story.back(), "work! j3 48,5 ZcashPoW");
    talk.hear(notify_line("j4", 'a', ",false"));
    EXPECT_EQ(talk.story.back(), "work j4 48,5 ZcashPoW");
}

TEST(ClientSession, ANewNoncePartCountsFromTheNextJobAndEndsTheOldOnes)
{
    Talk talk(fixed());
    talk.log_in();
    talk.hear("{\"method\":\"mining.set_extranonce\",\"params\":[\"0a0b\",30]}\n");
    talk.find(1);  // still the old job, still worth sending
    EXPECT_EQ(talk.submits().size(), 1u);
    talk.hear(notify_line("j1"));  // the same id, and yet other work
    EXPECT_EQ(talk.story.back(), "work! j1 48,5 ZcashPoW");
    EXPECT_EQ(talk.works.back()->prefix_bytes, 2u);
    talk.find(2, talk.works[0]);
    EXPECT_TRUE(talk.submits().empty());
    EXPECT_THAT(talk.rulings, testing::ElementsAre("job_over 2"));
    talk.find(3);
    EXPECT_EQ(talk.submits()[0].nonce_2.size(), 30u);
}

TEST(ClientSession, TheSameJobAgainIsNoNewWork)
{
    Talk talk(fixed());
    talk.log_in();
    talk.hear(notify_line("j1"));
    EXPECT_EQ(talk.works.size(), 1u);
    talk.hear(notify_line("j1", 'a', ",true", "fd06026b"));
    EXPECT_EQ(talk.works.size(), 2u);
}

// ── lost connections ────────────────────────────────────────────────────────────────────────────

TEST(ClientSession, SharesFoundMeanwhileAreSentWhenTheSessionIsTakenUpAgain)
{
    Talk talk(fixed());
    talk.reply(R"("result":["resume-me","70000000"])");
    talk.hear(target_line() + notify_line("j1"));
    talk.reply(R"("result":true)");
    talk.find(1);
    (void)talk.submits();  // on its way, never answered
    talk.find(2);          // written, but the shell never took it
    talk.lose_link();
    talk.find(3);
    EXPECT_THAT(talk.rulings, testing::ElementsAre("link_lost 1"));

    talk.connect_again();
    EXPECT_THAT(talk.raw.back(), Not(HasSubstr("resume-me")));
    talk.reply(R"("result":["resume-me","70000000"])");
    EXPECT_THAT(talk.raw[talk.raw.size() - 1], HasSubstr("\"resume-me\""));
    talk.hear(target_line() + notify_line("j7"));  // another job on the same block
    EXPECT_TRUE(talk.submits().empty());
    talk.reply(R"("result":true)");
    const auto submits = talk.submits();
    ASSERT_EQ(submits.size(), 2u);
    EXPECT_EQ(submits[0].nonce_2.back(), 2);
    EXPECT_EQ(submits[1].nonce_2.back(), 3);
    EXPECT_EQ(submits[1].job.text, "j1");
    talk.reply(R"("result":true)");
    talk.reply(R"("result":true)");
    EXPECT_THAT(talk.rulings, testing::ElementsAre("link_lost 1", "accepted 2", "accepted 3"));
    EXPECT_FALSE(talk.story.back().starts_with("work!"));
}

TEST(ClientSession, SharesFoundMeanwhileAreDroppedWithAReasonWhenTheyAreWorthNothing)
{
    Talk other_nonce(fixed());
    other_nonce.log_in();
    other_nonce.lose_link();
    other_nonce.find(1);
    other_nonce.connect_again();
    other_nonce.log_in("71000000");
    EXPECT_THAT(other_nonce.rulings, testing::ElementsAre("job_over 1"));

    Talk other_block(fixed());
    other_block.log_in();
    other_block.lose_link();
    other_block.find(1);
    other_block.connect_again();
    other_block.reply(R"("result":[null,"70000000"])");
    other_block.hear(target_line() + notify_line("j2", 'c'));
    other_block.reply(R"("result":true)");
    EXPECT_THAT(other_block.rulings, testing::ElementsAre("stale 1"));

    Talk abandoned(fixed());
    abandoned.log_in();
    abandoned.lose_link();
    abandoned.find(1);
    abandoned.session.abandon();
    abandoned.collect();
    EXPECT_THAT(abandoned.rulings, testing::ElementsAre("job_over 1"));
}

TEST(ClientSession, TheWaitingRoomHasALimit)
{
    Talk talk(fixed());
    talk.log_in();
    talk.lose_link();
    for (std::size_t i = 0; i < ShareBook::kWaitingMax + 10; ++i) {
        Share share = talk.share(1, talk.works[0]);
        share.hash.bytes[4] = static_cast<u8>(i);
        share.hash.bytes[5] = static_cast<u8>(i >> 8);
        talk.session.submit(share, talk.now);
    }
    talk.collect();
    EXPECT_EQ(talk.rulings.size(), 10u);
    EXPECT_EQ(talk.session.shares_open(), ShareBook::kWaitingMax);
}

}  // namespace
}  // namespace adit::stratum::client
