// A pool among good, old and odd miners. (48,5), real solutions.

#include "stratum/server/pool_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "tests/unit/stratum/transcript.hpp"
#include "tests/unit/stratum/virtual_room.hpp"

namespace adit::stratum::server {
namespace {

using namespace std::chrono_literals;
using test::HandMiner;
using test::kHardBits;
using test::make_test_work;
using test::VirtualRoom;
using testing::HasSubstr;

TEST(PoolServer, LogsInSendsWorkAndCredits)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "wallet.rig");
    EXPECT_EQ(miner.jobs, 1);
    EXPECT_EQ(miner.prefix.size(), 4u);
    EXPECT_TRUE(miner.job.clean_jobs);
    for (const auto& mined : miner.dig(5)) EXPECT_EQ(miner.hand_in(miner.submit_of(mined)), "ok");
    EXPECT_EQ(room.credited["wallet.rig"], 5);
    const WorkerStats& stats = room.server.workers().workers().at("wallet.rig");
    EXPECT_EQ(stats.rulings[static_cast<std::size_t>(Ruling::accepted)], 5u);
    EXPECT_EQ(stats.connections, 1u);
}

TEST(PoolServer, HearsTheSameStoryHoweverTheBytesAreCut)
{
    const auto lines = test::load_transcript("stratum/s-nomp-48_5.json");
    const std::string all = test::stream_of(lines, true);
    const std::string stream = all.substr(0, 4000);  // the log-in and a dozen shares
    const auto play = [&](std::size_t cut) {
        VirtualRoom room;
        room.work(make_test_work(1, 1));
        const u64 connection = room.connect();
        room.hear(connection, stream.substr(0, cut));
        room.hear(connection, stream.substr(cut));
        return room.take(connection);
    };
    const std::string whole = play(0);
    EXPECT_THAT(whole, HasSubstr("job not found"));
    for (std::size_t cut = 1; cut <= stream.size(); ++cut) ASSERT_EQ(play(cut), whole) << cut;
}

TEST(PoolServer, WorksForMinersOfOldDrafts)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    const u64 connection = room.connect();
    room.hear(connection,
              "{\"id\":\"a\",\"method\":\"mining.subscribe\",\"params\":[]}\n"
              "{\"params\":[\"w\",\"\"],\"method\":\"mining.authorize\",\"id\":2}\n"
              "{\"id\":3,\"method\":\"mining.extranonce.subscribe\",\"params\":[]}\r\n"
              "{\"id\":4,\"method\":\"mining.suggest_difficulty\",\"params\":[\"0.5\"]}\n"
              "{\"id\":5,\"method\":\"mining.dance\",\"params\":[]}\n");
    const std::string said = room.take(connection);
    EXPECT_THAT(said, HasSubstr(R"({"id":"a","result":[")"));
    EXPECT_THAT(said, HasSubstr(R"({"id":2,"result":true,"error":null})"));
    EXPECT_THAT(said, HasSubstr(R"({"id":3,"result":true,"error":null})"));
    EXPECT_THAT(said, HasSubstr(R"({"id":4,"result":true,"error":null})"));
    EXPECT_THAT(said,
                HasSubstr(R"({"id":5,"result":false,"error":[-32601,"unknown method",null]})"));
    EXPECT_TRUE(room.closed.empty());
}

TEST(PoolServer, TheTargetComesBeforeTheJobAndOnlyWhenItChanges)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    const u64 connection = room.connect();
    room.hear(connection, encode(RequestId{i64{1}}, Subscribe{}) +
                              encode(RequestId{i64{2}}, Authorize{"w", "x"}));
    const std::string first = room.take(connection);
    EXPECT_LT(first.find("mining.set_target"), first.find("mining.notify"));
    room.work(make_test_work(1, 2, kHardBits));
    const std::string second = room.take(connection);
    EXPECT_EQ(second.find("mining.set_target"), std::string::npos);
    EXPECT_THAT(second, HasSubstr(",false,"));
    room.work(make_test_work(2, 1, kHardBits));
    EXPECT_THAT(room.take(connection), HasSubstr(",true,"));
}

TEST(PoolServer, WantsThePassword)
{
    ServerOptions options = VirtualRoom::easy();
    options.password = "open";
    VirtualRoom room(options);
    const u64 connection = room.connect();
    const auto log_in = [&](const char* worker, const char* password) {
        room.hear(connection, encode(RequestId{i64{2}}, Authorize{worker, password}));
        return room.take(connection);
    };
    EXPECT_THAT(log_in("w", "shut"), HasSubstr("[24,\"wrong password\",null]"));
    EXPECT_THAT(log_in("w", ""), HasSubstr("wrong password"));
    EXPECT_THAT(log_in("w", "open"), HasSubstr("\"result\":true"));
    EXPECT_THAT(log_in("w2", "d=5,open"), HasSubstr("\"result\":true"));
    for (const char* name :
         {"", "a b", "<script>", "a'; DROP TABLE share;--", "../../etc", "\xc3\xa4"})
        EXPECT_THAT(log_in(name, "open"), HasSubstr("worker names are made of")) << name;
    EXPECT_THAT(log_in(std::string(129, 'w').c_str(), "open"), HasSubstr("worker names"));
}

