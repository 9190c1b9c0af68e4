// Our client at our pool, in memory: a wire with a delay between them.

#include <gtest/gtest.h>

#include "stratum/client/pool_client.hpp"
#include "stratum/proto/pool_work.hpp"
#include "stratum/server/pool_server.hpp"
#include "tests/unit/stratum/virtual_room.hpp"

namespace adit::stratum::server {
namespace {

using namespace std::chrono_literals;
using test::kHardBits;
using test::make_test_work;
using test::VirtualRoom;

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
