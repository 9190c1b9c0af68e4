// Pools behind a SOCKS5 proxy, over real sockets on loopback.

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "tests/unit/stratum/tls_support.hpp"

namespace adit::stratum::net {
namespace {

namespace asio = boost::asio;

/// A proxy that serves one connection: remembers the name it was asked for, connects to `port`.
class OneProxy {
public:
    explicit OneProxy(u16 port) : acceptor_(network_, {asio::ip::address_v4::loopback(), 0})
    {
        thread_ = std::jthread([this, port] {
            boost::system::error_code error;
            asio::ip::tcp::socket client = acceptor_.accept(error);
            asio::ip::tcp::socket server(network_);
            if (error || !greet(client)) return;
            server.connect({asio::ip::address_v4::loopback(), port}, error);
            asio::write(client, asio::buffer("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10),
                        error);
            std::jthread back([&] { pipe(server, client); });
            pipe(client, server);
        });
    }
    u16 port() const { return acceptor_.local_endpoint().port(); }
    std::string asked_for;

private:
    bool greet(asio::ip::tcp::socket& client)
    {
        boost::system::error_code error;
        std::array<char, 262> b{};
        asio::read(client, asio::buffer(b.data(), 3), error);
        asio::write(client, asio::buffer("\x05\x00", 2), error);
        asio::read(client, asio::buffer(b.data(), 5), error);
        const auto length = static_cast<std::size_t>(static_cast<unsigned char>(b[4]));
        asio::read(client, asio::buffer(b.data(), length + 2), error);
        asked_for.assign(b.data(), length);
        return !error;
    }
    static void pipe(asio::ip::tcp::socket& from, asio::ip::tcp::socket& to)
    {
        boost::system::error_code error;
        std::array<char, 4096> buffer;
        while (!error) {
            const auto size = from.read_some(asio::buffer(buffer), error);
            if (!error) asio::write(to, asio::buffer(buffer, size), error);
        }
        to.shutdown(asio::ip::tcp::socket::shutdown_both, error);
        from.shutdown(asio::ip::tcp::socket::shutdown_both, error);
    }
    asio::io_context network_;
    asio::ip::tcp::acceptor acceptor_;
    std::jthread thread_;
};

TEST_F(Tls, ReachesThePoolThroughAProxyThatKnowsItsName)
{
    const TlsServerContext context = load(authority.issue("pool.invalid"));
    TestPool pool(folder.file(), context);
    Ear ear;
    {
        OneProxy proxy(pool.port);
        PoolSourceOptions options = options_for(3333, "stratum+ssl", "pool.invalid", ear);
        options.proxy = client::Proxy{"127.0.0.1", proxy.port(), "", ""};
        options.tls = trusting_authority();
        PoolSource source(std::move(options));
        source.start(ear);
        const WorkPtr work = ear.wait_for_work();
        ASSERT_TRUE(work) << ear.said();
        for (Share& share : dig(work, 2)) source.submit(std::move(share));
        EXPECT_TRUE(ear.wait_for_verdicts(2));
        EXPECT_EQ(proxy.asked_for, "pool.invalid");
        source.stop(0s);
    }
}

TEST(Proxy, ThatIsNoneSaysSo)
{
    asio::io_context network;
    asio::ip::tcp::acceptor web(network, {asio::ip::address_v4::loopback(), 0});
    Ear ear;
    PoolSourceOptions options = options_for(3333, "stratum+tcp", "pool.invalid", ear);
    options.proxy = client::Proxy{"127.0.0.1", web.local_endpoint().port(), "", ""};
    PoolSource source(std::move(options));
    source.start(ear);
    asio::ip::tcp::socket client = web.accept();
    asio::write(client, asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\n\r\n")));
    EXPECT_TRUE(ear.wait_for_words("SOCKS5 proxy: ")) << ear.said();
}

}  // namespace
}  // namespace adit::stratum::net