TEST(PoolServer, APasswordMayFixTheDifficulty)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    const u64 connection = room.connect();
    room.hear(connection, encode(RequestId{i64{1}}, Subscribe{}) +
                              encode(RequestId{i64{2}}, Authorize{"w", "x,d=0.25"}));
    EXPECT_THAT(room.take(connection), HasSubstr("\"001ffffffff"));
}

TEST(PoolServer, ASubmitNeedsALogIn)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    const Submit good = miner.submit_of(miner.dig(1)[0]);
    const u64 stranger = room.connect();
    room.hear(stranger, encode(RequestId{i64{9}}, good));
    EXPECT_EQ(room.take(stranger),
              "{\"id\":9,\"result\":null,\"error\":[24,\"unauthorized worker\",null]}\n");
    room.hear(stranger, encode(RequestId{i64{1}}, Authorize{"w", "x"}));
    (void)room.take(stranger);
    room.hear(stranger, encode(RequestId{i64{9}}, good));
    EXPECT_EQ(room.take(stranger),
              "{\"id\":9,\"result\":null,\"error\":[25,\"not subscribed\",null]}\n");
    EXPECT_EQ(room.credited["w"], 0);
}

TEST(PoolServer, ABlockGoesToTheNodeAndIsAShareToo)
{
    VirtualRoom room;
    const auto work = make_test_work(1, 1);
    room.work(work);  // 1 solution in 17 is a block
    HandMiner miner(room, "w");
    for (const auto& mined : test::mine(miner.input(), miner.prefix, 3, work->block_target))
        EXPECT_EQ(miner.hand_in(miner.submit_of(mined)), "ok");
    ASSERT_EQ(room.blocks.size(), 3u);
    EXPECT_EQ(room.blocks[0].worker, "w");
    const Share& block = room.blocks[0].share;
    EXPECT_TRUE(meets(block.hash, block.work->block_target));
    equihash::PowInput input = block.work->input;
    input.set_nonce(block.nonce);
    EXPECT_EQ(share_hash(input, block.solution.bytes), block.hash);
}

TEST(PoolServer, AShareIsNeverHarderThanABlock)
{
    ServerOptions options = VirtualRoom::easy();
    options.start_solutions = 1e9;
    VirtualRoom room(options);
    room.work(make_test_work(1, 1));
    HandMiner miner(room, "w");
    EXPECT_EQ(miner.target, room.server.newest_job()->work->block_target);
}

TEST(PoolServer, StaleSharesAreSaidToBeSo)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    const auto mined = miner.dig(3);
    const Submit first = miner.submit_of(mined[0]);
    const Submit second = miner.submit_of(mined[1]);
    room.work(make_test_work(1, 2, kHardBits));  // the same block: old jobs stay
    EXPECT_EQ(miner.hand_in(first), "ok");
    room.work(make_test_work(2, 1, kHardBits));
    EXPECT_EQ(miner.hand_in(second), "job not found");
    room.work(nullptr);
    miner.listen();
    EXPECT_EQ(miner.hand_in(miner.submit_of(mined[2])), "job not found");
}

// ── targets that change ─────────────────────────────────────────────────────────────────────────

TEST(PoolServer, EachJobKeepsItsOwnTarget)
{
    ServerOptions options = VirtualRoom::easy();
    options.vardiff.shares_for_a_look = 4;
    VirtualRoom room(options);
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    const auto mined = miner.dig(5);
    std::vector<Submit> easy;
    for (const auto& each : mined) easy.push_back(miner.submit_of(each));
    room.now += 100ms;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(miner.hand_in(easy[static_cast<std::size_t>(i)]), "ok");
    EXPECT_EQ(miner.jobs, 2) << "too fast: another target at once, the same work under a new id";
    EXPECT_NE(miner.job.job.text, easy[0].job.text);
    EXPECT_NEAR(solutions_per_share(miner.target), 8, 0.01);

    EXPECT_EQ(miner.hand_in(easy[4]), "ok") << "under the old id the old target holds";
    const auto low = test::mine_if(
        miner.input(), miner.prefix, 1, [&](const Hash256& h) { return !meets(h, miner.target); },
        500);
    EXPECT_EQ(miner.hand_in(miner.submit_of(low[0])), "low difficulty share");
    // The same share under another id is still the same share.
    Submit again = easy[0];
    again.job = miner.job.job;
    EXPECT_EQ(miner.hand_in(again), "duplicate share");
    again.job.text = "00" + easy[0].job.text;
    EXPECT_EQ(miner.hand_in(again), "duplicate share");
}

