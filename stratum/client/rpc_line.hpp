#pragma once

#include <optional>
#include <string>

#include "kernels/base/clock.hpp"
#include "kernels/base/json.hpp"

namespace adit::stratum::client {

/// A JSON-RPC call to be made.
struct RpcCall {
    std::string method;
    std::string params = "[]";  ///< a JSON array, as text
    Duration time_out = std::chrono::seconds(30);
};

/// What came back over the connection, if anything.
struct RpcReply {
    enum class Transport { answered, refused, lost, timed_out };
    Transport transport = Transport::answered;
    int http_status = 0;
    std::string body;
    std::string detail;  ///< when not answered, for people: "connection refused"
};

/// Why a call has no result.
struct RpcError {
    enum class Word {
        no_answer,
        timed_out,
        unauthorized,  ///< HTTP 401
        forbidden,     ///< HTTP 403
        busy,          ///< HTTP 503: the node's work queue is full
        no_method,     ///< -32601: not this kind of node
        not_a_node,    ///< the answer is no JSON-RPC
        node,          ///< the node's own error, see `code`
    };
    Word word{};
    int code = 0;      ///< of the node's error object, else 0
    std::string text;  ///< the node's or the system's words
};

/// The call's result, or why there is none. Nodes differ in HTTP status: the error object counts.
Result<json::value, RpcError> read_rpc_reply(const RpcReply& reply);

/// The call as an HTTP body.
std::string rpc_body(const RpcCall& call, u64 id);

/// One connection's worth of conversation with a node: one call after the other. Pure: the shell
/// around it makes the calls, and asks again at `wake_at` or after anything else happened.
class RpcLine {
public:
    virtual ~RpcLine() = default;
    virtual std::optional<RpcCall> next_call(TimePoint now) = 0;  ///< with no call under way
    virtual void on_reply(const RpcReply& reply, TimePoint now) = 0;
    virtual TimePoint wake_at() const = 0;  ///< max(): when something else happens
};

}  // namespace adit::stratum::client
