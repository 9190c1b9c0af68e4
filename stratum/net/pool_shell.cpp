#include "stratum/net/pool_shell.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <list>
#include <thread>
#include <unordered_map>

#include "kernels/asio/awaited.hpp"
#include "kernels/base/random.hpp"
#include "stratum/net/judge_team.hpp"
#include "stratum/net/ledger_writer.hpp"
#include "stratum/net/stream.hpp"
#include "stratum/net/write_team.hpp"
#include "stratum/proto/codec.hpp"

namespace adit::stratum::net {
namespace {

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPauseWhenBusy = 2ms;
constexpr auto kHandshakeMax = 10s;
constexpr auto kFarewellMax = 200ms;
constexpr std::size_t kFarewellsMax = 64;  ///< at once; more newcomers are refused without a word
constexpr unsigned kWriteHelpersMax = 3;
constexpr auto kAcceptPause = 100ms;  ///< when the machine is out of descriptors

/// Job numbers only rise, also over restarts: the Unix time in steps of 4 ms.
u64 first_job_number()
{
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<u64>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count() /
                            4);
}

/// All cores but the network thread's own.
unsigned write_helpers()
{
    return std::clamp(std::thread::hardware_concurrency(), 1u, kWriteHelpersMax + 1) - 1;
}

/// Whom a connection counts against. An IPv6 host mostly owns a whole /64, so that one is meant.
std::string counted_address(const asio::ip::address& address)
{
    if (!address.is_v6()) return address.to_string();
    asio::ip::address_v6 v6 = address.to_v6();
    if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), u8{0});
    return asio::ip::address_v6(bytes).to_string() + "/64";
}

const char* words_of(server::AddressGuard::Answer refusal)
{
    using Answer = server::AddressGuard::Answer;
    switch (refusal) {
        case Answer::welcome: break;
        case Answer::server_full: return "the pool is full: try another";
        case Answer::too_many_from_address: return "too many connections from your address";
        case Answer::too_many_failures:
            return "too many failures from your address: wait two minutes";
    }
    return "not let in";
}

/// Cuts off a miner that never ends its handshake.
class HandshakeGuard {
public:
    HandshakeGuard(asio::io_context& network, int descriptor)
        : timer_(network, kHandshakeMax), running_(std::make_shared<bool>(true))
    {
        timer_.async_wait([running = running_, descriptor](const ErrorCode& error) {
            if (!error && *running) ::shutdown(descriptor, SHUT_RDWR);
        });
    }
    ~HandshakeGuard() { *running_ = false; }  // the descriptor may be another's from now on
    HandshakeGuard(const HandshakeGuard&) = delete;

private:
    asio::steady_timer timer_;
    std::shared_ptr<bool> running_;
};

}  // namespace

class PoolShell::Network {
public:
    Network(PoolShellOptions options, server::ShareStore store)
        : options_(std::move(options)),
          server_(options_.pool, entropy_seed(), first_job_number()),
          ledger_(std::move(store),
                  [this](LedgerWriter::Outcome outcome) {
                      asio::post(network_, [this, outcome = std::move(outcome)]() mutable {
                          on_written(std::move(outcome));
                      });
                  }),
          judges_(std::max(1u, options_.judge_threads), [this](server::OpenShare share) {
              asio::post(network_, [this, share = std::move(share)]() mutable {
                  server_.on_judged(std::move(share), Clock::now());
                  pump();
              });
          })
    {}

    Result<std::vector<u16>, Error> start();
    void stop(Duration grace);

    void on_work(WorkPtr work)
    {
        asio::post(network_, [this, work = std::move(work), told = Clock::now()]() mutable {
            server_.on_work(std::move(work), Clock::now());
            const std::size_t written = pump();
            if (written > 0) spread_ = {written, Clock::now() - told};
        });
    }
    void settle(const Hash256& block, bool accepted, const std::string& reason)
    {
        ledger_.settle(block, accepted, reason);
    }
    PoolView view()
    {
        return asio::post(network_, asio::use_future([this] { return look(); })).get();
    }

private:
    struct Connection {
        u64 number = 0;
        std::unique_ptr<Stream> stream;
        bool writing = false;
        bool gone = false;
    };
    using ConnectionPtr = std::shared_ptr<Connection>;
    struct Outgoing {
        ConnectionPtr to;
        std::string bytes;
        std::size_t written = 0;
    };

