#include "stratum/client/template_session.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "tests/support/vectors.hpp"

namespace adit::stratum::client {
namespace {

using namespace std::chrono_literals;
using Phase = SourceState::Phase;
using Transport = RpcReply::Transport;

RpcReply result(const std::string& json)
{
    return {Transport::answered, 200, R"({"result":)" + json + R"(,"error":null,"id":1})", ""};
}
RpcReply error(int code, const std::string& message)
{
    return {Transport::answered, 500,
            R"({"result":null,"error":{"code":)" + std::to_string(code) + R"(,"message":")" +
                message + R"("},"id":1})",
            ""};
}
RpcReply http(int status, const std::string& body = "")
{
    return {Transport::answered, status, body, ""};
}
const RpcReply kRefused{Transport::refused, 0, "", "connection refused"};
const RpcReply kLost{Transport::lost, 0, "", "connection closed"};
const RpcReply kTimedOut{Transport::timed_out, 0, "", "timed out"};

std::string offered(u32 height, char prev, u32 time = 1'700'000'000, const char* poll_id = "poll")
{
    json::value v = *json::parse(
        R"({"version":4,"bits":"200f0f0f","coinbasetxn":{"data":"00010203"},"transactions":[],
            "target":"0f0f0f0000000000000000000000000000000000000000000000000000000000"})");
    v.as_object()["previousblockhash"] = std::string(64, prev);
    v.as_object()["height"] = height;
    v.as_object()["curtime"] = time;
    if (poll_id != nullptr)
        v.as_object()["longpollid"] = std::string(poll_id) + prev + std::to_string(time);
    return json::to_text(v);
}

/// A session, a clock, and all that it said.
struct Talk {
    explicit Talk(TemplateSettings settings) : session(std::move(settings)) {}

    std::string call(RpcLine& line)
    {
        const auto made = line.next_call(now);
        return made ? made->method + made->params : "";
    }
    /// Makes the line's next call, checks its name, and answers it.
    void answer(RpcLine& line, std::string_view method, const RpcReply& reply)
    {
        const auto made = line.next_call(now);
        ASSERT_TRUE(made) << "no call, wanted " << method;
        EXPECT_EQ(made->method, method);
        line.on_reply(reply, now);
        listen();
    }
    void listen()
    {
        while (auto event = session.next_event()) {
            if (const auto* work = std::get_if<WorkPtr>(&*event)) works.push_back(*work);
            if (const auto* verdict = std::get_if<ShareVerdict>(&*event))
                verdicts.push_back(*verdict);
            if (const auto* state = std::get_if<SourceState>(&*event)) states.push_back(*state);
        }
    }
    Share share(u8 mark = 0) const
    {
        Share found;
        found.work = works.back();
        found.nonce[0] = mark;
        found.hash.bytes[31] = mark;
        found.found = now;
        return found;
    }

    TimePoint now{1000s};
    TemplateSession session;
    std::vector<WorkPtr> works;
    std::vector<ShareVerdict> verdicts;
    std::vector<SourceState> states;
};

TemplateSettings settings_for(equihash::Params params)
{
    TemplateSettings settings;
    settings.name = "http://127.0.0.1:8232";
    settings.algorithm.params = params;
    return settings;
}

/// One that has its first template: height 5 on a parent of all 'a'.
struct Working : Talk {
    Working() : Talk(settings_for({48, 5}))
    {
        answer(session.watch(), "getblocktemplate", result(offered(5, 'a')));
        EXPECT_EQ(works.size(), 1u);
    }
};

TEST(TemplateSession, PublishesTheFirstTemplateAndThenWaitsForNews)
{
    Working talk;
    EXPECT_EQ(talk.states.back().phase, Phase::working);
    EXPECT_EQ(talk.works[0]->height, 5u);
    EXPECT_NE(talk.call(talk.session.watch()).find(R"("longpollid":"polla1700000000")"),
              std::string::npos);
    talk.session.watch().on_reply(result(offered(6, 'b')), talk.now);
    talk.listen();
    ASSERT_EQ(talk.works.size(), 2u);
    EXPECT_GT(talk.works[1]->epoch, talk.works[0]->epoch);
}

