#include "stratum/client/rpc_line.hpp"

namespace adit::stratum::client {
namespace {

constexpr int kMethodNotFound = -32601;

RpcError transport_error(const RpcReply& reply)
{
    const bool slow = reply.transport == RpcReply::Transport::timed_out;
    return {slow ? RpcError::Word::timed_out : RpcError::Word::no_answer, 0, reply.detail};
}

RpcError node_error(const json::value& error)
{
    RpcError found{RpcError::Word::node, 0, ""};
    if (const json::object* fields = error.if_object()) {
        found.code = static_cast<int>(json::integer_of(*fields, "code").value_or(0));
        found.text = json::string_of(*fields, "message").value_or("");
    } else {
        found.text = json::to_text(error);
    }
    if (found.code == kMethodNotFound) found.word = RpcError::Word::no_method;
    return found;
}

}  // namespace

Result<json::value, RpcError> read_rpc_reply(const RpcReply& reply)
{
    using Word = RpcError::Word;
    if (reply.transport != RpcReply::Transport::answered) return transport_error(reply);
    if (reply.http_status == 401) return RpcError{Word::unauthorized, 0, "HTTP 401"};
    if (reply.http_status == 403) return RpcError{Word::forbidden, 0, "HTTP 403"};
    const auto parsed = json::parse(reply.body);
    const json::object* answer = parsed ? parsed->if_object() : nullptr;
    const json::value* error = answer ? json::member_of(*answer, "error") : nullptr;
    if (error != nullptr && !error->is_null()) return node_error(*error);
    const json::value* result = answer ? json::member_of(*answer, "result") : nullptr;
    if (result != nullptr) return *result;
    const std::string status = "HTTP " + std::to_string(reply.http_status);
    if (reply.http_status == 503) return RpcError{Word::busy, 0, status};
    return RpcError{Word::not_a_node, 0, status + ", no JSON-RPC"};
}

std::string rpc_body(const RpcCall& call, u64 id)
{
    return R"({"jsonrpc":"1.0","id":)" + std::to_string(id) + R"(,"method":")" + call.method +
           R"(","params":)" + call.params + "}";
}

}  // namespace adit::stratum::client
