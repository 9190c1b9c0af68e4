// Our miner's side at our pool over real sockets on loopback: plain, TLS, behind a proxy.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "stratum/net/pool_shell.hpp"
#include "stratum/net/pool_source.hpp"
#include "stratum/net/stream.hpp"
#include "stratum/net/template_source.hpp"
#include "stratum/proto/codec.hpp"
#include "stratum/proto/pool_work.hpp"
#include "tests/support/fake_node.hpp"
#include "tests/unit/stratum/certificates.hpp"
#include "tests/unit/stratum/folder.hpp"
#include "tests/unit/stratum/mined.hpp"

namespace adit::stratum::net {
namespace {

using namespace std::chrono_literals;
using test::Authority;
using test::Folder;
using test::make_test_work;
using testing::HasSubstr;
using Phase = SourceState::Phase;
namespace asio = boost::asio;

constexpr u32 kHardBits = 0x1f07ffff;

/// Hears a source and lets a test wait for what it says.
class Ear final : public SourceListener {
public:
    void on_work(WorkPtr work) override
    {
        const std::lock_guard lock(mutex_);
        work_ = std::move(work);
        ++works_;
        changed_.notify_all();
    }
    void on_verdict(const ShareVerdict& verdict) override
    {
        const std::lock_guard lock(mutex_);
        ++outcomes_[static_cast<std::size_t>(verdict.outcome)];
        ++verdicts_;
        changed_.notify_all();
    }
    void on_state(const SourceState& state) override
    {
        const std::lock_guard lock(mutex_);
        state_ = state;
        said_ += state.text + "\n";
        changed_.notify_all();
    }
    void on_log(const std::string& line)
    {
        const std::lock_guard lock(mutex_);
        said_ += line + "\n";
        changed_.notify_all();
    }

    template <class Holds>
    bool wait(Holds holds, Duration patience = 20s)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, holds);
    }
    WorkPtr wait_for_work(u8 block = 0)
    {
        if (!wait([&] { return work_ && (block == 0 || work_->input.header[4] == block); }))
            ADD_FAILURE() << "no work; " << said();
        const std::lock_guard lock(mutex_);
        return work_;
    }
    bool wait_for_verdicts(int count)
    {
        return wait([&] { return verdicts_ >= count; });
    }
    bool wait_for_words(const std::string& words)
    {
        return wait([&] { return said_.find(words) != std::string::npos; });
    }
    int accepted()
    {
        const std::lock_guard lock(mutex_);
        return outcomes_[0];
    }
    std::string said()
    {
        const std::lock_guard lock(mutex_);
        return said_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    WorkPtr work_;
    int works_ = 0;
    int verdicts_ = 0;
    std::array<int, 6> outcomes_{};
    SourceState state_;
    std::string said_;
};

/// A pool on a free port of loopback, with its ledger in a folder.
struct TestPool {
    explicit TestPool(const std::string& ledger, std::optional<TlsServerContext> tls = {},
                      u16 at = 0, server::GuardLimits guard = {})
    {
        PoolShellOptions options;
        options.pool.agent = "adit/test";
        options.pool.guard = guard;
        options.pool.start_solutions = 1;
        options.pool.vardiff.shares_for_a_look = 1'000'000;
        options.listen.push_back({"127.0.0.1", at, tls.has_value()});
        options.tls = std::move(tls);
        options.log = [this](bool, const std::string& line) { log += line + "\n"; };
        auto store = server::ShareStore::open(ledger, server::ShareStore::Mode::write);
        EXPECT_TRUE(store);
        shell = std::make_unique<PoolShell>(std::move(options), std::move(*store));
        const auto ports = shell->start();
        EXPECT_TRUE(ports) << (ports ? "" : ports.error().text);
        port = ports ? ports->front() : u16{0};
        shell->on_work(make_test_work(1, 1, kHardBits));
    }
    std::string log;
    std::unique_ptr<PoolShell> shell;
    u16 port = 0;
};

PoolSourceOptions options_for(u16 port, const std::string& scheme, const std::string& host,
                              Ear& ear)
{
    PoolSourceOptions options;
    options.client.pools.push_back(
        *client::parse_pool_url(scheme + "://wallet.rig:x@" + host + ":" + std::to_string(port)));
    options.client.agent = "adit/test";
    options.client.failover.backoff_min = 50ms;
    options.log = [&ear](bool, const std::string& line) { ear.on_log(line); };
    return options;
}
PoolSourceOptions options_for(const TestPool& pool, Ear& ear,
                              const std::string& scheme = "stratum+tcp")
{
    return options_for(pool.port, scheme, "localhost", ear);
}

std::vector<Share> dig(const WorkPtr& work, std::size_t count, u32 first = 0)
{
    std::vector<Share> shares;
    for (const auto& mined :
         test::mine(work->input, pool_origin(*work)->nonce_1, count, work->share_target, first)) {
        Share share;
        share.work = work;
        std::copy(mined.nonce.begin(), mined.nonce.end(), share.nonce.begin());
        share.solution.bytes = mined.solution;
        share.hash = mined.hash;
        shares.push_back(std::move(share));
    }
    return shares;
}

std::size_t in_ledger(const std::string& file)
{
    auto store = server::ShareStore::open(file, server::ShareStore::Mode::read);
    EXPECT_TRUE(store);
    return store ? store->newest_shares(0)->size() : 0;
}

// ── plain ───────────────────────────────────────────────────────────────────────────────────────

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
    constexpr int kMiners = 50;
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

// ── TLS ─────────────────────────────────────────────────────────────────────────────────────────

class Tls : public testing::Test {
protected:
    Tls() : authority(folder.path()) {}

    TlsServerContext load(const Authority::Issued& issued)
    {
        auto context = TlsServerContext::load(issued.certificate_file, issued.key_file);
        EXPECT_TRUE(context) << (context ? "" : context.error().text);
        return *context;
    }
    /// What is said when this trust does not hold.
    std::string mine(const Authority::Issued& issued, TlsSettings trust)
    {
        const TlsServerContext context = load(issued);
        TestPool pool(folder.file(), context);
        Ear ear;
        PoolSourceOptions options = options_for(pool, ear, "stratum+ssl");
        options.tls = std::move(trust);
        PoolSource source(std::move(options));
        source.start(ear);
        EXPECT_TRUE(ear.wait_for_words("TLS:")) << ear.said();
        return ear.said();
    }
    /// The same, for trust that is to hold.
    void mines(const Authority::Issued& issued, TlsSettings trust)
    {
        const TlsServerContext context = load(issued);
        TestPool pool(folder.file(), context);
        Ear ear;
        PoolSourceOptions options = options_for(pool, ear, "stratum+ssl");
        options.tls = std::move(trust);
        PoolSource source(std::move(options));
        source.start(ear);
        const WorkPtr work = ear.wait_for_work();
        ASSERT_TRUE(work) << ear.said();
        for (Share& share : dig(work, 3)) source.submit(std::move(share));
        EXPECT_TRUE(ear.wait_for_verdicts(3));
        EXPECT_EQ(ear.accepted(), 3);
    }
    TlsSettings trusting_authority() const
    {
        TlsSettings trust;
        trust.ca_file = authority.ca_file();
        return trust;
    }

    Folder folder;
    Authority authority;
};

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

// ── SOCKS5 ──────────────────────────────────────────────────────────────────────────────────────

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
