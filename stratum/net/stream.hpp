#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "stratum/net/tls.hpp"

namespace adit::stratum::net {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

/// A connection, whatever carries it: plain TCP, TLS, either behind a proxy. Lives on one
/// io_context with one thread; at most one read and one write at a time.
class Stream {
public:
    virtual ~Stream() = default;

    /// Waits for bytes. The view lives until anything else runs on this thread: idle connections
    /// hold no buffer. Empty with an error at the end.
    virtual asio::awaitable<std::string_view> read(ErrorCode& error) = 0;
    virtual asio::awaitable<void> write(std::string_view bytes, ErrorCode& error) = 0;

    /// Writes what goes without waiting; gives how many bytes that was. 0 when this stream cannot.
    /// Any thread, while the stream's own waits for it.
    virtual std::size_t write_now(std::string_view bytes) = 0;

    /// Says goodbye where the protocol has a word for it, then nothing more can be read or written.
    virtual asio::awaitable<void> finish() = 0;
    /// Ends it at once; whoever waits gets an error.
    virtual void close() = 0;
};

std::unique_ptr<Stream> make_plain_stream(asio::ip::tcp::socket socket);

/// Shakes hands and gives the stream; null with an error, and `why` for people.
asio::awaitable<std::unique_ptr<Stream>> make_tls_client(asio::ip::tcp::socket socket,
                                                         const TlsSettings& settings,
                                                         std::string_view host, ErrorCode& error,
                                                         std::string& why);
asio::awaitable<std::unique_ptr<Stream>> make_tls_server(asio::ip::tcp::socket socket,
                                                         const TlsServerContext& context,
                                                         ErrorCode& error);

/// Small messages at once, and a word now and then to a peer that says nothing: dead links show
/// within minutes.
void prepare_socket(asio::ip::tcp::socket& socket);

}  // namespace adit::stratum::net