    asio::awaitable<void> accept_all(tcp::acceptor& acceptor, bool tls);
    asio::awaitable<void> welcome(tcp::socket socket, std::string address, bool tls);
    asio::awaitable<std::unique_ptr<Stream>> shake_hands(tcp::socket socket);
    asio::awaitable<void> say_farewell(tcp::socket& socket, server::AddressGuard::Answer why);
    asio::awaitable<void> serve(ConnectionPtr connection);
    asio::awaitable<void> write(ConnectionPtr connection, std::string bytes);
    asio::awaitable<void> tick();
    asio::awaitable<void> finish(TimePoint deadline);
    std::size_t pump();
    std::vector<Outgoing> take_outgoing();
    void go_on(Outgoing outgoing);
    void drop(const ConnectionPtr& connection);
    void on_written(LedgerWriter::Outcome outcome);
    void tell();
    PoolView look();
    void log(bool warning, const std::string& line)
    {
        if (options_.log) options_.log(warning, line);
    }

    PoolShellOptions options_;
    asio::io_context network_{1};
    server::PoolServer server_;
    std::list<tcp::acceptor> acceptors_;
    std::unordered_map<u64, ConnectionPtr> connections_;
    bool store_complained_ = false;
    JobSpread spread_;
    std::size_t farewells_ = 0;
    LedgerWriter ledger_;
    JudgeTeam judges_;
    WriteTeam writers_{write_helpers()};
    std::jthread thread_;
};

// ── start and end ───────────────────────────────────────────────────────────────────────────────

Result<std::vector<u16>, PoolShell::Error> PoolShell::Network::start()
{
    std::vector<u16> ports;
    for (const ListenAt& place : options_.listen) {
        const std::string spot =
            (place.host.empty() ? "*" : place.host) + ":" + std::to_string(place.port);
        if (place.tls && !options_.tls)
            return Error{"listening with TLS at " + spot + " needs a certificate and its key"};
        ErrorCode error;
        const auto address = place.host.empty() ? asio::ip::address(asio::ip::address_v4::any())
                                                : asio::ip::make_address(place.host, error);
        if (error) return Error{"\"" + place.host + "\" is no address to listen at"};
        const tcp::endpoint endpoint(address, place.port);
        tcp::acceptor& acceptor = acceptors_.emplace_back(network_);
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(4096, error);
        if (error == asio::error::address_in_use)
            return Error{"port " + spot + " is taken; choose another with --listen"};
        if (error) return Error{"cannot listen at " + spot + ": " + error.message()};
        ports.push_back(acceptor.local_endpoint().port());
        asio::co_spawn(network_, accept_all(acceptor, place.tls), asio::detached);
    }
    asio::co_spawn(network_, tick(), asio::detached);
    thread_ = std::jthread([this] { network_.run(); });
    return ports;
}

void PoolShell::Network::stop(Duration grace)
{
    if (!thread_.joinable()) return;
    asio::co_spawn(network_, finish(Clock::now() + grace), asio::detached);
    thread_.join();
}

asio::awaitable<void> PoolShell::Network::finish(TimePoint deadline)
{
    ErrorCode ignored;
    for (tcp::acceptor& acceptor : acceptors_) acceptor.close(ignored);
    server_.drain();
    asio::steady_timer timer(network_);
    const auto busy = [&] {
        if (!server_.drained()) return true;
        for (const auto& [number, connection] : connections_)
            if (connection->writing) return true;
        return false;
    };
    while (busy() && Clock::now() < deadline) {
        timer.expires_after(2ms);
        co_await timer.async_wait(with(ignored));
    }
    if (!server_.drained())
        log(true, std::to_string(server_.open_shares()) + " shares were not answered in time");
    for (auto& [number, connection] : connections_) {
        connection->gone = true;
        connection->stream->close();
    }
    network_.stop();
}

// ── connections ─────────────────────────────────────────────────────────────────────────────────

asio::awaitable<void> PoolShell::Network::accept_all(tcp::acceptor& acceptor, bool tls)
{
    asio::steady_timer timer(network_);
    while (acceptor.is_open()) {
        ErrorCode error;
        tcp::socket socket = co_await acceptor.async_accept(with(error));
        if (error == asio::error::operation_aborted) break;
        if (error) {
            timer.expires_after(kAcceptPause);
            co_await timer.async_wait(with(error));
            continue;
        }
        const tcp::endpoint far_end = socket.remote_endpoint(error);
        if (error) continue;
        prepare_socket(socket);
        asio::co_spawn(network_,
                       welcome(std::move(socket), counted_address(far_end.address()), tls),
                       asio::detached);
    }
}

