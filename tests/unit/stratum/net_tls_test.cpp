// Certificates, and nodes behind TLS: what a miner believes over real sockets on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "stratum/net/stream.hpp"
#include "stratum/net/template_source.hpp"
#include "tests/support/fake_node.hpp"
#include "tests/unit/stratum/tls_support.hpp"

namespace adit::stratum::net {
namespace {

using testing::HasSubstr;
namespace asio = boost::asio;

TEST_F(Tls, AGoodCertificateIsGood) { mines(authority.issue("localhost"), trusting_authority()); }

TEST_F(Tls, AnExpiredOneIsNot)
{
    const std::string said = mine(authority.issue("localhost", -7200, -3600), trusting_authority());
    EXPECT_THAT(said, HasSubstr("certificate has expired"));
    EXPECT_THAT(said, HasSubstr("add --tls-fingerprint "));
}

TEST_F(Tls, NorOneForAnotherName)
{
    EXPECT_THAT(mine(authority.issue("other.example"), trusting_authority()),
                HasSubstr("it is not made out to localhost"));
}

TEST_F(Tls, UnlessThatNameIsAskedFor)
{
    TlsSettings trust = trusting_authority();
    trust.sni = "other.example";
    mines(authority.issue("other.example"), trust);
}

TEST_F(Tls, NorOneThatSignedItself)
{
    EXPECT_THAT(mine(authority.issue("localhost", -3600, 86'400, false), trusting_authority()),
                HasSubstr("TLS: the certificate does not pass"));
}

TEST_F(Tls, UnlessItIsPinned)
{
    const auto issued = authority.issue("whatever", -7200, -3600, false);  // expired, too
    TlsSettings trust;
    trust.trust = TlsSettings::Trust::pinned;
    trust.fingerprint = load(issued).fingerprint();
    mines(issued, trust);
    trust.fingerprint.bytes[0] ^= 1;
    EXPECT_THAT(mine(issued, trust), HasSubstr("not the one of --tls-fingerprint"));
}

TEST_F(Tls, OrNobodyLooks)
{
    TlsSettings trust;
    trust.trust = TlsSettings::Trust::nobody;
    mines(authority.issue("whatever", -7200, -3600, false), trust);
}

TEST_F(Tls, APoolMakesItsOwnCertificate)
{
    const std::string certificate = folder.file("own.pem");
    const std::string key = folder.file("own.key");
    ASSERT_TRUE(make_self_signed("adit-pool", certificate, key));
    EXPECT_EQ(std::filesystem::status(key).permissions() & std::filesystem::perms::others_read,
              std::filesystem::perms::none);
    EXPECT_FALSE(make_self_signed("adit-pool", certificate, key)) << "it overwrites nothing";
    TlsSettings trust;
    trust.trust = TlsSettings::Trust::pinned;
    trust.fingerprint = load({certificate, key}).fingerprint();
    EXPECT_EQ(parse_fingerprint(fingerprint_text(trust.fingerprint)), trust.fingerprint);
    mines({certificate, key}, trust);
}

TEST_F(Tls, BadFilesAreNamed)
{
    const auto issued = authority.issue("localhost");
    const auto other = authority.issue("localhost");
    EXPECT_THAT(TlsServerContext::load("/nowhere.pem", issued.key_file).error().text,
                HasSubstr("/nowhere.pem: is no certificate"));
    EXPECT_THAT(TlsServerContext::load(issued.certificate_file, other.key_file).error().text,
                HasSubstr("is no key for that certificate"));
}

TEST_F(Tls, ATlsPortSpokenToInPlainSaysSo)
{
    const TlsServerContext context = load(authority.issue("localhost"));
    TestPool pool(folder.file(), context);
    Ear ear;
    PoolSource source(options_for(pool, ear, "stratum+tcp"));
    source.start(ear);
    EXPECT_TRUE(ear.wait_for_words("this port speaks TLS; write stratum+ssl://")) << ear.said();
}

TEST_F(Tls, APlainPortSpokenToInTlsSaysSo)
{
    TestPool pool(folder.file());
    Ear ear;
    PoolSource source(options_for(pool, ear, "stratum+ssl"));
    source.start(ear);
    EXPECT_TRUE(ear.wait_for_words("write stratum+tcp://")) << ear.said();
}

/// A pool that ends the TLS session and leaves the TCP connection open.
TEST_F(Tls, AHalfClosedPoolIsGone)
{
    namespace ssl = asio::ssl;
    const auto issued = authority.issue("localhost");
    asio::io_context network;
    ssl::context context(ssl::context::tls_server);
    context.use_certificate_chain_file(issued.certificate_file);
    context.use_private_key_file(issued.key_file, ssl::context::pem);
    asio::ip::tcp::acceptor acceptor(network, {asio::ip::address_v4::loopback(), 0});
    std::atomic<int> sessions = 0;
    std::vector<std::unique_ptr<ssl::stream<asio::ip::tcp::socket>>> open;
    std::jthread pool([&] {
        for (int i = 0; i < 2; ++i) {
            auto stream =
                std::make_unique<ssl::stream<asio::ip::tcp::socket>>(acceptor.accept(), context);
            stream->handshake(ssl::stream_base::server);
            char buffer[1024];
            (void)stream->read_some(asio::buffer(buffer));
            stream->async_shutdown([](const boost::system::error_code&) {});
            network.restart();
            network.poll();  // the goodbye goes out; nobody waits for the answer
            ++sessions;
            open.push_back(std::move(stream));
        }
    });
    Ear ear;
    PoolSourceOptions options =
        options_for(acceptor.local_endpoint().port(), "stratum+ssl", "localhost", ear);
    options.tls = trusting_authority();
    PoolSource source(std::move(options));
    source.start(ear);
    EXPECT_TRUE(ear.wait_for_words("hung up")) << ear.said();
    pool.join();
    EXPECT_EQ(sessions, 2) << "it came again at once";
}

// ── a node behind TLS ───────────────────────────────────────────────────────────────────────────

/// Takes TLS off connections and hands what is in them to a port of loopback.
class TlsFront {
public:
    TlsFront(const TlsServerContext& context, u16 to)
        : context_(context), acceptor_(network_, {asio::ip::address_v4::loopback(), 0}), to_(to)
    {
        asio::co_spawn(network_, accept_all(), asio::detached);
        thread_ = std::jthread([this] { network_.run(); });
    }
    ~TlsFront() { network_.stop(); }
    u16 port() const { return acceptor_.local_endpoint().port(); }

private:
    asio::awaitable<void> accept_all()
    {
        for (;;) {
            asio::ip::tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
            asio::co_spawn(network_, serve(std::move(socket)), asio::detached);
        }
    }
    asio::awaitable<void> serve(asio::ip::tcp::socket socket)
    {
        ErrorCode error;
        std::shared_ptr<Stream> near = co_await make_tls_server(std::move(socket), context_, error);
        if (!near) co_return;
        asio::ip::tcp::socket inner(network_);
        inner.connect({asio::ip::address_v4::loopback(), to_});
        std::shared_ptr<Stream> far = make_plain_stream(std::move(inner));
        asio::co_spawn(network_, pipe(near, far), asio::detached);
        co_await pipe(far, near);
    }
    static asio::awaitable<void> pipe(std::shared_ptr<Stream> from, std::shared_ptr<Stream> to)
    {
        ErrorCode error;
        while (!error) {
            const std::string bytes(co_await from->read(error));
            if (!error) co_await to->write(bytes, error);
        }
        from->close();
        to->close();
    }
    const TlsServerContext& context_;
    asio::io_context network_{1};
    asio::ip::tcp::acceptor acceptor_;
    u16 to_;
    std::jthread thread_;
};

TEST_F(Tls, ANodeIsReachedByHttps)
{
    const TlsServerContext context = load(authority.issue("localhost"));
    adit::test::FakeNode node([](const adit::test::FakeNode::Request& request) {
        if (request.method != "getblocktemplate")
            return adit::test::FakeNode::error(-5, "Block not found");
        if (request.body.find("longpollid") != std::string::npos)
            std::this_thread::sleep_for(300ms);
        return adit::test::FakeNode::result(
            R"({"version":4,"bits":"200f0f0f","coinbasetxn":{"data":"00010203"},)"
            R"("transactions":[],"curtime":1700000000,"height":7,"longpollid":"a",)"
            R"("previousblockhash":")" +
            std::string(64, 'a') + R"("})");
    });
    TlsFront front(context, node.port());
    NodeAddress address;
    address.host = "localhost";
    address.port = front.port();
    address.user = "rig";
    address.password = "x";
    address.tls = trusting_authority();
    EXPECT_EQ(address.name(), "https://localhost:" + std::to_string(front.port()));
    const AlgorithmChoice algorithm{test::kSmall, equihash::Personalization{}};
    {
        Ear ear;
        TemplateSource source(address, algorithm, {});
        source.start(ear);
        const WorkPtr work = ear.wait_for_work();
        ASSERT_TRUE(work) << ear.said();
        EXPECT_EQ(work->height, 7u);
    }
    address.tls->ca_file.clear();  // the system's: they do not know this authority
    Ear ear;
    TemplateSource source(address, algorithm, {});
    source.start(ear);
    EXPECT_TRUE(ear.wait_for_words("TLS: the certificate does not pass")) << ear.said();
}

}  // namespace
}  // namespace adit::stratum::net
