// A pool among good, old, odd and hostile miners. (48,5), real solutions.

#include "stratum/server/pool_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "tests/unit/stratum/transcript.hpp"
#include "tests/unit/stratum/virtual_pools.hpp"
#include "tests/unit/stratum/virtual_room.hpp"

namespace adit::stratum::server {
namespace {

using namespace std::chrono_literals;
using test::HandMiner;
using test::make_test_work;
using test::VirtualRoom;
using testing::HasSubstr;

constexpr u32 kHardBits = 0x1f07ffff;  // 1 solution in 8192 is a block

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

// ── hostile miners ──────────────────────────────────────────────────────────────────────────────

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

// ── our client at our pool ──────────────────────────────────────────────────────────────────────

/// A PoolClient and a PoolServer with a wire of given delay between them.
class ClientAtPool {
public:
    ClientAtPool(VirtualRoom& room, Duration delay)
        : room_(room), delay_(delay), client_(options(), 5)
    {
        tick();
    }

    void tick()
    {
        client_.feed(client::Tick{}, room_.now);
        drain();
    }
    /// Lets the wire carry what is on it.
    void carry()
    {
        for (int i = 0; i < 20; ++i) {
            room_.now += delay_;
            if (connection_ != 0) {
                const std::string up = client_.take_bytes(dial_);
                if (!up.empty()) room_.hear(connection_, up);
                const std::string down = room_.take(connection_);
                if (!down.empty()) client_.feed(client::Received{dial_, down}, room_.now);
                if (room_.closed.contains(connection_)) cut();
            }
            drain();
            tick();
        }
    }
    void cut()
    {
        if (connection_ == 0) return;
        if (!room_.closed.contains(connection_)) room_.hang_up(connection_);
        connection_ = 0;
        client_.feed(client::Closed{dial_, ""}, room_.now);
        drain();
    }
    void find(const test::Mined& mined)
    {
        Share share;
        share.work = work;
        std::copy(mined.nonce.begin(), mined.nonce.end(), share.nonce.begin());
        share.solution.bytes = mined.solution;
        share.hash = mined.hash;
        client_.feed(client::Found{share}, room_.now);
        drain();
    }
    std::vector<test::Mined> dig(std::size_t count, u32 first = 0)
    {
        return test::mine(work->input, pool_origin(*work)->nonce_1, count, work->share_target,
                          first);
    }

    WorkPtr work;
    std::map<Ruling, int> rulings;
    int dials = 0;

private:
    static client::ClientOptions options()
    {
        client::ClientOptions options;
        options.pools.push_back(*client::parse_pool_url("wallet.rig:x@pool.example:3333"));
        options.agent = "adit/test";
        return options;  // no -a: the pool's hint says what to mine
    }
    void drain()
    {
        while (auto output = client_.next_output()) {
            if (const auto* dial = std::get_if<client::Dial>(&*output)) {
                ++dials;
                dial_ = dial->dial;
                connection_ = room_.connect();
                client_.feed(client::Connected{dial_}, room_.now);
            } else if (const auto* is = std::get_if<client::WorkIs>(&*output)) {
                work = is->work;
            } else if (const auto* ruled = std::get_if<client::Ruled>(&*output)) {
                ++rulings[ruled->ruling];
            } else if (std::get_if<client::Hang>(&*output) != nullptr && connection_ != 0) {
                room_.hang_up(connection_);
                connection_ = 0;
            }
        }
    }

    VirtualRoom& room_;
    Duration delay_;
    client::PoolClient client_;
    u64 dial_ = 0;
    u64 connection_ = 0;
};

TEST(ClientAtPool, MinesAndIsCredited)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    ClientAtPool miner(room, 5ms);
    miner.carry();
    ASSERT_TRUE(miner.work);
    EXPECT_EQ(miner.work->params, test::kSmall);
    for (const auto& mined : miner.dig(10)) miner.find(mined);
    miner.carry();
    EXPECT_EQ(miner.rulings[Ruling::accepted], 10);
    EXPECT_EQ(room.credited["wallet.rig"], 10);
    room.work(make_test_work(2, 1, kHardBits));
    miner.carry();
    EXPECT_EQ(miner.work->input.header[4], 2);
}

TEST(ClientAtPool, SharesFoundWhileTheLinkIsDownAreCreditedOnce)
{
    VirtualRoom room;
    room.work(make_test_work(1, 1, kHardBits));
    ClientAtPool miner(room, 5ms);
    miner.carry();
    const auto mined = miner.dig(8);
    for (std::size_t i = 0; i < 4; ++i) miner.find(mined[i]);
    miner.carry();
    miner.cut();
    for (std::size_t i = 4; i < 8; ++i) miner.find(mined[i]);
    EXPECT_EQ(miner.rulings[Ruling::accepted], 4);
    room.now += 2s;
    miner.carry();
    miner.carry();
    EXPECT_EQ(miner.rulings[Ruling::accepted], 8);
    EXPECT_EQ(room.credited["wallet.rig"], 8);
    EXPECT_EQ(miner.dials, 2);
}

}  // namespace
}  // namespace adit::stratum::server
