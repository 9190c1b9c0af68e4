#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "node/rpc/access.hpp"
#include "node/rpc/json_rpc.hpp"

namespace boost::asio {
class io_context;
}

namespace adit::node::rpc {

/// What a stranger may cost us.
struct HttpLimits {
    std::size_t connections_max = 128;        ///< one more is answered 503 and closed
    std::size_t header_bytes_max = 8 * 1024;  ///< else 431
    std::size_t body_bytes_max = 8u << 20;    ///< else 413
    std::chrono::milliseconds idle_max = std::chrono::seconds(30);  ///< for a whole request to come
    std::chrono::milliseconds write_max = std::chrono::seconds(30);
    std::chrono::milliseconds bad_password_delay{250};
    std::chrono::milliseconds drain_max = std::chrono::seconds(1);  ///< for last answers at stop
};

struct HttpConfig {
    std::string bind = "127.0.0.1";     ///< an address of this machine
    u16 port = 0;                       ///< 0: any free one
    std::vector<AddressRange> allowed;  ///< callers besides loopback
    std::vector<std::string> names;     ///< Host names besides localhost and our own address
    std::vector<Credentials> callers;   ///< any of these may call
    HttpLimits limits;
};

/// HTTP/1.1 around a function from body to answer. POST only; every request proves who it is.
/// Runs on one io_context that one thread runs; everything but `stop` and `port` happens there.
class HttpShell {
public:
    /// Called on the network thread with a whole body, which is wiped when the call returns. `done`
    /// may be called from any thread, once; `gone` is set when the caller has hung up or the shell
    /// stops: answer with what there is.
    using Handler = std::function<void(std::string_view body, std::stop_token gone,
                                       std::function<void(HttpAnswer)> done)>;

    /// Why it cannot listen. `in_use`: another program has the port.
    struct ListenError {
        bool in_use = false;
        std::string text;
    };

    static Result<std::unique_ptr<HttpShell>, ListenError> listen(boost::asio::io_context& network,
                                                                  HttpConfig config,
                                                                  Handler handler);
    ~HttpShell();  ///< the io_context no longer runs

    u16 port() const;
    /// Takes no more requests; answers on their way get `drain_max`, then every connection ends.
    /// Any thread; returns at once.
    void stop();

private:
    class Server;
    explicit HttpShell(std::shared_ptr<Server> server);
    std::shared_ptr<Server> server_;
};

}  // namespace adit::node::rpc
