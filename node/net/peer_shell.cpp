#include "node/net/peer_shell.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <future>
#include <mutex>

#include "kernels/base/check.hpp"
#include "node/net/connection.hpp"

namespace adit::node::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

tcp::endpoint to_asio(const p2p::Endpoint& endpoint)
{
    if (endpoint.is_ipv4()) {
        asio::ip::address_v4::bytes_type bytes;
        std::copy(endpoint.ip.begin() + 12, endpoint.ip.end(), bytes.begin());
        return {asio::ip::address_v4(bytes), endpoint.port};
    }
    asio::ip::address_v6::bytes_type bytes;
    std::copy(endpoint.ip.begin(), endpoint.ip.end(), bytes.begin());
    return {asio::ip::address_v6(bytes), endpoint.port};
}

p2p::Endpoint from_asio(const tcp::endpoint& from)
{
    p2p::Endpoint endpoint;
    const auto v6 = from.address().is_v4()
                        ? asio::ip::make_address_v6(asio::ip::v4_mapped, from.address().to_v4())
                        : from.address().to_v6();
    const auto bytes = v6.to_bytes();
    std::copy(bytes.begin(), bytes.end(), endpoint.ip.begin());
    endpoint.port = from.port();
    return endpoint;
}

asio::ssl::context make_context(const TlsIdentity& identity)
{
    asio::ssl::context context(asio::ssl::context::tls);
    SSL_CTX* raw = context.native_handle();
    SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_num_tickets(raw, 0);
    SSL_CTX_set_verify(raw, SSL_VERIFY_NONE,
                       nullptr);  // self-signed all: pins are checked after the handshake
    ADIT_CHECK(identity.use_in(raw));
    return context;
}

}  // namespace

/// Shared with what is still under way on the two threads.
struct PeerShell::Parts : std::enable_shared_from_this<PeerShell::Parts> {
    Parts(NodeLoop& node_loop, TlsIdentity tls_identity, PeerShellOptions shell_options)
        : loop(node_loop),
          identity(std::move(tls_identity)),
          options(std::move(shell_options)),
          context(make_context(identity))
    {}

    // The network thread.
    asio::awaitable<void> accept_loop(std::shared_ptr<tcp::acceptor> acceptor);
    void accept(tcp::socket socket);
    void connect(p2p::PeerId id, const p2p::Endpoint& to, bool tls);
    Connection::Callbacks callbacks_for(p2p::PeerId id, const p2p::Endpoint& remote, bool inbound);
    void on_open(p2p::PeerId id, const p2p::Endpoint& remote, bool inbound);
    void on_closed(p2p::PeerId id, const p2p::Endpoint& remote, bool inbound);
    void end(p2p::PeerId id, bool at_once = false);
    void stop_sockets();

    /// Runs `work` on the chain thread with the network, unless it is over.
    void with_network(std::function<void(p2p::Network&)> work);

    NodeLoop& loop;
    TlsIdentity identity;
    PeerShellOptions options;
    asio::ssl::context context;

    std::map<p2p::PeerId, std::shared_ptr<Connection>> connections;  ///< network thread
    std::set<p2p::PeerId> opened;                                    ///< network thread
    std::map<p2p::PeerId, bool> dialled_tls;  ///< network thread: the current attempt
    std::shared_ptr<tcp::acceptor> acceptor;  ///< network thread
    std::deque<p2p::PeerId> half_open;        ///< network thread: inbound, oldest first
    p2p::PeerId next_inbound = u64{1} << 62;  ///< network thread: apart from dialled ids
    p2p::Network* network = nullptr;          ///< chain thread; null once stopped

    mutable std::mutex mutex;  ///< guards infos and options.spoke_tls
    std::map<p2p::PeerId, ConnectionInfo> infos;
};

void PeerShell::Parts::with_network(std::function<void(p2p::Network&)> work)
{
    loop.post_chain([self = shared_from_this(), work = std::move(work)] {
        if (self->network != nullptr) work(*self->network);
    });
}

