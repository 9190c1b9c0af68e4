#include "stratum/client/client_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "stratum/proto/codec.hpp"
#include "stratum/proto/pool_work.hpp"
#include "stratum/proto/share.hpp"
#include "tests/unit/stratum/transcript.hpp"

namespace adit::stratum::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr TimePoint kStart{seconds(1000)};
constexpr const char* kNonce1 = "70000000";
const std::string kTarget = "0" + std::string(63, 'f');

Login login()
{
    Login login;
    login.user = "wallet.rig";
    login.password = "x";
    login.agent = "adit/test";
    login.host = "pool.example";
    login.port = 3333;
    return login;
}

/// One word for each event, so that a whole conversation reads as a list.
std::string word(const SessionEvent& event)
{
    return std::visit(
        []<class E>(const E& e) -> std::string {
            if constexpr (std::is_same_v<E, NewWork>)
                return std::string(e.voids_older ? "work! " : "work ") + e.work.id + " " +
                       to_string(Algorithm{e.work.params, e.work.personalization});
            else if constexpr (std::is_same_v<E, LoggedIn>)
                return "logged in";
            else if constexpr (std::is_same_v<E, LoginRefused>)
                return "login refused: " + e.text;
            else if constexpr (std::is_same_v<E, PoolSaid>)
                return "said: " + e.text;
            else if constexpr (std::is_same_v<E, PoolWarned>)
                return "warned: " + e.text;
            else if constexpr (std::is_same_v<E, PoolMoves>)
                return "moves: " + e.to.host + ":" + std::to_string(e.to.port);
            else
                return "broken: " + e.text;
        },
        event);
}

std::vector<std::string> words(ClientSession& session)
{
    std::vector<std::string> out;
    while (auto event = session.next_event()) out.push_back(word(*event));
    return out;
}

std::string notify_line(const std::string& id, char previous = 'a',
                        const std::string& rest = ",true", const std::string& time = "fc06026b")
{
    return R"({"id":null,"method":"mining.notify","params":[")" + id + "\",\"04000000\",\"" +
           std::string(64, previous) + "\",\"" + std::string(64, 'b') + "\",\"" +
           std::string(64, '0') + "\",\"" + time + "\",\"0f0f0f20\"" + rest + "]}\n";
}

std::string target_line(const std::string& target = kTarget)
{
    return R"({"id":null,"method":"mining.set_target","params":[")" + target + "\"]}\n";
}

/// A session with a scripted pool at the other end; remembers the work it was given.
class Talk {
public:
    explicit Talk(Login who = login(), SessionLimits limits = {})
        : session(std::move(who), 0, limits)
    {
        session.on_connected(++connection, now);
    }

    void hear(const std::string& bytes)
    {
        session.on_bytes(bytes, now);
        collect();
    }
    /// Answers the oldest request that has not been answered.
    void reply(const std::string& result_and_error)
    {
        collect_requests();
        ASSERT_FALSE(unanswered.empty());
        const i64 id = unanswered.front();
        unanswered.erase(unanswered.begin());
        hear("{\"id\":" + std::to_string(id) + "," + result_and_error + "}\n");
    }
    void log_in(const std::string& nonce_1 = kNonce1)
    {
        reply(R"("result":[null,")" + nonce_1 + R"("],"error":null)");
        hear(target_line());
        hear(notify_line("j1"));
        reply(R"("result":true,"error":null)");
    }
    void wait(Duration time)
    {
        now += time;
        session.on_tick(now);
        collect();
    }
    void lose_link()
    {
        session.on_closed(now);
        unanswered.clear();
        requests.clear();
        collect();
    }
    void connect_again() { session.on_connected(++connection, now); }

    Share share(u8 mark, const WorkPtr& of)
    {
        Share share;
        share.work = of;
        share.solution.bytes = Bytes(36, mark);
        std::copy_n(of->input.nonce().begin(), 32, share.nonce.begin());
        share.nonce[31] = mark;
        share.hash.bytes[0] = mark;
        share.hash.bytes[1] = 0x5a;
        return share;
    }
    void find(u8 mark) { find(mark, works.back()); }
    void find(u8 mark, const WorkPtr& of)
    {
        session.submit(share(mark, of), now);
        collect();
    }

