// A recorded session replays to the same submissions, by the very client that lived it.

#include "stratum/client/recording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/stratum/virtual_pools.hpp"

namespace adit::stratum::client {
namespace {

using namespace std::chrono_literals;
using test::FakePool;
using test::VirtualPools;
using test::Wire;
using testing::HasSubstr;

/// Hangs up now and then, moves its clients, changes nonce parts, says what is no text.
struct Moody : FakePool {
    void on_submit(Wire& wire, const RequestId& id, const Submit& submit) override
    {
        FakePool::on_submit(wire, id, submit);
        if (submits % 17 == 5) wire.hang_up();
        if (submits % 23 == 7) wire.say(encode(Reconnect{"", 0, 1}));
        if (submits % 13 == 3) {
            nonce_1 = submits % 2 == 0 ? "bbcc" : "a1a2a3a4";
            wire.say(encode(SetExtranonce{*NoncePart::from_hex(nonce_1)}) + job_line());
        }
        if (submits % 11 == 2) wire.say("\xff\xfe garbage \x01\n");
    }
};

std::string record(int& found)
{
    Moody first;
    FakePool second;
    first.session = "again";
    std::string recording;
    VirtualPools world({&first, &second}, {}, 77,
                       [&](const std::string& line) { recording += line + '\n'; });
    world.finds_every = 3s;
    world.every(30s, [&] { world.next_job(0); });
    world.every(45s, [&] { world.next_job(1); });
    world.every(100s, [&] { ++first.block; });
    world.at(400s, [&] {
        first.up = false;
        if (Wire* wire = world.wire_of(0)) wire->hang_up();
    });
    world.at(700s, [&] { first.up = true; });
    world.run(1800s);
    found = world.found;
    return recording;
}

TEST(Recording, ReplaysToTheSameSubmissions)
{
    int found = 0;
    const std::string recording = record(found);
    EXPECT_GT(found, 500);
    const auto again = replay(recording);
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_TRUE(again->same()) << again->first_difference;
    EXPECT_GT(again->submits, 450u);
    EXPECT_GT(again->inputs, 1000u);
    EXPECT_THAT(again->story, testing::Contains(HasSubstr("is back")));
    EXPECT_THAT(again->story, testing::Contains(HasSubstr("link_lost")));
}

TEST(Recording, ADifferenceShows)
{
    int found = 0;
    std::string recording = record(found);
    const auto at = recording.find("\\\"j2\\\"");
    ASSERT_NE(at, std::string::npos);
    recording.replace(at, 6, "\\\"jX\\\"");
    const auto again = replay(recording);
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_FALSE(again->same());
    EXPECT_THAT(again->first_difference, HasSubstr("jX"));
}

TEST(Recording, HoldsNoPassword)
{
    int found = 0;
    const std::string recording = record(found);
    EXPECT_EQ(recording.find("secret"), std::string::npos);
    EXPECT_NE(recording.find("mining.authorize"), std::string::npos);
}

struct BadRow {
    std::string text;
    const char* says;
};

TEST(Recording, SaysWhatIsWrongWithAFile)
{
    int found = 0;
    const std::string recording = record(found);
    const std::string head = recording.substr(0, recording.find('\n') + 1);
    for (const BadRow& row : {
             BadRow{"", "empty"},
             BadRow{"garbage\n", "line 1: is no JSON object"},
             BadRow{"{}\n", "line 1: is not the head"},
             BadRow{R"({"adit_recording":2})", "not the head of an adit recording of format 1"},
             BadRow{R"({"adit_recording":1})", "names no pools"},
             BadRow{R"({"adit_recording":1,"pools":[{"url":"x"}]})", "has no port"},
             BadRow{head + "{\"t\":5}", "line 2: is nothing"},
             BadRow{head + "{\"t\":-5,\"in\":\"tick\"}", "line 2: is nothing"},
             BadRow{head + "\n\n{\"t\":5,\"in\":\"received\",\"hex\":\"0\"}", "line 4: is nothing"},
             BadRow{head + "{\"t\":5,\"in\":\"found\",\"nonce\":\"00\"}", "line 2: is nothing"},
         }) {
        const auto result = replay(row.text);
        ASSERT_FALSE(result) << row.text;
        EXPECT_THAT(result.error().text, HasSubstr(row.says));
    }
}

}  // namespace
}  // namespace adit::stratum::client
