#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "kernels/base/bytes.hpp"

namespace adit::node::net {

/// TLS over a socket, with no buffers but OpenSSL's own, which are given back while nothing is
/// under way (SSL_MODE_RELEASE_BUFFERS): asio::ssl::stream keeps four of 17 KiB for as long as it
/// lives, most of what an idle peer would cost. The network thread; one reader and one writer.
class TlsStream {
public:
    using Socket = boost::asio::ip::tcp::socket;
    using Error = boost::system::error_code;
    struct Moved {
        Error error;
        std::size_t bytes = 0;
    };

    TlsStream(Socket socket, SSL_CTX* context);
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    boost::asio::awaitable<Error> shake_hands(bool as_client);
    /// What is there, at least one byte, as far as there is room.
    boost::asio::awaitable<Moved> read_some(std::span<u8> room);
    /// All of it, which must stay where it is meanwhile.
    boost::asio::awaitable<Moved> write(ByteView bytes);

    Socket& socket() { return socket_; }
    SSL* native_handle() const { return ssl_.get(); }

private:
    /// Waits until the step that ended with this result is worth another try.
    boost::asio::awaitable<Error> wait_for(int result);

    Socket socket_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
};

}  // namespace adit::node::net
