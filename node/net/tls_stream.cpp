#include "node/net/tls_stream.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <limits>

#include "kernels/base/check.hpp"

namespace adit::node::net {
namespace {

namespace asio = boost::asio;
using Socket = TlsStream::Socket;

// OpenSSL reads and writes the socket through these. A socket that was closed has no descriptor any
// more, so nothing can touch one that somebody else was given meanwhile.

Socket& socket_of(BIO* bio) { return *static_cast<Socket*>(BIO_get_data(bio)); }

bool try_again() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int write_to_socket(BIO* bio, const char* data, int size)
{
    BIO_clear_retry_flags(bio);
    const ssize_t sent =
        ::send(socket_of(bio).native_handle(), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && try_again()) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int read_from_socket(BIO* bio, char* data, int size)
{
    BIO_clear_retry_flags(bio);
    const ssize_t read =
        ::recv(socket_of(bio).native_handle(), data, static_cast<std::size_t>(size), 0);
    if (read < 0 && try_again()) BIO_set_retry_read(bio);
    return static_cast<int>(read);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method()
{
    static const BIO_METHOD* const made = [] {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "peer");
        ADIT_CHECK(method != nullptr);
        BIO_meth_set_write(method, write_to_socket);
        BIO_meth_set_read(method, read_from_socket);
        BIO_meth_set_ctrl(method, control);
        return method;
    }();
    return made;
}

int as_int(std::size_t size)
{
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

TlsStream::TlsStream(Socket socket, SSL_CTX* context)
    : socket_(std::move(socket)), ssl_(SSL_new(context), SSL_free)
{
    ADIT_CHECK(ssl_ != nullptr);
    Error ignored;
    socket_.native_non_blocking(true, ignored);
    BIO* bio = BIO_new(socket_method());
    ADIT_CHECK(bio != nullptr);
    BIO_set_data(bio, &socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);  // one reference for both ways
    SSL_set_read_ahead(ssl_.get(), 1);  // a record in one call, not two
}

asio::awaitable<TlsStream::Error> TlsStream::shake_hands(bool as_client)
{
    for (;;) {
        ERR_clear_error();
        const int result = as_client ? SSL_connect(ssl_.get()) : SSL_accept(ssl_.get());
        if (result > 0) co_return Error();
        const Error error = co_await wait_for(result);
        if (error) co_return error;
    }
}

asio::awaitable<TlsStream::Moved> TlsStream::read_some(std::span<u8> room)
{
    std::size_t filled = 0;
    for (;;) {
        ERR_clear_error();
        const int result = SSL_read(ssl_.get(), room.data() + filled, as_int(room.size() - filled));
        if (result > 0) {
            filled += static_cast<std::size_t>(result);
            if (filled < room.size()) continue;
        }
        if (filled > 0) co_return Moved{Error(), filled};  // an error comes again
        const Error error = co_await wait_for(result);
        if (error) co_return Moved{error, 0};
    }
}

asio::awaitable<TlsStream::Moved> TlsStream::write(ByteView bytes)
{
    std::size_t written = 0;
    while (written < bytes.size()) {
        ERR_clear_error();
        const int result =
            SSL_write(ssl_.get(), bytes.data() + written, as_int(bytes.size() - written));
        if (result > 0) {
            written += static_cast<std::size_t>(result);
            continue;
        }
        const Error error = co_await wait_for(result);
        if (error) co_return Moved{error, written};
    }
    co_return Moved{Error(), written};
}

asio::awaitable<TlsStream::Error> TlsStream::wait_for(int result)
{
    auto what = Socket::wait_read;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: break;
        case SSL_ERROR_WANT_WRITE: what = Socket::wait_write; break;
        case SSL_ERROR_ZERO_RETURN: co_return asio::error::make_error_code(asio::error::eof);
        default: co_return asio::error::make_error_code(asio::error::connection_reset);
    }
    const auto [error] = co_await socket_.async_wait(what, asio::as_tuple(asio::use_awaitable));
    co_return error;
}

}  // namespace adit::node::net
