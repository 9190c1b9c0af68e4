#include "node/rpc/json_rpc.hpp"

namespace adit::node::rpc {
namespace {

RpcError invalid(std::string message) { return {RpcCode::invalid_request, std::move(message)}; }

RpcEntry read_entry(json::value& v)
{
    RpcEntry entry;
    json::object* o = v.if_object();
    if (o == nullptr) {
        entry.error = invalid("Invalid Request object");
        return entry;
    }
    if (json::value* id = o->if_contains("id")) entry.request.id = std::move(*id);

    const json::value* method = o->if_contains("method");
    if (method == nullptr || method->is_null()) {
        entry.error = invalid("Missing method");
        return entry;
    }
    if (!method->is_string()) {
        entry.error = invalid("Method must be a string");
        return entry;
    }
    entry.request.method = std::string(method->get_string());

    json::value* params = o->if_contains("params");
    if (params == nullptr || params->is_null()) return entry;
    if (!params->is_array()) {
        entry.error = invalid("Params must be an array");
        return entry;
    }
    entry.request.params = std::move(params->get_array());
    return entry;
}

}  // namespace

Result<RpcBody, RpcError> read_body(std::string_view text)
{
    auto parsed = json::parse(text);
    if (!parsed) return RpcError{RpcCode::parse, "Parse error: " + parsed.error().message};

    RpcBody body;
    if (parsed->is_object()) {
        body.entries.push_back(read_entry(*parsed));
        return body;
    }
    json::array* calls = parsed->if_array();
    if (calls == nullptr) return RpcError{RpcCode::parse, "Top-level object parse error"};
    if (calls->size() > kBatchCallsMax)
        return invalid("a batch holds at most " + std::to_string(kBatchCallsMax) + " calls");
    body.batch = true;
    body.entries.reserve(calls->size());
    for (json::value& call : *calls) body.entries.push_back(read_entry(call));
    return body;
}

json::object envelope(json::value id, RpcResult result)
{
    json::object o;
    if (result) {
        o["result"] = std::move(*result);
        o["error"] = nullptr;
    } else {
        o["result"] = nullptr;
        o["error"] = json::object{{"code", static_cast<int>(result.error().code)},
                                  {"message", result.error().message}};
    }
    o["id"] = std::move(id);
    return o;
}

int http_status(const RpcResult& result)
{
    if (result) return 200;
    switch (result.error().code) {
        case RpcCode::invalid_request: return 400;
        case RpcCode::unknown_method: return 404;
        default: return 500;
    }
}

HttpAnswer single_answer(json::value id, RpcResult result)
{
    const int status = http_status(result);
    return {status, json::to_text(envelope(std::move(id), std::move(result))) + '\n'};
}

}  // namespace adit::node::rpc
