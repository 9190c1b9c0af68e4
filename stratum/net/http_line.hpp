#pragma once

#include <memory>
#include <optional>
#include <string>

#include "stratum/client/rpc_line.hpp"
#include "stratum/net/node_address.hpp"
#include "stratum/net/stream.hpp"

namespace adit::stratum::net {

/// One keep-alive HTTP(S) connection that makes one call after the other. Lives on one io_context.
class HttpLine {
public:
    static constexpr std::size_t kAnswerBytesMax = 64u
                                                   << 20;  ///< a template of 2 MB blocks is 5 MB
    static constexpr Duration kConnectMax = std::chrono::seconds(10);

    HttpLine(boost::asio::io_context& network, const NodeAddress& address);

    /// Connects where needed. A kept connection that the node has closed meanwhile is made anew,
    /// once, without anybody noticing.
    boost::asio::awaitable<client::RpcReply> make(const client::RpcCall& call);

private:
    struct Outcome {
        client::RpcReply reply;
        bool never_answered = false;  ///< not a byte came back
    };
    boost::asio::awaitable<std::optional<client::RpcReply>> connect(TimePoint deadline);
    boost::asio::awaitable<Outcome> exchange(const std::string& body, TimePoint deadline);
    std::string request_text(const std::string& body) const;
    std::string credentials() const;

    boost::asio::io_context& network_;
    const NodeAddress& address_;
    std::unique_ptr<Stream> stream_;  ///< null: not connected
    std::string authorization_;
    u64 next_id_ = 1;
};

}  // namespace adit::stratum::net