asio::awaitable<void> PeerShell::Parts::accept_loop(std::shared_ptr<tcp::acceptor> from)
{
    const auto self = shared_from_this();
    while (from->is_open()) {
        auto [error, socket] = co_await from->async_accept(asio::as_tuple(asio::use_awaitable));
        if (error == asio::error::operation_aborted) co_return;
        if (error) {
            // Out of descriptors, say: wait rather than spin.
            asio::steady_timer pause(from->get_executor(), std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            continue;
        }
        if (half_open.size() >= kHalfOpenMax) end(half_open.front());
        accept(std::move(socket));
    }
}

void PeerShell::Parts::accept(tcp::socket socket)
{
    boost::system::error_code error;
    const tcp::endpoint from = socket.remote_endpoint(error);
    if (error) return;
    socket.set_option(tcp::no_delay(true), error);
    const p2p::PeerId id = next_inbound++;
    const p2p::Endpoint remote = from_asio(from);
    half_open.push_back(id);
    Connection::Security security{context.native_handle(), true, options.allow_plain, std::nullopt};
    connections[id] = std::make_shared<Connection>(std::move(socket), std::move(security),
                                                   callbacks_for(id, remote, true));
    connections[id]->start_inbound();
}

void PeerShell::Parts::connect(p2p::PeerId id, const p2p::Endpoint& to, bool tls)
{
    Connection::Security security{context.native_handle(), tls, false, std::nullopt};
    if (const auto pin = options.pins.find(to); pin != options.pins.end())
        security.pin = pin->second;
    dialled_tls[id] = tls;
    connections[id] = std::make_shared<Connection>(tcp::socket(loop.network()), std::move(security),
                                                   callbacks_for(id, to, false));
    connections[id]->start_outbound(to_asio(to));
}

Connection::Callbacks PeerShell::Parts::callbacks_for(p2p::PeerId id, const p2p::Endpoint& remote,
                                                      bool inbound)
{
    Connection::Callbacks callbacks;
    callbacks.on_open = [this, id, remote, inbound] { on_open(id, remote, inbound); };
    callbacks.on_closed = [this, id, remote, inbound](const std::string&) {
        on_closed(id, remote, inbound);
    };
    callbacks.on_written = [this, id](std::size_t bytes) {
        with_network([id, bytes](p2p::Network& n) { n.on_written(id, bytes); });
    };
    callbacks.on_bytes = [this, id](Bytes bytes) {
        with_network([self = shared_from_this(), id, bytes = std::move(bytes)](p2p::Network& n) {
            n.on_bytes(id, bytes);
            self->loop.post_network([self, id] {
                if (const auto at = self->connections.find(id); at != self->connections.end())
                    at->second->resume();
            });
        });
    };
    return callbacks;
}

void PeerShell::Parts::on_open(p2p::PeerId id, const p2p::Endpoint& remote, bool inbound)
{
    const auto& connection = connections.at(id);
    opened.insert(id);
    std::erase(half_open, id);
    dialled_tls.erase(id);
    {
        const std::scoped_lock lock(mutex);
        infos[id] = {connection->is_tls(), connection->is_pinned()};
        if (!inbound && connection->is_tls() && options.spoke_tls.size() < kSpokeTlsMax)
            options.spoke_tls.insert(remote);
    }
    with_network([self = shared_from_this(), id, remote, inbound](p2p::Network& n) {
        if (!inbound) return n.on_dialled(id);
        if (n.on_accepted(id, remote)) return;
        self->loop.post_network([self, id] { self->end(id); });
    });
}

/// Closes and forgets a connection; nothing is reported.
void PeerShell::Parts::end(p2p::PeerId id, bool at_once)
{
    std::erase(half_open, id);
    opened.erase(id);
    dialled_tls.erase(id);
    {
        const std::scoped_lock lock(mutex);
        infos.erase(id);
    }
    const auto at = connections.find(id);
    if (at == connections.end()) return;
    const auto connection = at->second;
    connections.erase(at);
    if (at_once)
        connection->abort();
    else
        connection->close();
}

void PeerShell::Parts::on_closed(p2p::PeerId id, const p2p::Endpoint& remote, bool inbound)
{
    const bool was_open = opened.erase(id) != 0;
    connections.erase(id);
    {
        const std::scoped_lock lock(mutex);
        infos.erase(id);
    }
    if (inbound) {
        std::erase(half_open, id);
        if (was_open) with_network([id](p2p::Network& n) { n.on_closed(id); });
        return;
    }
    if (was_open) {
        with_network([id](p2p::Network& n) { n.on_closed(id); });
        return;
    }
    bool spoke = false;
    {
        const std::scoped_lock lock(mutex);
        spoke = options.spoke_tls.contains(remote);
    }
    // Plain only where it is allowed, and never where TLS once worked: nobody talks us down.
    if (dialled_tls[id] && options.allow_plain && !spoke && !options.pins.contains(remote))
        return connect(id, remote, false);
    dialled_tls.erase(id);
    with_network([id](p2p::Network& n) { n.on_dial_failed(id); });
}

void PeerShell::Parts::stop_sockets()
{
    boost::system::error_code ignored;
    if (acceptor) acceptor->close(ignored);
    auto all = std::move(connections);
    connections.clear();
    for (auto& [id, connection] : all) connection->close();
}

PeerShell::PeerShell(NodeLoop& loop, TlsIdentity identity, PeerShellOptions options)
    : parts_(std::make_shared<Parts>(loop, std::move(identity), std::move(options)))
{}

PeerShell::~PeerShell() = default;

void PeerShell::attach(p2p::Network& network) { parts_->network = &network; }

Result<u16, std::string> PeerShell::listen(const p2p::Endpoint& at)
{
    boost::system::error_code error;
    auto acceptor = std::make_shared<tcp::acceptor>(parts_->loop.network());
    const tcp::endpoint endpoint = to_asio(at);
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return "cannot listen for peers on " + at.text() + ": " + error.message() +
               "; choose another with --listen, or --no-listen";
    const u16 port = acceptor->local_endpoint(error).port();
    parts_->loop.post_network([parts = parts_, acceptor] {
        parts->acceptor = acceptor;
        asio::co_spawn(
            parts->loop.network(), [parts, acceptor] { return parts->accept_loop(acceptor); },
            asio::detached);
    });
    return port;
}

void PeerShell::dial(p2p::PeerId id, const p2p::Endpoint& to)
{
    parts_->loop.post_network([parts = parts_, id, to] { parts->connect(id, to, true); });
}

void PeerShell::write(p2p::PeerId id, Bytes bytes)
{
    parts_->loop.post_network([parts = parts_, id, bytes = std::move(bytes)]() mutable {
        if (const auto at = parts->connections.find(id); at != parts->connections.end())
            at->second->write(std::move(bytes));
    });
}

void PeerShell::close(p2p::PeerId id)
{
    parts_->loop.post_network([parts = parts_, id] { parts->end(id); });
}

void PeerShell::abort(p2p::PeerId id)
{
    parts_->loop.post_network([parts = parts_, id] { parts->end(id, true); });
}

void PeerShell::stop()
{
    std::promise<void> silent;
    parts_->loop.post_chain([parts = parts_, &silent] {
        parts->network = nullptr;
        silent.set_value();
    });
    silent.get_future().wait();
    parts_->loop.post_network([parts = parts_] { parts->stop_sockets(); });
}

ConnectionInfo PeerShell::info(p2p::PeerId id) const
{
    const std::scoped_lock lock(parts_->mutex);
    const auto at = parts_->infos.find(id);
    return at == parts_->infos.end() ? ConnectionInfo{} : at->second;
}

std::set<p2p::Endpoint> PeerShell::spoke_tls() const
{
    const std::scoped_lock lock(parts_->mutex);
    return parts_->options.spoke_tls;
}

std::size_t PeerShell::spoke_tls_count() const
{
    const std::scoped_lock lock(parts_->mutex);
    return parts_->options.spoke_tls.size();
}

const Hash256& PeerShell::fingerprint() const { return parts_->identity.fingerprint(); }

Result<std::vector<p2p::Endpoint>, std::string> resolve(const std::string& text, u16 default_port)
{
    std::string host = text;
    std::string port = std::to_string(default_port);
    const auto colon = text.rfind(':');
    const bool bracketed = !text.empty() && text.front() == '[';
    if (bracketed && text.find(']') != std::string::npos) {
        const auto close = text.find(']');
        host = text.substr(1, close - 1);
        if (close + 1 < text.size() && text[close + 1] == ':') port = text.substr(close + 2);
    } else if (colon != std::string::npos && text.find(':') == colon) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    asio::io_context context;
    tcp::resolver resolver(context);
    boost::system::error_code error;
    const auto found = resolver.resolve(host, port, tcp::resolver::numeric_service, error);
    if (error) return "cannot find " + text + ": " + error.message() + "; give HOST:PORT";
    std::vector<p2p::Endpoint> endpoints;
    for (const auto& entry : found) endpoints.push_back(from_asio(entry.endpoint()));
    return endpoints;
}

}  // namespace adit::node::net
