#include "node/rpc/http_shell.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <set>

#include "kernels/asio/awaited.hpp"
#include "node/crypto/secret_bytes.hpp"

namespace adit::node::rpc {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

/// Requests may hold a passphrase: every buffer they are in is wiped when it goes.
using WipedChars = crypto::WipingAllocator<char>;
using Buffer = beast::basic_flat_buffer<WipedChars>;
using Body = http::basic_string_body<char, std::char_traits<char>, WipedChars>;
using Request = http::request<Body>;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// A body at the handler, and the coroutine that waits for its answer. Network thread.
struct Pending {
    explicit Pending(net::io_context& network) : wake(network, net::steady_timer::time_point::max())
    {}

    net::steady_timer wake;  ///< cancelled when the answer is there
    std::stop_source gone;
    std::optional<HttpAnswer> answer;
};

struct Connection {
    explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}

    beast::tcp_stream stream;
    std::shared_ptr<Pending> pending;  ///< null while no request is being answered
    std::string peer;
    std::string local;
};
using ConnectionPtr = std::shared_ptr<Connection>;

}  // namespace

class HttpShell::Server : public std::enable_shared_from_this<Server> {
public:
    Server(net::io_context& network, HttpConfig config, Handler handler)
        : network_(network),
          acceptor_(network),
          config_(std::move(config)),
          limits_(config_.limits),
          handler_(std::move(handler))
    {}

    std::optional<ListenError> open();
    void start() { net::co_spawn(network_, accept_all(shared_from_this()), net::detached); }
    void stop();
    u16 port() const { return port_; }

private:
    using Self = std::shared_ptr<Server>;

    static net::awaitable<void> accept_all(Self self);
    static net::awaitable<void> serve(Self self, ConnectionPtr connection);
    static net::awaitable<void> close_all(Self self);
    net::awaitable<void> wait(std::chrono::milliseconds time);
    net::awaitable<void> talk(Connection& connection);
    net::awaitable<HttpAnswer> ask_handler(Connection& connection, Body::value_type body);
    net::awaitable<bool> write(Connection& connection, HttpAnswer answer, unsigned version,
                               bool keep_alive);
    net::awaitable<void> refuse(Connection& connection, HttpAnswer answer);

    std::optional<HttpAnswer> refusal_of(const Connection& connection,
                                         const Request& request) const;
    std::optional<HttpAnswer> refusal_of(const ErrorCode& error) const;

    net::io_context& network_;
    tcp::acceptor acceptor_;
    HttpConfig config_;
    const HttpLimits& limits_;
    Handler handler_;
    std::set<ConnectionPtr> connections_;
    u16 port_ = 0;
    bool stopping_ = false;
};