TEST(TemplateSession, SameParentKeepsItsEpoch)
{
    Working talk;
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(5, 'a', 1'700'000'030)));
    ASSERT_EQ(talk.works.size(), 2u);
    EXPECT_EQ(talk.works[1]->epoch, talk.works[0]->epoch);
    talk.now += 1s;
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(5, 'a', 1'700'000'030)));
    EXPECT_EQ(talk.works.size(), 2u) << "the same template is no news";
}

TEST(TemplateSession, ALongPollThatEndsWithoutNewsIsAskedAgainAtOnce)
{
    Working talk;
    talk.answer(talk.session.watch(), "getblocktemplate", kTimedOut);
    EXPECT_NE(talk.call(talk.session.watch()).find("longpollid"), std::string::npos);
    EXPECT_EQ(talk.states.back().phase, Phase::working);
}

TEST(TemplateSession, ALongPollThatAnswersAtOnceIsNotAskedInAWhirl)
{
    Working talk;
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(5, 'a')));
    EXPECT_EQ(talk.call(talk.session.watch()), "");
    EXPECT_GE(talk.session.watch().wake_at(), talk.now + 1s);
}

TEST(TemplateSession, PollsANodeWithoutLongPoll)
{
    Talk talk(settings_for({48, 5}));
    RpcLine& watch = talk.session.watch();
    talk.answer(watch, "getblocktemplate", result(offered(5, 'a', 1, nullptr)));
    EXPECT_EQ(talk.call(watch), "");
    talk.now += 1s;
    talk.answer(watch, "getbestblockhash", result("\"" + std::string(64, 'a') + "\""));
    EXPECT_EQ(talk.call(watch), "");
    talk.now += 1s;
    talk.answer(watch, "getbestblockhash", result("\"" + std::string(64, 'b') + "\""));
    talk.answer(watch, "getblocktemplate", result(offered(6, 'b', 1, nullptr)));
    EXPECT_EQ(talk.works.size(), 2u);
}

TEST(TemplateSession, GetsAFreshTimeEveryHalfMinute)
{
    Working talk;
    RpcLine& ask = talk.session.ask();
    talk.answer(ask, "getbestblockhash", error(-1, "not today"));
    EXPECT_EQ(talk.call(ask), "");
    talk.now += 31s;
    talk.answer(ask, "getblocktemplate", result(offered(5, 'a', 1'700'000'031)));
    ASSERT_EQ(talk.works.size(), 2u);
    EXPECT_EQ(talk.works[1]->epoch, talk.works[0]->epoch);
}

TEST(TemplateSession, AnOvertakenAnswerDoesNotBringBackTheOldTip)
{
    Working talk;
    RpcLine& ask = talk.session.ask();
    talk.answer(ask, "getbestblockhash", error(-1, "not today"));
    talk.now += 31s;
    ASSERT_NE(talk.call(ask), "");
    talk.now += 1ms;
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(6, 'b')));
    talk.now += 1ms;
    ask.on_reply(result(offered(5, 'a', 1'700'000'031)), talk.now);
    talk.listen();
    EXPECT_EQ(talk.works.size(), 2u);
    EXPECT_EQ(talk.works.back()->height, 6u);
}

struct HopelessRow {
    RpcReply reply;
    int times;
    Phase phase;
    const char* says;
};

TEST(TemplateSession, SaysWhatToChangeAndEnds)
{
    const HopelessRow rows[]{
        {kRefused, 5, Phase::gave_up, "no node answers at http://127.0.0.1:8232"},
        {kTimedOut, 5, Phase::gave_up, "no node answers"},
        {http(401), 2, Phase::hopeless, "user and password"},
        {http(403), 1, Phase::hopeless, "rpcallowip"},
        {http(404, "<html>"), 1, Phase::hopeless, "no node"},
        {http(200, "hello"), 1, Phase::hopeless, "no node"},
        {error(-32601, "Method not found"), 1, Phase::hopeless, "getblocktemplate"},
    };
    for (const HopelessRow& row : rows) {
        Talk talk(settings_for({200, 9}));
        for (int i = 0; i < row.times; ++i) {
            EXPECT_FALSE(talk.session.over()) << row.says;
            talk.answer(talk.session.watch(), "getblocktemplate", row.reply);
            talk.now += 1min;
        }
        EXPECT_TRUE(talk.session.over()) << row.says;
        ASSERT_FALSE(talk.states.empty());
        EXPECT_EQ(talk.states.back().phase, row.phase) << row.says;
        EXPECT_NE(talk.states.back().text.find(row.says), std::string::npos)
            << talk.states.back().text;
        EXPECT_EQ(talk.call(talk.session.watch()), "");
    }
}

TEST(TemplateSession, WaitsForANodeThatIsNotReady)
{
    Talk talk(settings_for({200, 9}));
    for (const int code : {-28, -10, -9, -28, -28, -28, -28, -28, -28}) {
        talk.answer(talk.session.watch(), "getblocktemplate", error(code, "Loading"));
        EXPECT_EQ(talk.states.back().phase, Phase::waiting);
        EXPECT_GT(talk.session.watch().wake_at(), talk.now);
        talk.now += 5s;
    }
    EXPECT_FALSE(talk.session.over());
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(5, 'a')));
    EXPECT_EQ(talk.states.back().phase, Phase::working);
}

TEST(TemplateSession, ACookieIsTriedAgain)
{
    TemplateSettings settings = settings_for({200, 9});
    settings.fixed_password = false;
    settings.limits.first_tries = 0;
    Talk talk(settings);
    for (int i = 0; i < 20; ++i) {
        talk.answer(talk.session.watch(), "getblocktemplate", http(401));
        talk.now += 5s;
    }
    EXPECT_FALSE(talk.session.over());
}

TEST(TemplateSession, AfterFirstWorkItNeverGivesUpAndRestsWhenWorkIsDead)
{
    Working talk;
    for (int i = 0; i < 30; ++i) {
        const auto refused = i % 2 == 0 ? kRefused : http(401);
        talk.answer(talk.session.watch(), "getblocktemplate", refused);
        EXPECT_EQ(talk.states.back().phase, Phase::waiting);
        talk.now += 5s;
    }
    EXPECT_FALSE(talk.session.over());
    ASSERT_EQ(talk.works.size(), 2u);
    EXPECT_EQ(talk.works.back(), nullptr);
    // Back again, with the very same template: it is work again.
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(5, 'a')));
    ASSERT_EQ(talk.works.size(), 3u);
    EXPECT_NE(talk.works.back(), nullptr);
    EXPECT_EQ(talk.states.back().phase, Phase::working);
}