    void collect()
    {
        while (auto event = session.next_event()) {
            if (const auto* fresh = std::get_if<NewWork>(&*event))
                works.push_back(std::make_shared<Work>(fresh->work));
            story.push_back(word(*event));
        }
        for (const Ruled& ruled : session.take_ruled())
            rulings.push_back(std::string(to_string(ruled.ruling)) + " " +
                              std::to_string(ruled.share.nonce[31]));
    }
    /// What the session wrote since the last look, as requests.
    void collect_requests()
    {
        std::string output = session.take_output();
        std::size_t end = 0;
        while ((end = output.find('\n')) != std::string::npos) {
            const auto message = parse_client_line(output.substr(0, end));
            ASSERT_TRUE(message);
            raw.push_back(output.substr(0, end));
            output.erase(0, end + 1);
            if (const auto* id = std::get_if<i64>(&message->id))
                if (!std::holds_alternative<Pong>(message->body)) {
                    unanswered.push_back(*id);
                    if (const auto* submit = std::get_if<Submit>(&message->body))
                        requests.push_back(*submit);
                }
        }
        EXPECT_TRUE(output.empty());
    }
    std::vector<Submit> submits()
    {
        collect_requests();
        return std::exchange(requests, {});
    }

    ClientSession session;
    TimePoint now = kStart;
    u64 connection = 0;
    std::vector<WorkPtr> works;
    std::vector<std::string> story;
    std::vector<std::string> rulings;
    std::vector<std::string> raw;
    std::vector<i64> unanswered;
    std::vector<Submit> requests;
};

// ── recorded conversations ──────────────────────────────────────────────────────────────────────

/// What the pool of a recording said, as if to us: answers to requests that we never make are left
/// out, and the answer to subscribe carries our id.
std::vector<std::string> heard_lines(const char* file)
{
    const auto lines = test::load_transcript(file);
    i64 subscribe_id = 0;
    std::vector<std::string> out;
    for (const test::Line& line : lines) {
        if (line.from_client) {
            const auto message = parse_client_line(line.text);
            if (std::holds_alternative<Subscribe>(message->body))
                subscribe_id = std::get<i64>(message->id);
            continue;
        }
        const auto message = parse_server_line(line.text);
        if (std::holds_alternative<Reply>(message->body)) {
            if (subscribe_id == 0 || std::get<i64>(message->id) < subscribe_id) continue;
            json::value edited = *json::parse(line.text);
            edited.as_object()["id"] = std::get<i64>(message->id) - subscribe_id + 1;
            out.push_back(json::to_text(edited) + '\n');
        } else {
            out.push_back(line.text + '\n');
        }
    }
    return out;
}

/// The session as it stands before each line hears that line cut at every byte, and
/// must tell the same as uncut.
TEST(ClientSession, HearsTheSameStoryHoweverTheBytesAreCut)
{
    for (const char* file :
         {"stratum/s-nomp-48_5.json", "stratum/s-nomp-errors-and-rebroadcast.json"}) {
        ClientSession session(login(), 0);
        session.on_connected(1, kStart);
        std::size_t events = 0;
        for (const std::string& bytes : heard_lines(file)) {
            ClientSession uncut = session;
            uncut.on_bytes(bytes, kStart);
            ClientSession copy = uncut;
            const auto expected = words(copy);
            events += expected.size();
            for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
                ClientSession in_two = session;
                in_two.on_bytes(bytes.substr(0, cut), kStart);
                in_two.on_bytes(bytes.substr(cut), kStart);
                ASSERT_EQ(words(in_two), expected) << cut << " in " << bytes;
                ASSERT_EQ(in_two.take_output(), ClientSession(uncut).take_output());
            }
            session = std::move(uncut);
            (void)words(session);
            (void)session.take_output();
        }
        EXPECT_GE(events, 3u) << file;
    }
}

