#include "node/rpc/json_rpc.hpp"

#include <boost/json/memory_resource.hpp>

#include "node/crypto/secret_bytes.hpp"

namespace adit::node::rpc {
namespace {

/// Requests may hold a passphrase or keys: what they were parsed into leaves no trace.
class WipingMemory final : public boost::json::memory_resource {
    using Bytes = crypto::WipingAllocator<std::max_align_t>;
    static std::size_t units(std::size_t bytes)
    {
        return (bytes + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t);
    }
    void* do_allocate(std::size_t bytes, std::size_t) override
    {
        return Bytes().allocate(units(bytes));
    }
    void do_deallocate(void* place, std::size_t bytes, std::size_t) override
    {
        Bytes().deallocate(static_cast<std::max_align_t*>(place), units(bytes));
    }
    bool do_is_equal(const memory_resource& other) const noexcept override
    {
        return this == &other;
    }
};

WipingMemory wiping_memory;

RpcError invalid(std::string message) { return {RpcCode::invalid_request, std::move(message)}; }

/// Moves, never copies: a copy would lie in memory that nobody wipes.
RpcEntry read_entry(json::value& v)
{
    json::value id;
    const auto refused = [&](const char* why) {
        return RpcEntry{{std::move(id), {}, {}}, invalid(why)};
    };
    json::object* o = v.if_object();
    if (o == nullptr) return refused("Invalid Request object");
    if (json::value* given = o->if_contains("id")) id = std::move(*given);

    const json::value* method = o->if_contains("method");
    if (method == nullptr || method->is_null()) return refused("Missing method");
    if (!method->is_string()) return refused("Method must be a string");
    std::string name(method->get_string());

    json::value* params = o->if_contains("params");
    if (params == nullptr || params->is_null()) return {{std::move(id), std::move(name), {}}, {}};
    if (!params->is_array()) return refused("Params must be an array");
    return {{std::move(id), std::move(name), std::move(params->get_array())}, {}};
}

}  // namespace

Result<RpcBody, RpcError> read_body(std::string_view text)
{
    auto parsed = json::parse(text, &wiping_memory);
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