TEST(TemplateSession, ABriefAbsenceDoesNotStopTheRig)
{
    Working talk;
    talk.answer(talk.session.watch(), "getblocktemplate", kLost);
    talk.now += 1s;
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(5, 'a')));
    EXPECT_EQ(talk.works.size(), 1u) << "nothing changed";
    EXPECT_EQ(talk.states.back().phase, Phase::working);
}

TEST(TemplateSession, AsksZendForItsRoots)
{
    json::value v = test::load_vectors("rpc/zend-getblocktemplate-regtest.json");
    Talk talk(settings_for({48, 5}));
    talk.answer(talk.session.watch(), "getblocktemplate", result(json::to_text(v)));
    EXPECT_TRUE(talk.works.empty());
    EXPECT_NE(talk.call(talk.session.watch()).find("},true]"), std::string::npos);
    v.as_object()["merkleTree"] = std::string(64, '1');
    v.as_object()["scTxsCommitment"] = std::string(64, '2');
    talk.session.watch().on_reply(result(json::to_text(v)), talk.now);
    talk.listen();
    EXPECT_EQ(talk.works.size(), 1u);
}

// --- which algorithm

std::string block_hex(const char* file, std::string_view id)
{
    const json::value blocks = test::load_vectors(file);
    for (const json::value& entry : blocks.as_array()) {
        const json::object& block = entry.as_object();
        if (test::text(block, "id") != id) continue;
        const Bytes solution = test::hex(block, "solution");
        Bytes header = test::hex(block, "header140");
        if (solution.size() < 0xfd) {
            header.push_back(static_cast<u8>(solution.size()));
        } else {
            for (const u8 byte : {u8{0xfd}, static_cast<u8>(solution.size()),
                                  static_cast<u8>(solution.size() >> 8)})
                header.push_back(byte);
        }
        append(header, solution);
        return "\"" + to_hex(header) + "\"";
    }
    ADD_FAILURE() << "no block " << id;
    return "";
}

const RpcReply kBest = result("\"" + std::string(64, 'a') + "\"");

TEST(TemplateSession, LearnsTheAlgorithmFromTheNewestBlock)
{
    TemplateSettings settings = settings_for({});
    settings.algorithm = {};
    Talk talk(settings);
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(5, 'a')));
    EXPECT_TRUE(talk.works.empty());
    talk.answer(talk.session.ask(), "getbestblockhash", kBest);
    talk.answer(talk.session.ask(), "getblockheader", error(-32601, "no such call"));
    talk.answer(talk.session.ask(), "getblock",
                result(block_hex("headers/genesis.json", "horizen-regtest")));
    ASSERT_EQ(talk.works.size(), 1u);
    EXPECT_EQ(talk.works[0]->params, (equihash::Params{48, 5}));
    EXPECT_EQ(talk.works[0]->personalization.text(), "ZcashPoW");
}

