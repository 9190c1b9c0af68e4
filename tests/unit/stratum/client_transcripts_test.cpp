// Recorded conversations with a real pool server, lived again, cut at every byte.

#include "stratum/client/client_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "stratum/proto/pool_work.hpp"
#include "stratum/proto/share.hpp"
#include "tests/unit/stratum/session_talk.hpp"
#include "tests/unit/stratum/transcript.hpp"

namespace adit::stratum::client {
namespace {

using namespace test;
using testing::HasSubstr;

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

}  // namespace
}  // namespace adit::stratum::client