// ── coming back ─────────────────────────────────────────────────────────────────────────────────

TEST(PoolServer, AMinerWhoComesBackKeepsPrefixAndTargets)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    const auto mined = miner.dig(2);
    const Submit before = miner.submit_of(mined[0]);
    room.hang_up(miner.connection);
    EXPECT_FALSE(HandMiner(room, "other").prefix == miner.prefix);

    const u64 again = room.connect();
    room.hear(again, encode(RequestId{i64{1}}, Subscribe{"hand/1", miner.session, "pool", 3333}) +
                         encode(RequestId{i64{2}}, Authorize{"w", "x"}));
    EXPECT_THAT(room.take(again), HasSubstr(to_hex(miner.prefix.view())));
    room.hear(again, encode(RequestId{i64{3}}, before));
    EXPECT_EQ(room.take(again), "{\"id\":3,\"result\":true,\"error\":null}\n");

    room.hang_up(again);
    room.now += 6min;
    room.server.on_tick(room.now);
    const u64 late = room.connect();
    room.hear(late, encode(RequestId{i64{1}}, Subscribe{"hand/1", miner.session, "pool", 3333}));
    EXPECT_EQ(room.take(late).find(to_hex(miner.prefix.view())), std::string::npos);
}

TEST(PoolServer, ReadingPausesWhenTooMuchIsOpen)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    const auto mined = miner.dig(1)[0];
    room.store_works = false;
    Submit submit = miner.submit_of(mined);
    std::string lines;
    for (int i = 0; i < 100; ++i) {
        submit.nonce_2[10] = static_cast<u8>(i);
        lines += encode(RequestId{i64{i}}, submit);
    }
    EXPECT_TRUE(room.server.wants_bytes(miner.connection));
    room.server.on_bytes(miner.connection, lines, room.now);
    EXPECT_FALSE(room.server.wants_bytes(miner.connection));
    room.store_works = true;
    room.settle();
    EXPECT_TRUE(room.server.wants_bytes(miner.connection));
}

// ── the ledger's word ───────────────────────────────────────────────────────────────────────────

TEST(PoolServer, AnswersNoShareBeforeItIsStored)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    const auto mined = miner.dig(2);
    room.store_works = false;
    EXPECT_EQ(miner.hand_in(miner.submit_of(mined[0])), "silence");
    EXPECT_EQ(room.server.open_shares(), 1u);
    room.store_works = true;
    room.settle();
    miner.listen();
    EXPECT_TRUE(miner.last.accepted);
    EXPECT_EQ(miner.last_id, 10);

    // Known to the ledger from before a restart: not credited again.
    const Submit second = miner.submit_of(mined[1]);
    room.stored.insert(mined[1].hash);
    EXPECT_EQ(miner.hand_in(second), "duplicate share");
}

TEST(PoolServer, AShareThatCannotBeStoredIsNotAccepted)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    room.store_works = false;
    EXPECT_EQ(miner.hand_in(miner.submit_of(miner.dig(1)[0])), "silence");
    room.server.on_store_failed(room.server.take_to_store(10), room.now);
    room.settle();
    miner.listen();
    EXPECT_EQ(miner.last.error->message, "the pool cannot store shares now");
    EXPECT_EQ(room.server.open_shares(), 0u);
}

TEST(PoolServer, AShareCountsEvenWhenItsMinerHasGone)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    const Submit good = miner.submit_of(miner.dig(1)[0]);
    room.server.on_bytes(miner.connection, encode(RequestId{i64{5}}, good), room.now);
    room.server.on_closed(miner.connection, room.now);
    room.settle();
    EXPECT_EQ(room.credited["w"], 1);
    EXPECT_EQ(room.server.open_shares(), 0u);
}

TEST(PoolServer, DrainsWithoutLosingAShare)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    HandMiner miner(room, "w");
    const auto mined = miner.dig(2);
    room.server.on_bytes(miner.connection, encode(RequestId{i64{5}}, miner.submit_of(mined[0])),
                         room.now);
    room.server.drain();
    EXPECT_FALSE(room.server.drained());
    EXPECT_EQ(room.connect(), 0u);
    room.settle();
    EXPECT_TRUE(room.server.drained());
    miner.listen();
    EXPECT_TRUE(miner.last.accepted);
    EXPECT_EQ(miner.last_id, 5);
}

}  // namespace
}  // namespace adit::stratum::server