TEST(TemplateSession, RefusesAChainOfAnotherAlgorithm)
{
    Talk talk(settings_for({200, 9}));
    talk.answer(talk.session.ask(), "getbestblockhash", kBest);
    talk.answer(talk.session.ask(), "getblockheader",
                result(block_hex("headers/genesis.json", "horizen-regtest")));
    EXPECT_TRUE(talk.session.over());
    EXPECT_EQ(talk.states.back().phase, Phase::hopeless);
    EXPECT_NE(talk.states.back().text.find("Equihash 48,5, not 200,9"), std::string::npos)
        << talk.states.back().text;
}

TEST(TemplateSession, ATemplateThatComesAfterTheEndIsNoWork)
{
    Talk talk(settings_for({200, 9}));
    ASSERT_TRUE(talk.session.watch().next_call(talk.now)) << "under way";
    talk.answer(talk.session.ask(), "getbestblockhash", kBest);
    talk.answer(talk.session.ask(), "getblockheader",
                result(block_hex("headers/genesis.json", "horizen-regtest")));
    ASSERT_TRUE(talk.session.over());
    talk.session.watch().on_reply(result(offered(5, 'a')), talk.now);
    talk.listen();
    EXPECT_EQ(talk.works, std::vector<WorkPtr>{WorkPtr{}}) << "only the end of all work";
    EXPECT_EQ(talk.states.back().phase, Phase::hopeless);
}

TEST(TemplateSession, RefusesAnotherPersonalization)
{
    TemplateSettings settings = settings_for({48, 5});
    settings.algorithm.personalization = equihash::Personalization::from_text("BgoldPoW");
    Talk talk(settings);
    talk.answer(talk.session.ask(), "getbestblockhash", kBest);
    talk.answer(talk.session.ask(), "getblockheader",
                result(block_hex("headers/genesis.json", "horizen-regtest")));
    ASSERT_TRUE(talk.session.over());
    EXPECT_NE(talk.states.back().text.find("--pers ZcashPoW"), std::string::npos)
        << talk.states.back().text;
}

// --- blocks

TEST(BlockDelivery, AcceptedByNull)
{
    Working talk;
    talk.session.submit(talk.share(), talk.now);
    const std::string call = talk.call(talk.session.deliver());
    EXPECT_EQ(call.substr(0, 13), "submitblock[\"");
    EXPECT_TRUE(talk.session.delivering());
    talk.now += 30ms;
    talk.session.deliver().on_reply(result("null"), talk.now);
    talk.listen();
    ASSERT_EQ(talk.verdicts.size(), 1u);
    EXPECT_EQ(talk.verdicts[0].outcome, ShareOutcome::accepted);
    EXPECT_EQ(talk.verdicts[0].latency, Duration(30ms));
    EXPECT_FALSE(talk.session.delivering());
}

struct WordRow {
    const char* word;
    ShareOutcome outcome;
};

TEST(BlockDelivery, ReadsTheNodesWord)
{
    for (const WordRow& row : {WordRow{"high-hash", ShareOutcome::low_difficulty},
                               WordRow{"rejected", ShareOutcome::rejected},
                               WordRow{"bad-cb-height", ShareOutcome::rejected},
                               WordRow{"invalid-solution", ShareOutcome::rejected},
                               WordRow{"duplicate-invalid", ShareOutcome::duplicate},
                               WordRow{"stale-prevblk", ShareOutcome::stale}}) {
        Working talk;
        talk.session.submit(talk.share(), talk.now);
        talk.answer(talk.session.deliver(), "submitblock",
                    result("\"" + std::string(row.word) + "\""));
        ASSERT_EQ(talk.verdicts.size(), 1u) << row.word;
        EXPECT_EQ(talk.verdicts[0].outcome, row.outcome) << row.word;
        EXPECT_EQ(talk.verdicts[0].reason, row.word);
    }
}

TEST(BlockDelivery, AsksByHashWhenTheWordIsOpen)
{
    for (const char* word : {"inconclusive", "duplicate", "duplicate-inconclusive"}) {
        for (const i64 confirmations : {0, 1, -1}) {
            Working talk;
            talk.session.submit(talk.share(9), talk.now);
            RpcLine& deliver = talk.session.deliver();
            talk.answer(deliver, "submitblock", result("\"" + std::string(word) + "\""));
            for (int i = 0; i < 10 && talk.verdicts.empty(); ++i) {
                talk.answer(deliver, "getblockheader",
                            result(R"({"confirmations":)" + std::to_string(confirmations) + "}"));
                talk.now += 1s;
            }
            ASSERT_EQ(talk.verdicts.size(), 1u);
            EXPECT_EQ(talk.verdicts[0].outcome,
                      confirmations >= 0 ? ShareOutcome::accepted : ShareOutcome::stale);
        }
    }
}

