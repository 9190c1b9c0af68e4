#include "node/rpc/client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "kernels/asio/awaited.hpp"

namespace adit::node::rpc {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using Kind = CallError::Kind;
using PostResult = Result<HttpAnswer, CallError>;

constexpr std::chrono::seconds kConnectMax{5};
constexpr std::size_t kAnswerBytesMax = 64u << 20;

std::string text_of(const NodeAddress& node)
{
    const bool v6 = node.host.find(':') != std::string::npos;
    return (v6 ? '[' + node.host + ']' : node.host) + ':' + std::to_string(node.port);
}

net::awaitable<PostResult> talk(const NodeAddress& node, const Credentials& who,
                                std::string_view body, std::chrono::seconds patience)
{
    const auto executor = co_await net::this_coro::executor;
    tcp::resolver resolver(executor);
    auto [unknown, endpoints] =
        co_await resolver.async_resolve(node.host, std::to_string(node.port), kAsTuple);
    if (unknown) co_return CallError{Kind::no_node, "unknown host " + node.host};

    beast::tcp_stream stream(executor);
    stream.expires_after(kConnectMax);
    auto [unreachable, endpoint] = co_await stream.async_connect(endpoints, kAsTuple);
    if (unreachable)
        co_return CallError{Kind::no_node, "no node answers at " + text_of(node) + " (" +
                                               unreachable.message() + ")"};

    http::request<http::string_body> request(http::verb::post, "/", 11);
    request.set(http::field::host, text_of(node));
    request.set(http::field::authorization, who.header());
    request.set(http::field::content_type, "application/json");
    request.keep_alive(false);
    request.body() = std::string(body);
    request.prepare_payload();
    stream.expires_after(patience);
    // A node that refuses may answer before it has read everything: read on whatever writing says.
    co_await http::async_write(stream, request, kAsTuple);

    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerBytesMax);
    auto [broken, bytes] = co_await http::async_read(stream, buffer, parser, kAsTuple);
    if (broken)
        co_return CallError{Kind::no_answer, "the node at " + text_of(node) + " gave no answer (" +
                                                 broken.message() + ")"};
    co_return HttpAnswer{static_cast<int>(parser.get().result_int()),
                         std::move(parser.get().body())};
}

CallError unusable(const NodeAddress& node, const HttpAnswer& answer)
{
    const std::string at = "the node at " + text_of(node);
    if (answer.status == 401)
        return {Kind::refused, at + " does not accept this user and password, or this cookie"};
    const std::string said = answer.body.substr(0, answer.body.find('\n'));
    if (answer.status == 403) return {Kind::refused, at + " refuses: " + said};
    return {Kind::no_answer, at + " answered HTTP " + std::to_string(answer.status) +
                                 (said.empty() ? "" : ": " + said.substr(0, 200))};
}

}  // namespace

Result<HttpAnswer, CallError> post(const NodeAddress& node, const Credentials& who,
                                   std::string_view body, std::chrono::seconds patience)
{
    net::io_context context{1};
    PostResult result = CallError{Kind::no_answer, "nothing was sent"};
    net::co_spawn(context, talk(node, who, body, patience),
                  [&](std::exception_ptr failed, PostResult talked) {
                      if (!failed) result = std::move(talked);
                  });
    context.run();
    return result;
}

Result<RpcResult, CallError> call(const NodeAddress& node, const Credentials& who,
                                  std::string_view method, const json::array& params,
                                  std::chrono::seconds patience)
{
    const json::object request{{"id", "adit"},
                               {"method", boost::json::string_view(method.data(), method.size())},
                               {"params", params}};
    ADIT_TRY(const HttpAnswer answer, post(node, who, json::to_text(request), patience));

    auto parsed = json::parse_keeping_decimals(answer.body);
    json::object* o = parsed ? parsed->if_object() : nullptr;
    if (o == nullptr) return unusable(node, answer);
    if (const json::object* error = json::object_of(*o, "error")) {
        const auto code = json::integer_of(*error, "code");
        const auto message = json::string_of(*error, "message");
        return RpcResult(RpcError{static_cast<RpcCode>(code.value_or(-1)),
                                  std::string(message.value_or("no reason given"))});
    }
    json::value* result = o->if_contains("result");
    if (result == nullptr) return unusable(node, answer);
    return RpcResult(std::move(*result));
}

}  // namespace adit::node::rpc
