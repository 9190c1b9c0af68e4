// Our miner's side at our pool over real sockets on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "stratum/proto/codec.hpp"
#include "tests/unit/stratum/net_support.hpp"

namespace adit::stratum::net {
namespace {

using testing::HasSubstr;
namespace asio = boost::asio;

TEST(Net, AMinerMinesAtAPool)
{
    const Folder folder;
    TestPool pool(folder.file());
    Ear ear;
    PoolSource source(options_for(pool, ear));
    source.start(ear);
    const WorkPtr work = ear.wait_for_work();
    ASSERT_TRUE(work);
    for (Share& share : dig(work, 10)) source.submit(std::move(share));
    EXPECT_TRUE(ear.wait_for_verdicts(10));
    EXPECT_EQ(ear.accepted(), 10);
    EXPECT_EQ(in_ledger(folder.file()), 10u);

    const UpstreamsView upstream = source.view();
    ASSERT_EQ(upstream.pools.size(), 1u);
    EXPECT_EQ(upstream.pools[0].stats.rulings[0], 10u);
    EXPECT_EQ(upstream.rate.shares, 10u);
    const PoolView view = pool.shell->view();
    EXPECT_EQ(view.connections, 1u);
    ASSERT_EQ(view.workers.size(), 1u);
    EXPECT_EQ(view.workers[0].name, "wallet.rig");
    EXPECT_EQ(view.workers[0].rulings[0], 10u);

    pool.shell->on_work(make_test_work(2, 1, kHardBits));
    EXPECT_TRUE(ear.wait_for_work(2));
    source.stop(1s);
}

TEST(Net, WorkAndSharesGoOnOverARestartOfThePool)
{
    const Folder folder;
    auto pool = std::make_unique<TestPool>(folder.file());
    const u16 port = pool->port;
    Ear ear;
    PoolSource source(options_for(*pool, ear));
    source.start(ear);
    for (Share& share : dig(ear.wait_for_work(), 5)) source.submit(std::move(share));
    EXPECT_TRUE(ear.wait_for_verdicts(5));
    pool->shell->stop(1s);
    pool.reset();
    EXPECT_TRUE(ear.wait_for_words("hung up"));
    pool = std::make_unique<TestPool>(folder.file(), std::nullopt, port);
    pool->shell->on_work(make_test_work(3, 1, kHardBits));
    for (Share& share : dig(ear.wait_for_work(3), 5)) source.submit(std::move(share));
    EXPECT_TRUE(ear.wait_for_verdicts(10));
    EXPECT_EQ(ear.accepted(), 10);
    EXPECT_EQ(in_ledger(folder.file()), 10u);
}

TEST(Net, AnEndingPoolAnswersWhatItHasRead)
{
    const Folder folder;
    TestPool pool(folder.file());
    Ear ear;
    PoolSource source(options_for(pool, ear));
    source.start(ear);
    auto shares = dig(ear.wait_for_work(), 40);
    for (Share& share : shares) source.submit(std::move(share));
    EXPECT_TRUE(ear.wait_for_verdicts(1));
    pool.shell->stop(10s);
    EXPECT_TRUE(ear.wait_for_verdicts(1));
    ear.wait([] { return false; }, 200ms);
    const auto stored = in_ledger(folder.file());
    EXPECT_GE(stored, static_cast<std::size_t>(ear.accepted()));
    EXPECT_EQ(stored, static_cast<std::size_t>(ear.accepted())) << "what is stored was answered";
}

TEST(Net, ManyMinersAtOnce)
{
    constexpr int kMiners = 150;  // so many that threads share the writing
    const Folder folder;
    TestPool pool(folder.file());
    asio::io_context network;
    std::vector<asio::ip::tcp::socket> sockets;
    for (int i = 0; i < kMiners; ++i) {
        auto& socket = sockets.emplace_back(network);
        socket.connect({asio::ip::address_v4::loopback(), pool.port});
        asio::write(socket, asio::buffer(encode(RequestId{i64{1}}, Subscribe{"a", "", "h", 1}) +
                                         encode(RequestId{i64{2}}, Authorize{"w", "x"})));
    }
    const auto hear = [](asio::ip::tcp::socket& socket, const std::string& words) {
        std::string text;
        char buffer[4096];
        boost::system::error_code error;
        while (text.find(words) == std::string::npos) {
            const auto size = socket.read_some(asio::buffer(buffer), error);
            if (error) return false;
            text.append(buffer, size);
        }
        return true;
    };
    for (auto& socket : sockets) EXPECT_TRUE(hear(socket, "{\"id\":2,\"result\":true"));
    pool.shell->on_work(make_test_work(2, 1, kHardBits));
    for (auto& socket : sockets) EXPECT_TRUE(hear(socket, "0202020202"));
    EXPECT_EQ(pool.shell->view().connections, static_cast<std::size_t>(kMiners));
}

TEST(Net, WhoIsNotLetInIsToldWhy)
{
    const Folder folder;
    server::GuardLimits guard;
    guard.connections_per_address_max = 1;
    TestPool pool(folder.file(), std::nullopt, 0, guard);
    Ear first;
    PoolSource source(options_for(pool, first));
    source.start(first);
    ASSERT_TRUE(first.wait_for_work());
    Ear second;
    PoolSource refused(options_for(pool, second));
    refused.start(second);
    EXPECT_TRUE(second.wait_for_words("hung up: too many connections from your address"))
        << second.said();
}

/// Aim: a new job at 1,000 miners 10 ms after the tip. Here 200 on a machine that does other
/// things, so twenty times that share; the bench `pool_load` measures the real thing.
TEST(Net, ANewJobIsWrittenToAllMinersSoon)
{
    constexpr std::size_t kMiners = 200;
    const Folder folder;
    TestPool pool(folder.file());
    asio::io_context network;
    std::vector<asio::ip::tcp::socket> sockets;
    for (std::size_t i = 0; i < kMiners; ++i) {
        auto& socket = sockets.emplace_back(network);
        socket.connect({asio::ip::address_v4::loopback(), pool.port});
        asio::write(socket, asio::buffer(encode(RequestId{i64{1}}, Subscribe{"a", "", "h", 1})));
        char bytes[64];
        (void)asio::read(socket, asio::buffer(bytes));
    }
    Duration best = 1h;
    for (u8 block = 2; block < 12; ++block) {
        pool.shell->on_work(make_test_work(block, 1, kHardBits));
        const JobSpread spread = pool.shell->view().spread;
        EXPECT_EQ(spread.miners, kMiners);
        best = std::min(best, spread.took);
    }
    EXPECT_LT(best, 40ms);
}

TEST(Net, SaysWhatIsWrongWithAPlace)
{
    const Folder folder;
    TestPool pool(folder.file());
    const auto start = [&](ListenAt place) {
        PoolShellOptions options;
        options.listen.push_back(std::move(place));
        auto store = server::ShareStore::open(folder.file(), server::ShareStore::Mode::write);
        PoolShell shell(std::move(options), std::move(*store));
        const auto ports = shell.start();
        return ports ? std::string() : ports.error().text;
    };
    EXPECT_THAT(start({"127.0.0.1", pool.port, false}), HasSubstr("is taken; choose another"));
    EXPECT_THAT(start({"127.0.0.1", 0, true}), HasSubstr("needs a certificate"));
    EXPECT_THAT(start({"nonsense", 0, false}), HasSubstr("is no address"));
}

TEST(Net, SaysWhyAPoolCannotBeReached)
{
    asio::io_context network;
    asio::ip::tcp::acceptor closed(network, {asio::ip::address_v4::loopback(), 0});
    const u16 port = closed.local_endpoint().port();
    closed.close();
    Ear nobody;
    PoolSource refused(options_for(port, "stratum+tcp", "127.0.0.1", nobody));
    refused.start(nobody);
    EXPECT_TRUE(nobody.wait_for_words("nothing listens at 127.0.0.1:")) << nobody.said();

    Ear lost;
    PoolSourceOptions options = options_for(port, "stratum+tcp", "127.0.0.1", lost);
    options.family = Family::v6;  // an IPv4 address has no IPv6 one
    PoolSource unresolvable(std::move(options));
    unresolvable.start(lost);
    EXPECT_TRUE(lost.wait_for_words("no such host: 127.0.0.1; check its spelling")) << lost.said();
}

}  // namespace
}  // namespace adit::stratum::net
