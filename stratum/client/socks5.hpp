#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

namespace adit::stratum::client {

/// `-x socks5://[user:password@]host:port`
struct Proxy {
    std::string host;
    u16 port = 0;
    std::string user;
    std::string password;
    bool operator==(const Proxy&) const = default;
};
/// socks5:// and socks5h:// mean the same here: names are always resolved by the proxy.
std::optional<Proxy> parse_proxy(std::string_view text);

/// The client's side of a SOCKS5 CONNECT (RFC 1928, RFC 1929). Bytes in, bytes out; the far host's
/// name goes to the proxy as it is, so that nothing of it is asked of the local resolver.
class Socks5Handshake {
public:
    enum class State { running, connected, failed };

    Socks5Handshake(const Proxy& proxy, std::string_view host, u16 port);

    /// To be written now; empty when it waits for the proxy.
    std::string take_output();
    /// Takes what belongs to the handshake and returns how many bytes that was: whatever follows
    /// is the far host's.
    std::size_t on_bytes(std::string_view bytes);

    State state() const { return state_; }
    const std::string& error() const { return error_; }  ///< one line for people when failed

private:
    enum class Step { greeting, login, reply };
    void fail(std::string why);
    void send_connect();
    void on_greeting();
    void on_login();
    void on_reply();

    Proxy proxy_;
    std::string host_;
    u16 port_;
    Step step_ = Step::greeting;
    State state_ = State::running;
    std::size_t wanted_ = 2;  ///< bytes of the answer being read
    std::string answer_;
    std::string output_;
    std::string error_;
};

}  // namespace adit::stratum::client