/// Plays the recorded miner's good shares through the session: the pool's recorded verdicts come
/// out, each with the right share, and what we send means what the recorded miner sent.
TEST(ClientSession, RelivesTheRecordedSession)
{
    const auto lines = test::load_transcript("stratum/s-nomp-48_5.json");
    Login who = login();
    who.user = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2.rig0";
    who.subscribe_extranonce = true;
    Talk talk(who);
    std::map<i64, i64> ours_of_recorded;  // request ids
    std::map<std::string, WorkPtr> work_by_id;
    std::vector<std::string> expected_rulings;
    int sent = 0;
    for (const test::Line& line : lines) {
        for (const WorkPtr& work : talk.works) work_by_id[work->id] = work;
        talk.collect_requests();
        if (line.from_client) {
            const auto recorded = parse_client_line(line.text);
            const i64 recorded_id = std::get<i64>(recorded->id);
            if (const auto* submit = std::get_if<Submit>(&recorded->body)) {
                // Not what an honest miner sends: another worker, an unknown job, a twin.
                if (submit->worker == "w" || recorded_id == 5) continue;
                const WorkPtr work = work_by_id.at(submit->job.text);
                Share share;
                share.work = work;
                share.solution.bytes.assign(submit->solution.begin() + 1, submit->solution.end());
                equihash::PowInput input = work->input;
                ASSERT_TRUE(pool_origin(*work)->nonce_1.place(input, submit->nonce_2));
                std::copy_n(input.nonce().begin(), 32, share.nonce.begin());
                share.hash = share_hash(input, share.solution.bytes);
                EXPECT_TRUE(U256::from_le(share.hash) <= work->share_target);
                talk.session.submit(share, talk.now);
                const auto submits = talk.submits();
                ASSERT_EQ(submits.size(), 1u) << line.text;
                EXPECT_EQ(submits[0], *submit);
                ++sent;
            }
            if (!talk.unanswered.empty()) {
                ours_of_recorded[recorded_id] = talk.unanswered.back();
                talk.unanswered.clear();
            }
            continue;
        }
        auto message = parse_server_line(line.text);
        std::string text = line.text;
        if (const auto* reply = std::get_if<Reply>(&message->body)) {
            const auto known = ours_of_recorded.find(std::get<i64>(message->id));
            if (known == ours_of_recorded.end()) continue;
            json::value edited = *json::parse(text);
            edited.as_object()["id"] = known->second;
            text = json::to_text(edited);
            (void)reply;
        }
        talk.hear(text + "\n");
    }
    EXPECT_EQ(sent, 40);
    std::map<std::string, int> counts;
    for (const std::string& ruling : talk.rulings) ++counts[ruling.substr(0, ruling.find(' '))];
    EXPECT_EQ(counts["accepted"] + counts["stale"], 40);
    EXPECT_GT(counts["accepted"], 25);
    EXPECT_GT(counts["stale"], 5);
    EXPECT_EQ(talk.session.shares_open(), 0u);
}

TEST(ClientSession, ARebroadcastKeepsAlgorithmAndEpoch)
{
    ClientSession session(login(), 0);
    session.on_connected(1, kStart);
    std::vector<std::string> story;
    for (const std::string& line : heard_lines("stratum/s-nomp-errors-and-rebroadcast.json")) {
        session.on_bytes(line, kStart);
        for (const std::string& each : words(session)) story.push_back(each);
    }
    EXPECT_THAT(story, testing::ElementsAre("work! cccd 48,5 ZcashPoW", "work ccce 48,5 ZcashPoW",
                                            "work cccf 48,5 ZcashPoW"));
}

// ── log-in in every order ───────────────────────────────────────────────────────────────────────

Login fixed(u32 n = 48, u32 k = 5)
{
    Login who = login();
    who.algorithm.params = equihash::find_params(n, k);
    return who;
}

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
