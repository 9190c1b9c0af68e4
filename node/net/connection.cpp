#include "node/net/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "node/net/tls_identity.hpp"

namespace adit::node::net {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr int kSmallReads = 8;  ///< before room is given back

Connection::Connection(Socket socket, Security security, Callbacks callbacks)
    : plain_(std::move(socket)),
      security_(std::move(security)),
      callbacks_(std::move(callbacks)),
      deadline_(plain_.get_executor()),
      resumed_(plain_.get_executor())
{}

void Connection::start_inbound()
{
    asio::co_spawn(
        deadline_.get_executor(), [self = shared_from_this()] { return self->run_inbound(); },
        asio::detached);
}

void Connection::start_outbound(const tcp::endpoint& to)
{
    asio::co_spawn(
        deadline_.get_executor(),
        [self = shared_from_this(), to] { return self->run_outbound(to); }, asio::detached);
}

void Connection::write(Bytes bytes)
{
    if (closed_ || closing_) return;
    queue_.push_back(std::move(bytes));
    if (!open_ || writing_) return;
    writing_ = true;
    asio::co_spawn(
        deadline_.get_executor(), [self = shared_from_this()] { return self->write_loop(); },
        asio::detached);
}

void Connection::resume() { resumed_.cancel(); }

void Connection::close()
{
    callbacks_.on_closed = nullptr;
    callbacks_.on_bytes = nullptr;
    closing_ = true;
    if (open_ && writing_) {
        // A peer that does not read does not keep us: what is queued has its time.
        set_deadline();
        return;
    }
    close_socket();
}

void Connection::abort()
{
    callbacks_.on_closed = nullptr;
    close_socket();
}

asio::awaitable<void> Connection::run_inbound()
{
    set_deadline();
    const auto [waited] = co_await socket().async_wait(tcp::socket::wait_read, kAwait);
    if (waited || closed_) co_return fail("nothing came");
    u8 first = 0;
    boost::system::error_code error;
    socket().receive(asio::buffer(&first, 1), tcp::socket::message_peek, error);
    if (error) co_return fail(error.message());
    if (first != kTlsFirstByte && !security_.plain_allowed)
        co_return fail("plain peers are not allowed here");
    if (first == kTlsFirstByte && !co_await shake_hands(false))
        co_return fail("TLS handshake failed");
    open();
    co_await read_loop();
}

asio::awaitable<void> Connection::run_outbound(tcp::endpoint to)
{
    set_deadline();
    const auto [connected] = co_await socket().async_connect(to, kAwait);
    if (connected || closed_) co_return fail(connected ? connected.message() : "closed");
    boost::system::error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    if (security_.tls) {
        set_deadline();
        if (!co_await shake_hands(true)) co_return fail("TLS handshake failed");
        if (security_.pin) {
            X509* certificate = SSL_get1_peer_certificate(tls_->native_handle());
            const bool same =
                certificate != nullptr && fingerprint_of(certificate) == *security_.pin;
            X509_free(certificate);
            if (!same) co_return fail("the certificate is not the pinned one");
        }
    }
    open();
    co_await read_loop();
}

asio::awaitable<bool> Connection::shake_hands(bool as_client)
{
    tls_ = std::make_unique<TlsStream>(std::move(plain_), security_.context);
    const auto error = co_await tls_->shake_hands(as_client);
    co_return !error && !closed_;
}

asio::awaitable<void> Connection::read_loop()
{
    Bytes room(kReadBytesIdle);
    int small_reads = 0;
    while (!closed_) {
        boost::system::error_code error;
        std::size_t size = 0;
        if (tls_) {
            const TlsStream::Moved moved = co_await tls_->read_some(room);
            error = moved.error;
            size = moved.bytes;
        } else {
            std::tie(error, size) = co_await plain_.async_read_some(asio::buffer(room), kAwait);
        }
        if (error) co_return fail(error.message());
        if (!callbacks_.on_bytes) co_return;
        resumed_.expires_at(asio::steady_timer::time_point::max());
        callbacks_.on_bytes(Bytes(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size)));
        co_await resumed_.async_wait(kAwait);  // ended by resume
        // Room as the peer has use for it: a thousand idle ones shall cost little.
        if (size == room.size() && size < kReadBytes) {
            room.resize(kReadBytes);
            small_reads = 0;
        } else if (room.size() > kReadBytesIdle && size <= kReadBytesIdle &&
                   ++small_reads == kSmallReads) {
            Bytes(kReadBytesIdle).swap(room);
        }
    }
}

asio::awaitable<void> Connection::write_loop()
{
    while (!queue_.empty() && !closed_) {
        const Bytes bytes = std::move(queue_.front());
        queue_.pop_front();
        boost::system::error_code error;
        std::size_t size = 0;
        if (tls_) {
            const TlsStream::Moved moved = co_await tls_->write(bytes);
            error = moved.error;
            size = moved.bytes;
        } else {
            std::tie(error, size) = co_await asio::async_write(plain_, asio::buffer(bytes), kAwait);
        }
        if (error) co_return fail(error.message());
        if (callbacks_.on_written) callbacks_.on_written(size);
    }
    writing_ = false;
    if (closing_) close_socket();
}

void Connection::open()
{
    deadline_.cancel();
    open_ = true;
    if (callbacks_.on_open) callbacks_.on_open();
    if (queue_.empty() || writing_) return;
    writing_ = true;
    asio::co_spawn(
        deadline_.get_executor(), [self = shared_from_this()] { return self->write_loop(); },
        asio::detached);
}

void Connection::fail(const std::string& why)
{
    close_socket();
    if (auto on_closed = std::exchange(callbacks_.on_closed, nullptr)) on_closed(why);
}

void Connection::close_socket()
{
    if (closed_) return;
    closed_ = true;
    deadline_.cancel();
    resumed_.cancel();
    boost::system::error_code ignored;
    socket().close(ignored);
    callbacks_.on_open = nullptr;
    callbacks_.on_bytes = nullptr;
    callbacks_.on_written = nullptr;
}

void Connection::set_deadline()
{
    deadline_.expires_after(kConnectTime);
    deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->fail("took too long");
    });
}

}  // namespace adit::node::net
