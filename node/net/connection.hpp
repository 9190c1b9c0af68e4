#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kernels/base/bytes.hpp"
#include "node/net/tls_stream.hpp"

namespace adit::node::net {

inline constexpr std::chrono::seconds kConnectTime{5};  ///< TCP and TLS handshakes, each
inline constexpr std::size_t kReadBytes = 64 * 1024;    ///< taken from a busy socket at once
inline constexpr std::size_t kReadBytesIdle = 1024;     ///< from one that has little to say
inline constexpr u8 kTlsFirstByte = 0x16;               ///< a TLS record of type handshake

/// One peer's socket, plain or TLS 1.3. The network thread alone; calls back on it.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    struct Callbacks {
        std::function<void()> on_open;        ///< bytes may flow
        std::function<void(Bytes)> on_bytes;  ///< the next ones come after `resume`
        std::function<void(std::size_t)> on_written;
        std::function<void(std::string why)> on_closed;  ///< once; not after `close`
    };
    struct Security {
        SSL_CTX* context = nullptr;
        bool tls = true;             ///< outbound: speak TLS
        bool plain_allowed = false;  ///< inbound: a first byte that is no TLS is welcome
        std::optional<Hash256>
            pin;  ///< outbound: the peer's certificate must have this fingerprint
    };

    Connection(boost::asio::ip::tcp::socket socket, Security security, Callbacks callbacks);

    void start_inbound();
    void start_outbound(const boost::asio::ip::tcp::endpoint& to);
    void write(Bytes bytes);
    /// Read on: the last bytes have been dealt with.
    void resume();
    /// Ends it when what is queued is written, or at once when it is not open yet.
    void close();
    /// Ends it now; what is queued is dropped.
    void abort();

    bool is_tls() const { return tls_ != nullptr; }
    bool is_pinned() const { return security_.pin.has_value() && is_tls(); }

private:
    using Socket = boost::asio::ip::tcp::socket;

    boost::asio::awaitable<void> run_inbound();
    boost::asio::awaitable<void> run_outbound(boost::asio::ip::tcp::endpoint to);
    boost::asio::awaitable<bool> shake_hands(bool as_client);
    boost::asio::awaitable<void> read_loop();
    boost::asio::awaitable<void> write_loop();
    void open();
    void fail(const std::string& why);
    void close_socket();
    Socket& socket() { return tls_ ? tls_->socket() : plain_; }
    void set_deadline();

    Socket plain_;                    ///< until TLS begins
    std::unique_ptr<TlsStream> tls_;  ///< from then on
    Security security_;
    Callbacks callbacks_;
    boost::asio::steady_timer deadline_;
    boost::asio::steady_timer resumed_;
    std::deque<Bytes> queue_;
    bool open_ = false;
    bool writing_ = false;
    bool closing_ = false;
    bool closed_ = false;
};

}  // namespace adit::node::net
