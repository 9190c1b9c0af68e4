// A pool among miners who cheat, flood and stall: nobody is credited, nobody else notices.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratum/server/pool_server.hpp"
#include "tests/unit/stratum/virtual_room.hpp"

namespace adit::stratum::server {
namespace {

using namespace std::chrono_literals;
using test::HandMiner;
using test::kHardBits;
using test::make_test_work;
using test::VirtualRoom;
using testing::HasSubstr;

TEST(HostileMiner, IsCreditedForNothingAndOthersDoNotNotice)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner honest(room, "honest", "192.0.2.1");
    HandMiner thief(room, "thief", "192.0.2.66");
    const auto treasure = honest.dig(4);

    Submit stolen = honest.submit_of(treasure[0]);
    EXPECT_EQ(thief.hand_in(stolen), "unauthorized worker");  // in the other's name
    stolen.worker = "thief";
    EXPECT_EQ(thief.hand_in(stolen), "invalid solution");  // with the other's nonce_2
    Submit whole_nonce = stolen;
    whole_nonce.nonce_2 = treasure[0].nonce;
    EXPECT_EQ(thief.hand_in(whole_nonce), "incorrect size of nonce");

    const Submit good = honest.submit_of(treasure[0]);
    EXPECT_EQ(honest.hand_in(good), "ok");
    EXPECT_EQ(honest.hand_in(good), "duplicate share");
    Submit truncated = honest.submit_of(treasure[1]);
    truncated.solution.pop_back();
    EXPECT_EQ(honest.hand_in(truncated), "incorrect size of solution");
    Submit forged = honest.submit_of(treasure[1]);
    forged.solution[9] ^= 1;
    EXPECT_EQ(honest.hand_in(forged), "invalid solution");
    Submit other_job = honest.submit_of(treasure[1]);
    other_job.job.text = "ffffff00";
    EXPECT_EQ(honest.hand_in(other_job), "job not found");
    Submit other_generation = honest.submit_of(treasure[1]);
    other_generation.job.text = job_id(room.server.newest_job()->number, 77);
    EXPECT_EQ(honest.hand_in(other_generation), "job not found");
    EXPECT_EQ(honest.hand_in(honest.submit_of(treasure[1])), "ok");

    EXPECT_EQ(room.credited["honest"], 2);
    EXPECT_EQ(room.credited["thief"], 0);
}

TEST(HostileMiner, AFloodOfFailuresIsTurnedAway)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner honest(room, "honest", "192.0.2.1");
    HandMiner flood(room, "flood", "192.0.2.66");
    Submit forged = flood.submit_of(flood.dig(1)[0]);
    forged.nonce_2[22] = 1;
    int sent = 0;
    while (!room.closed.contains(flood.connection) && sent < 10'000) {
        forged.nonce_2[20] = static_cast<u8>(sent);
        forged.nonce_2[21] = static_cast<u8>(sent >> 8);
        ++sent;
        room.hear(flood.connection, encode(RequestId{i64{sent}}, forged));
    }
    EXPECT_EQ(sent, 200);
    EXPECT_THAT(room.take(flood.connection), HasSubstr("too many failures"));
    EXPECT_THAT(room.notes, testing::ElementsAre(HasSubstr("192.0.2.66 fails too often")));
    EXPECT_EQ(room.connect("192.0.2.66"), 0u);
    EXPECT_EQ(honest.hand_in(honest.submit_of(honest.dig(1)[0])), "ok");
    room.now += 60s;
    EXPECT_NE(room.connect("192.0.2.66"), 0u);
}

TEST(HostileMiner, TalksNonsense)
{
    for (const std::string& nonsense :
         {std::string("garbage\n"), std::string("{}\n"), std::string("[1,2]\n"),
          std::string("{\"id\":1,\"method\":\"mining.submit\",\"params\":[null]}\n"),
          std::string("{\"id\":1,\"method\":\"mining.authorize\",\"params\":{}}\n"),
          std::string("\0\0\0\n", 4)}) {
        VirtualRoom room;
        const u64 connection = room.connect();
        room.hear(connection, nonsense);
        EXPECT_THAT(room.take(connection), HasSubstr("\"error\":[20,")) << nonsense;
        EXPECT_FALSE(room.closed.contains(connection)) << "one mistake is forgiven";
    }
    VirtualRoom room;
    const u64 endless = room.connect();
    for (int i = 0; i < 100 && !room.closed.contains(endless); ++i)
        room.hear(endless, std::string(1000, 'x'));
    EXPECT_THAT(room.take(endless), HasSubstr("line too long"));
    EXPECT_TRUE(room.closed.contains(endless));

    const u64 tls = room.connect();
    room.hear(tls, "\x16\x03\x01\x02");
    EXPECT_THAT(room.take(tls), HasSubstr("speaks plain stratum+tcp, not TLS"));
}

TEST(HostileMiner, NeverReads)
{
    ServerOptions options = VirtualRoom::easy();
    options.output_bytes_max = 20'000;
    VirtualRoom room(options);
    HandMiner honest(room, "honest");
    HandMiner deaf(room, "deaf");
    room.stalled.insert(deaf.connection);
    for (u8 i = 1; i < 100; ++i) room.work(make_test_work(1, i, kHardBits));
    EXPECT_TRUE(room.closed.contains(deaf.connection));
    honest.listen();
    EXPECT_EQ(honest.jobs, 99);
}

TEST(HostileMiner, NeverLogsIn)
{
    VirtualRoom room;
    const u64 silent = room.connect();
    const u64 half = room.connect();
    room.hear(half, encode(RequestId{i64{1}}, Subscribe{}));
    HandMiner honest(room, "honest");
    room.now += 31s;
    room.server.on_tick(room.now);
    room.settle();
    EXPECT_EQ(room.closed, (std::set<u64>{silent, half}));
    room.now += 15min;
    room.server.on_tick(room.now);
    room.settle();
    EXPECT_TRUE(room.closed.contains(honest.connection)) << "nor is one kept who never finds";
}

TEST(HostileMiner, OpensAsManyConnectionsAsItCan)
{
    ServerOptions options = VirtualRoom::easy();
    options.guard.connections_max = 10;
    options.guard.connections_per_address_max = 4;
    VirtualRoom room(options);
    HandMiner honest(room, "honest", "192.0.2.1");
    int welcome = 0;
    for (int i = 0; i < 100; ++i) welcome += room.connect("192.0.2.66") != 0;
    EXPECT_EQ(welcome, 4);
    for (int i = 0; i < 100; ++i)
        welcome += room.connect("192.0.2." + std::to_string(i + 100)) != 0;
    EXPECT_EQ(welcome, 9) << "the newest are refused, nobody is dropped";
    EXPECT_FALSE(room.closed.contains(honest.connection));
}

TEST(HostileMiner, NamesTooManyWorkers)
{
    VirtualRoom room;
    const u64 connection = room.connect();
    for (int i = 0; i < 9; ++i)
        room.hear(connection, encode(RequestId{i64{i}}, Authorize{"w" + std::to_string(i), "x"}));
    EXPECT_THAT(room.take(connection), HasSubstr("too many workers"));
}

}  // namespace
}  // namespace adit::stratum::server