std::optional<HttpShell::ListenError> HttpShell::Server::open()
{
    ErrorCode error;
    const auto address = net::ip::make_address(config_.bind, error);
    if (error)
        return ListenError{false, "cannot listen on " + config_.bind +
                                      ": give an address of this machine, such as 127.0.0.1"};
    const tcp::endpoint endpoint(address, config_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(net::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(net::socket_base::max_listen_connections, error);
    if (error) {
        const std::string where = address.is_v6() ? '[' + config_.bind + ']' : config_.bind;
        return ListenError{error == net::error::address_in_use, "cannot listen on " + where + ':' +
                                                                    std::to_string(config_.port) +
                                                                    ": " + error.message()};
    }
    port_ = acceptor_.local_endpoint(error).port();
    return std::nullopt;
}

net::awaitable<void> HttpShell::Server::wait(std::chrono::milliseconds time)
{
    net::steady_timer timer(network_, time);
    co_await timer.async_wait(kAsTuple);
}

net::awaitable<void> HttpShell::Server::accept_all(Self self)
{
    for (;;) {
        auto [error, socket] = co_await self->acceptor_.async_accept(kAsTuple);
        if (self->stopping_) co_return;
        if (error) {  // out of file descriptors, say: others must end first
            co_await self->wait(std::chrono::milliseconds(100));
            continue;
        }
        ErrorCode ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        socket.set_option(net::socket_base::keep_alive(true), ignored);
        auto connection = std::make_shared<Connection>(std::move(socket));
        net::co_spawn(self->network_, serve(self, std::move(connection)), net::detached);
    }
}

net::awaitable<void> HttpShell::Server::serve(Self self, ConnectionPtr connection)
{
    tcp::socket& socket = connection->stream.socket();
    ErrorCode error;
    connection->peer = socket.remote_endpoint(error).address().to_string();
    if (!error) connection->local = socket.local_endpoint(error).address().to_string();
    if (error) co_return;

    const bool room = self->connections_.size() < self->limits_.connections_max;
    self->connections_.insert(connection);
    if (room) {
        co_await self->talk(*connection);
    } else {
        HttpAnswer full{503, "too many connections: ask again later\n"};
        co_await self->refuse(*connection, std::move(full));
    }
    socket.close(error);
    self->connections_.erase(connection);
}

net::awaitable<void> HttpShell::Server::talk(Connection& connection)
{
    Buffer buffer;
    while (!stopping_) {
        buffer.shrink_to_fit();  // nothing is left of the last request
        http::request_parser<Body> parser;
        parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
        parser.body_limit(limits_.body_bytes_max);
        connection.stream.expires_after(limits_.idle_max);

        auto [error, header_bytes] =
            co_await http::async_read_header(connection.stream, buffer, parser, kAsTuple);
        if (!error) {
            if (auto refusal = refusal_of(connection, parser.get())) {
                const bool guessed =
                    refusal->status == 401 && parser.get().count(http::field::authorization) > 0;
                if (guessed) co_await wait(limits_.bad_password_delay);
                co_await refuse(connection, std::move(*refusal));
                co_return;
            }
            if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
                http::response<http::empty_body> go_on(http::status::continue_, 11);
                auto [failed, bytes] =
                    co_await http::async_write(connection.stream, go_on, kAsTuple);
                if (failed) co_return;
            }
            auto [read_error, body_bytes] =
                co_await http::async_read(connection.stream, buffer, parser, kAsTuple);
            error = read_error;
        }
        if (auto refusal = refusal_of(error)) co_await refuse(connection, std::move(*refusal));
        if (error) co_return;

        auto request = parser.release();
        HttpAnswer answer = co_await ask_handler(connection, std::move(request.body()));
        const bool keep = request.keep_alive() && !stopping_;
        if (!co_await write(connection, std::move(answer), request.version(), keep) || !keep)
            co_return;
    }
}

/// Why a request goes no further, judged by its header alone.
std::optional<HttpAnswer> HttpShell::Server::refusal_of(const Connection& connection,
                                                        const Request& request) const
{
    if (!may_call(connection.peer, config_.allowed))
        return HttpAnswer{403, "calls from " + connection.peer + " are not allowed\n"};
    if (!host_is_ours(view(request[http::field::host]), connection.local, config_.names))
        return HttpAnswer{403, "this Host is not allowed: call by address or as localhost\n"};
    if (request.method() != http::verb::post)
        return HttpAnswer{405, "JSON-RPC is spoken by POST\n"};
    if (request.target() != "/") return HttpAnswer{404, "calls go to /\n"};

    const std::string_view secret = view(request[http::field::authorization]);
    bool known = false;
    for (const Credentials& caller : config_.callers) known = caller.match(secret) || known;
    if (!known) return HttpAnswer{401, ""};
    return std::nullopt;
}

/// What to say to bytes that are no request we can read; nothing when the caller just went away.
std::optional<HttpAnswer> HttpShell::Server::refusal_of(const ErrorCode& error) const
{
    const auto is = [&](http::error which) { return error == make_error_code(which); };
    if (is(http::error::header_limit) || is(http::error::buffer_overflow))
        return HttpAnswer{431, "the header is too long\n"};
    if (is(http::error::body_limit))
        return HttpAnswer{
            413, "a body holds at most " + std::to_string(limits_.body_bytes_max) + " bytes\n"};
    const bool ours = error.category() == make_error_code(http::error::bad_version).category();
    if (!ours || is(http::error::end_of_stream) || is(http::error::partial_message))
        return std::nullopt;
    return HttpAnswer{400, "this is no HTTP request\n"};
}

net::awaitable<HttpAnswer> HttpShell::Server::ask_handler(Connection& connection,
                                                          Body::value_type body)
{
    const auto pending = std::make_shared<Pending>(network_);
    connection.pending = pending;
    connection.stream.expires_never();

    handler_(body, pending->gone.get_token(), [pending, &network = network_](HttpAnswer answer) {
        net::post(network, [pending, answer = std::move(answer)]() mutable {
            pending->answer = std::move(answer);
            pending->wake.cancel();
        });
    });
    Body::value_type().swap(body);

    // A caller who hangs up sets `gone`; bytes of a next request are left where they are.
    tcp::socket& socket = connection.stream.socket();
    socket.async_wait(tcp::socket::wait_read, [pending, &socket](ErrorCode error) {
        if (error || pending->answer) return;
        char byte = 0;
        const std::size_t there =
            socket.receive(net::buffer(&byte, 1), net::socket_base::message_peek, error);
        if (there == 0 && error != net::error::would_block) pending->gone.request_stop();
    });

    while (!pending->answer) co_await pending->wake.async_wait(kAsTuple);
    ErrorCode ignored;
    socket.cancel(ignored);
    connection.pending.reset();
    co_return std::move(*pending->answer);
}

net::awaitable<bool> HttpShell::Server::write(Connection& connection, HttpAnswer answer,
                                              unsigned version, bool keep_alive)
{
    http::response<http::string_body> response(static_cast<http::status>(answer.status), version);
    const bool is_json = answer.body.starts_with('{') || answer.body.starts_with('[');
    if (!answer.body.empty())
        response.set(http::field::content_type, is_json ? "application/json" : "text/plain");
    if (answer.status == 401)
        response.set(http::field::www_authenticate, "Basic realm=\"jsonrpc\"");
    if (answer.status == 405) response.set(http::field::allow, "POST");
    response.keep_alive(keep_alive);
    response.body() = std::move(answer.body);
    response.prepare_payload();

    connection.stream.expires_after(limits_.write_max);
    auto [error, bytes] = co_await http::async_write(connection.stream, response, kAsTuple);
    co_return !error;
}

/// (GCC 12 destroys a braced argument of an awaited call twice, so answers are named before.)
/// Answers without having read the whole request. What the caller still sends is read and dropped
/// for a moment, since closing at once could lose the answer.
net::awaitable<void> HttpShell::Server::refuse(Connection& connection, HttpAnswer answer)
{
    if (!co_await write(connection, std::move(answer), 11, false)) co_return;
    ErrorCode ignored;
    connection.stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    connection.stream.expires_after(limits_.drain_max);
    std::array<char, 4096> scratch;
    for (std::size_t dropped = 0; dropped < limits_.body_bytes_max;) {
        auto [error, bytes] =
            co_await connection.stream.async_read_some(net::buffer(scratch), kAsTuple);
        if (error) co_return;
        dropped += bytes;
    }
}

net::awaitable<void> HttpShell::Server::close_all(Self self)
{
    self->stopping_ = true;
    ErrorCode ignored;
    self->acceptor_.close(ignored);
    for (const ConnectionPtr& connection : self->connections_) {
        if (connection->pending)
            connection->pending->gone.request_stop();
        else
            connection->stream.cancel();
    }
    const auto deadline = std::chrono::steady_clock::now() + self->limits_.drain_max;
    while (!self->connections_.empty() && std::chrono::steady_clock::now() < deadline)
        co_await self->wait(std::chrono::milliseconds(5));
    for (const ConnectionPtr& connection : self->connections_) connection->stream.close();
}

void HttpShell::Server::stop()
{
    net::co_spawn(network_, close_all(shared_from_this()), net::detached);
}

Result<std::unique_ptr<HttpShell>, HttpShell::ListenError> HttpShell::listen(
    net::io_context& network, HttpConfig config, Handler handler)
{
    auto server = std::make_shared<Server>(network, std::move(config), std::move(handler));
    if (const auto error = server->open()) return *error;
    server->start();
    return std::unique_ptr<HttpShell>(new HttpShell(std::move(server)));
}

HttpShell::HttpShell(std::shared_ptr<Server> server) : server_(std::move(server)) {}
HttpShell::~HttpShell() = default;
u16 HttpShell::port() const { return server_->port(); }
void HttpShell::stop() { server_->stop(); }

}  // namespace adit::node::rpc