TEST(BlockDelivery, KeepsABlockWhileTheNodeIsAway)
{
    Working talk;
    RpcLine& deliver = talk.session.deliver();
    talk.session.submit(talk.share(9), talk.now);
    talk.answer(deliver, "submitblock", kLost);
    for (int i = 0; i < 20; ++i) {  // the node is away
        talk.now += 5s;
        talk.answer(deliver, "getblockheader", kRefused);
    }
    talk.now += 5s;
    talk.answer(deliver, "getblockheader", error(-5, "Block not found"));
    talk.answer(deliver, "submitblock", result("null"));
    ASSERT_EQ(talk.verdicts.size(), 1u);
    EXPECT_EQ(talk.verdicts[0].outcome, ShareOutcome::accepted);
}

TEST(BlockDelivery, ABlockWhoseAnswerWasLostIsFoundByHash)
{
    Working talk;
    talk.session.submit(talk.share(9), talk.now);
    talk.answer(talk.session.deliver(), "submitblock", kTimedOut);
    talk.now += 5s;
    // The template on top of it may well come first.
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(6, 'b')));
    EXPECT_NE(talk.call(talk.session.deliver()).find("\"09000000"), std::string::npos);
    talk.session.deliver().on_reply(result(R"({"confirmations":1})"), talk.now);
    talk.listen();
    ASSERT_EQ(talk.verdicts.size(), 1u);
    EXPECT_EQ(talk.verdicts[0].outcome, ShareOutcome::accepted);
}

TEST(BlockDelivery, ABlockThatTheChainPassedIsStale)
{
    Working talk;
    RpcLine& deliver = talk.session.deliver();
    talk.session.submit(talk.share(9), talk.now);
    talk.answer(deliver, "submitblock", http(503));
    talk.answer(talk.session.watch(), "getblocktemplate", result(offered(6, 'b')));
    talk.now += 5s;
    EXPECT_EQ(talk.call(deliver), "");
    talk.listen();
    ASSERT_EQ(talk.verdicts.size(), 1u);
    EXPECT_EQ(talk.verdicts[0].outcome, ShareOutcome::stale);
}

TEST(BlockDelivery, OneBlockOnOneParent)
{
    Working talk;
    RpcLine& deliver = talk.session.deliver();
    for (const u8 mark : {u8{1}, u8{2}, u8{3}}) talk.session.submit(talk.share(mark), talk.now);
    talk.answer(deliver, "submitblock", result("\"rejected\""));  // the next may fare better
    talk.answer(deliver, "submitblock", result("null"));
    EXPECT_EQ(talk.call(deliver), "");
    talk.listen();
    ASSERT_EQ(talk.verdicts.size(), 3u);
    EXPECT_EQ(talk.verdicts[0].outcome, ShareOutcome::rejected);
    EXPECT_EQ(talk.verdicts[1].outcome, ShareOutcome::accepted);
    EXPECT_EQ(talk.verdicts[2].outcome, ShareOutcome::stale);
}

TEST(BlockDelivery, HasABound)
{
    Working talk;
    for (std::size_t i = 0; i < BlockDelivery::kWaitingMax + 3; ++i)
        talk.session.submit(talk.share(static_cast<u8>(i)), talk.now);
    talk.listen();
    ASSERT_EQ(talk.verdicts.size(), 3u);
    EXPECT_EQ(talk.verdicts[0].outcome, ShareOutcome::dropped);
    EXPECT_EQ(talk.verdicts[0].share.hash.bytes[31], 1) << "the front one may be at the node";
}

TEST(BlockDelivery, IsNotKeptForEver)
{
    Working talk;
    RpcLine& deliver = talk.session.deliver();
    talk.session.submit(talk.share(), talk.now);
    for (int i = 0; i < 1000 && talk.verdicts.empty(); ++i) {
        if (const auto call = deliver.next_call(talk.now)) deliver.on_reply(kRefused, talk.now);
        talk.now += 1s;
        talk.listen();
    }
    ASSERT_EQ(talk.verdicts.size(), 1u);
    EXPECT_EQ(talk.verdicts[0].outcome, ShareOutcome::dropped);
}

}  // namespace
}  // namespace adit::stratum::client
