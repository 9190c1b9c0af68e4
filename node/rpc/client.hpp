#pragma once

#include <chrono>

#include "node/rpc/access.hpp"
#include "node/rpc/json_rpc.hpp"

/// The other end of the line: one call to a node, for `adit rpc` and for tests.
namespace adit::node::rpc {

struct NodeAddress {
    std::string host = "127.0.0.1";
    u16 port = 0;
};

/// Why a call brought no answer from JSON-RPC.
struct CallError {
    enum class Kind {
        no_node,   ///< nobody listens there, or not in time
        refused,   ///< 401 or 403
        no_answer  ///< the connection broke, or what came back is no JSON-RPC
    };
    Kind kind{};
    std::string text;  ///< one line for people
};

/// Posts `body` and reads the answer whatever its status. Blocks, at most `patience`.
Result<HttpAnswer, CallError> post(const NodeAddress& node, const Credentials& who,
                                   std::string_view body, std::chrono::seconds patience);

/// Calls a method. Amounts in the result keep their digits.
/// @return what the node answered: a result, or its error
Result<RpcResult, CallError> call(const NodeAddress& node, const Credentials& who,
                                  std::string_view method, const json::array& params,
                                  std::chrono::seconds patience = std::chrono::seconds(900));

}  // namespace adit::node::rpc