asio::awaitable<void> PoolShell::Network::welcome(tcp::socket socket, std::string address, bool tls)
{
    const auto accepted = server_.accept(address, Clock::now());
    if (!accepted) {
        if (!tls && farewells_ < kFarewellsMax) co_await say_farewell(socket, accepted.error());
        co_return;
    }
    auto connection = std::make_shared<Connection>();
    connection->number = *accepted;
    if (tls)  // no "?:" here: GCC 12 destroys what a co_await inside one gives twice
        connection->stream = co_await shake_hands(std::move(socket));
    else
        connection->stream = make_plain_stream(std::move(socket));
    if (!connection->stream) co_return server_.on_closed(connection->number, Clock::now());
    connections_[connection->number] = connection;
    co_await serve(connection);
}

/// Tells a miner why it is not let in. What it has sent meanwhile is read first: what lies unread
/// when a socket closes would take our words back with it.
asio::awaitable<void> PoolShell::Network::say_farewell(tcp::socket& socket,
                                                       server::AddressGuard::Answer why)
{
    ++farewells_;
    const std::string words = encode(ShowMessage{words_of(why)});
    ErrorCode ignored;
    (void)socket.write_some(asio::buffer(words), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    asio::steady_timer timer(network_, kFarewellMax);
    co_await timer.async_wait(with(ignored));
    std::array<char, 1024> unread;
    socket.non_blocking(true, ignored);
    (void)socket.receive(asio::buffer(unread), 0, ignored);
    --farewells_;
}

/// Null when the miner does not speak TLS (then it is told so), or is too slow.
asio::awaitable<std::unique_ptr<Stream>> PoolShell::Network::shake_hands(tcp::socket socket)
{
    const HandshakeGuard guard(network_, socket.native_handle());
    ErrorCode error;
    co_await socket.async_wait(tcp::socket::wait_read, with(error));
    char first = 0;
    const auto peeked = socket.receive(asio::buffer(&first, 1), tcp::socket::message_peek, error);
    if (!error && peeked == 1 && first == '{') {
        static const std::string kWords =
            encode(ShowMessage{"this port speaks TLS; write stratum+ssl:// in place of "
                               "stratum+tcp://"});
        ErrorCode ignored;
        (void)socket.write_some(asio::buffer(kWords), ignored);
        // What lies unread when a socket closes would take our words back with it.
        std::array<char, 1024> unread;
        socket.non_blocking(true, ignored);
        (void)socket.receive(asio::buffer(unread), 0, ignored);
        co_return nullptr;
    }
    if (error) co_return nullptr;
    co_return co_await make_tls_server(std::move(socket), *options_.tls, error);
}

asio::awaitable<void> PoolShell::Network::serve(ConnectionPtr connection)
{
    while (!connection->gone) {
        if (!server_.wants_bytes(connection->number)) {
            asio::steady_timer timer(network_, kPauseWhenBusy);
            ErrorCode ignored;
            co_await timer.async_wait(with(ignored));
            continue;
        }
        ErrorCode error;
        const std::string_view bytes = co_await connection->stream->read(error);
        if (connection->gone) break;
        if (error) co_return drop(connection);
        server_.on_bytes(connection->number, bytes, Clock::now());
        pump();
    }
}

void PoolShell::Network::drop(const ConnectionPtr& connection)
{
    if (std::exchange(connection->gone, true)) return;
    connection->stream->close();
    connections_.erase(connection->number);
    server_.on_closed(connection->number, Clock::now());
}

/// Moves everything on that can move: shares to the judges and the ledger, answers to the sockets.
/// @return how many connections were written all they had to hear
std::size_t PoolShell::Network::pump()
{
    while (auto share = server_.next_to_judge()) judges_.put(std::move(*share));
    auto accepted = server_.take_to_store(LedgerWriter::kBatchMax);
    if (!accepted.empty()) ledger_.put(std::move(accepted));
    tell();
    std::vector<Outgoing> outgoing = take_outgoing();
    writers_.for_each(outgoing.size(), [&](std::size_t i) {
        outgoing[i].written = outgoing[i].to->stream->write_now(outgoing[i].bytes);
    });
    const auto whole = std::count_if(outgoing.begin(), outgoing.end(), [](const Outgoing& one) {
        return one.written == one.bytes.size();
    });
    for (Outgoing& one : outgoing) go_on(std::move(one));
    return static_cast<std::size_t>(whole);
}

/// What is to be written now; who is still being written to gets it after that.
std::vector<PoolShell::Network::Outgoing> PoolShell::Network::take_outgoing()
{
    std::vector<Outgoing> all;
    while (const auto number = server_.next_with_output()) {
        const auto found = connections_.find(*number);
        if (found == connections_.end() || found->second->writing) continue;
        all.push_back({found->second, server_.take_output(*number)});
    }
    return all;
}

/// The rest waits until the miner reads.
void PoolShell::Network::go_on(Outgoing outgoing)
{
    const ConnectionPtr& connection = outgoing.to;
    if (outgoing.written == outgoing.bytes.size()) {
        if (server_.closing(connection->number)) drop(connection);
        return;
    }
    connection->writing = true;
    outgoing.bytes.erase(0, outgoing.written);
    asio::co_spawn(network_, write(connection, std::move(outgoing.bytes)), asio::detached);
}

asio::awaitable<void> PoolShell::Network::write(ConnectionPtr connection, std::string bytes)
{
    ErrorCode error;
    while (!bytes.empty() && !connection->gone && !error) {
        co_await connection->stream->write(bytes, error);
        bytes = connection->gone ? std::string() : server_.take_output(connection->number);
    }
    connection->writing = false;
    if (!connection->gone && (error || server_.closing(connection->number))) drop(connection);
}

asio::awaitable<void> PoolShell::Network::tick()
{
    asio::steady_timer timer(network_);
    ErrorCode error;
    while (!error) {
        timer.expires_after(1s);
        co_await timer.async_wait(with(error));
        server_.on_tick(Clock::now());
        pump();
        // A miner that reads nothing never lets its last words out.
        for (auto& [number, connection] : std::unordered_map(connections_))
            if (connection->writing && server_.closing(number)) drop(connection);
    }
}

// ── ledger and blocks ───────────────────────────────────────────────────────────────────────────

void PoolShell::Network::on_written(LedgerWriter::Outcome outcome)
{
    if (outcome.error) {
        if (!std::exchange(store_complained_, true))
            log(true, "the share ledger cannot be written (" + outcome.error->detail +
                          "): shares are refused until it can");
        server_.on_store_failed(outcome.shares, Clock::now());
    } else {
        if (std::exchange(store_complained_, false))
            log(false, "the share ledger is written again");
        server_.on_stored(std::move(outcome.shares), outcome.fresh, Clock::now());
    }
    pump();
}

void PoolShell::Network::tell()
{
    while (auto event = server_.next_event()) {
        if (const auto* note = std::get_if<server::PoolNote>(&*event)) {
            log(note->warning, note->text);
        } else if (const auto* found = std::get_if<server::BlockFound>(&*event)) {
            if (options_.on_block) options_.on_block(found->share, found->worker);
        }
    }
}

PoolView PoolShell::Network::look()
{
    PoolView view;
    view.connections = server_.connections();
    view.open_shares = server_.open_shares();
    view.spread = spread_;
    if (const auto job = server_.newest_job()) view.height = job->work->height;
    for (auto& [name, stats] : server_.workers().workers())
        view.workers.push_back({name, stats.connections, stats.rulings, stats.blocks,
                                stats.solutions, stats.rate.estimate(Clock::now())});
    std::sort(view.workers.begin(), view.workers.end(),
              [](const WorkerView& a, const WorkerView& b) { return a.name < b.name; });
    return view;
}

// ── the door ────────────────────────────────────────────────────────────────────────────────────

PoolShell::PoolShell(PoolShellOptions options, server::ShareStore store)
    : network_(std::make_unique<Network>(std::move(options), std::move(store)))
{}
PoolShell::~PoolShell() { stop({}); }

Result<std::vector<u16>, PoolShell::Error> PoolShell::start() { return network_->start(); }
void PoolShell::on_work(WorkPtr work) { network_->on_work(std::move(work)); }
void PoolShell::on_block_verdict(const Hash256& block, bool accepted, const std::string& reason)
{
    network_->settle(block, accepted, reason);
}
PoolView PoolShell::view() { return network_->view(); }
void PoolShell::stop(Duration grace) { network_->stop(grace); }

}  // namespace adit::stratum::net
