#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernels/base/bytes.hpp"

namespace adit::test {

/// A node that answers HTTP as it is told, over real sockets on loopback: one thread a connection,
/// plain system calls, nothing of the house's own network code.
class FakeNode {
public:
    struct Request {
        std::string method;  ///< of the JSON-RPC call
        std::string body;
        std::string authorization;  ///< the header as it came, empty when absent
    };
    struct Answer {
        int status = 200;
        std::string body{};
        bool then_close = false;  ///< hang up after it, without saying so before
        bool hang_up = false;     ///< instead of any answer
        std::string raw{};        ///< instead of HTTP
    };
    using Handler = std::function<Answer(const Request&)>;

    /// Listens on `port`, or on any free one. The handler is called from many threads; it may
    /// sleep: that is a long poll.
    explicit FakeNode(Handler handler, u16 port = 0);
    ~FakeNode();

    u16 port() const { return port_; }

    static Answer result(const std::string& json)
    {
        return {200, R"({"result":)" + json + R"(,"error":null,"id":1})"};
    }
    static Answer error(int code, const std::string& message)
    {
        return {500, R"({"result":null,"error":{"code":)" + std::to_string(code) +
                         R"(,"message":")" + message + R"("},"id":1})"};
    }

private:
    void accept_all();
    void serve(int socket);

    Handler handler_;
    int listener_ = -1;
    u16 port_ = 0;
    std::mutex mutex_;
    std::vector<int> open_;
    std::vector<std::jthread> threads_;
    bool closing_ = false;
    std::jthread acceptor_;
};

}  // namespace adit::test
