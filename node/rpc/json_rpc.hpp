#pragma once

#include <string>
#include <vector>

#include "kernels/base/json.hpp"

/// JSON-RPC 1.0 as the Zcash family speaks it: pure text in, pure text out.
namespace adit::node::rpc {

/// The family's numbers; the meaning of each is fixed by the tools that read them.
enum class RpcCode {
    misc = -1,  ///< the message is the method's help, or says what is wrong
    type = -3,
    wallet = -4,
    address_or_key = -5,
    insufficient_funds = -6,
    out_of_memory = -7,
    parameter = -8,
    not_connected = -9,
    initial_download = -10,
    accounts_unsupported = -11,
    wallet_locked = -13,
    wrong_passphrase = -14,
    no_wallet = -18,
    database = -20,
    decode = -22,
    not_added = -24,
    verify = -25,
    rejected = -26,
    already_in_chain = -27,
    warming_up = -28,
    not_connected_to_node = -29,
    invalid_request = -32600,
    unknown_method = -32601,
    invalid_params = -32602,
    internal = -32603,
    parse = -32700,
};

struct RpcError {
    RpcCode code = RpcCode::misc;
    std::string message;  ///< one line for people, or a method's help

    bool operator==(const RpcError&) const = default;
};

using RpcResult = Result<json::value, RpcError>;

/// One call. `id` is given back as it came.
struct RpcRequest {
    json::value id;
    std::string method;
    json::array params;
};

/// An element of a body that may be no request at all; then `error` says why.
struct RpcEntry {
    RpcRequest request;
    std::optional<RpcError> error;
};

/// Most calls in one batch; a longer one is refused whole as an invalid request.
inline constexpr std::size_t kBatchCallsMax = 1000;

/// Most bytes a batch's answers may have together; calls after that are not made.
inline constexpr std::size_t kBatchAnswerBytesMax = 64u << 20;

/// A body: one call, or a batch of them, in order.
struct RpcBody {
    std::vector<RpcEntry> entries;
    bool batch = false;
};

/// Fails only when there is no telling one call from another: `parse` for broken JSON and for
/// anything but an object or array, `invalid_request` for a batch over its limit.
Result<RpcBody, RpcError> read_body(std::string_view text);

/// `{"result":…,"error":…,"id":…}`: one of the first two is null.
json::object envelope(json::value id, RpcResult result);

/// HTTP status of a single call's answer; a batch is always 200.
int http_status(const RpcResult& result);

/// What goes over HTTP: status, and a body ending in a line feed (empty where there is nothing to
/// say).
struct HttpAnswer {
    int status = 200;
    std::string body;
};
HttpAnswer single_answer(json::value id, RpcResult result);

}  // namespace adit::node::rpc
