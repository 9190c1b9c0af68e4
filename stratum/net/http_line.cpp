#include "stratum/net/http_line.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fstream>
#include <sstream>

#include "stratum/net/dialer.hpp"

namespace adit::stratum::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using namespace asio::experimental::awaitable_operators;
using client::RpcReply;
using Transport = RpcReply::Transport;

std::string base64(std::string_view text)
{
    namespace codec = beast::detail::base64;
    std::string encoded(codec::encoded_size(text.size()), '\0');
    encoded.resize(codec::encode(encoded.data(), text.data(), text.size()));
    return encoded;
}

RpcReply failure(Transport transport, std::string detail)
{
    return {transport, 0, "", std::move(detail)};
}

RpcReply read_failure(const ErrorCode& error)
{
    if (error == http::error::body_limit || error == http::error::header_limit)
        return failure(Transport::lost, "the answer is too long");
    // Something spoke, but not HTTP.
    if (error.category() == http::make_error_code(http::error::bad_version).category() &&
        error != http::error::partial_message)
        return {Transport::answered, 0, "", ""};
    if (error == asio::error::eof) return failure(Transport::lost, "connection closed");
    return failure(Transport::lost, error.message());
}

/// Streams speak of pools; a node's URL has other names for plain and TLS.
std::string in_http_words(std::string text)
{
    for (const auto& [pool, node] :
         {std::pair("stratum+tcp://", "http://"), std::pair("stratum+ssl://", "https://")})
        if (const auto at = text.find(pool); at != std::string::npos)
            text.replace(at, std::string_view(pool).size(), node);
    return text;
}

/// Closes the stream when its time is up: whoever waits on it gets an error.
class Deadline {
public:
    Deadline(asio::io_context& network, Stream& stream, TimePoint at)
        : timer_(network, at), state_(std::make_shared<State>())
    {
        timer_.async_wait([state = state_, &stream](const ErrorCode& error) {
            if (error || state->over) return;
            state->passed = true;
            stream.close();
        });
    }
    ~Deadline() { state_->over = true; }
    Deadline(const Deadline&) = delete;
    bool passed() const { return state_->passed; }

private:
    struct State {
        bool over = false;
        bool passed = false;
    };
    asio::steady_timer timer_;
    std::shared_ptr<State> state_;
};

}  // namespace

std::string NodeAddress::authority() const
{
    const bool is_v6 = host.find(':') != std::string::npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string NodeAddress::name() const { return (tls ? "https://" : "http://") + authority(); }

NodeAddress node_at(const client::PoolUrl& url, const std::string& cookie_file)
{
    NodeAddress address;
    address.host = url.host;
    address.port = url.port;
    if (!url.path.empty()) address.path = url.path;
    address.user = url.user;
    address.password = url.password;
    if (url.user.empty()) address.cookie_file = cookie_file;
    if (url.is_tls()) address.tls.emplace();
    return address;
}

HttpLine::HttpLine(asio::io_context& network, const NodeAddress& address)
    : network_(network), address_(address)
{}

std::string HttpLine::credentials() const
{
    std::string user_and_password = address_.user + ":" + address_.password;
    if (!address_.cookie_file.empty()) {
        std::ifstream file(address_.cookie_file);
        user_and_password.clear();
        std::getline(file, user_and_password);
    }
    if (user_and_password.empty() || user_and_password == ":") return "";
    return "Basic " + base64(user_and_password);
}

asio::awaitable<std::optional<RpcReply>> HttpLine::connect(TimePoint deadline)
{
    DialPlan plan;
    plan.host = address_.host;
    plan.port = address_.port;
    plan.proxy = address_.proxy;
    plan.tls = address_.tls;
    plan.family = address_.family;
    asio::steady_timer timer(network_,
                             std::min(deadline, std::chrono::steady_clock::now() + kConnectMax));
    auto first = co_await (dial(std::move(plan)) || timer.async_wait(asio::use_awaitable));
    if (first.index() == 1) co_return failure(Transport::timed_out, "no connection in time");
    Dialled& dialled = std::get<0>(first);
    if (!dialled.stream) co_return failure(Transport::refused, in_http_words(dialled.why));
    stream_ = std::move(dialled.stream);
    authorization_ = credentials();
    co_return std::nullopt;
}

std::string HttpLine::request_text(const std::string& body) const
{
    http::request<http::string_body> request(http::verb::post, address_.path, 11);
    request.set(http::field::host, address_.authority());
    request.set(http::field::content_type, "application/json");
    if (!authorization_.empty()) request.set(http::field::authorization, authorization_);
    request.body() = body;
    request.prepare_payload();
    std::ostringstream text;
    text << request;
    return text.str();
}

asio::awaitable<HttpLine::Outcome> HttpLine::exchange(const std::string& body, TimePoint deadline)
{
    const Deadline limit(network_, *stream_, deadline);
    const auto failed = [&](const ErrorCode& error) {
        return limit.passed() ? failure(Transport::timed_out, "no answer in time")
                              : read_failure(error);
    };
    ErrorCode error;
    const std::string request = request_text(body);
    co_await stream_->write(request, error);
    if (error) co_return Outcome{failed(error), true};

    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerBytesMax);
    parser.eager(true);
    std::string unparsed;
    while (!parser.is_done()) {
        const std::string_view bytes = co_await stream_->read(error);
        if (error == asio::error::eof && parser.got_some()) {  // an answer that ends with the line
            parser.put_eof(error);
            if (!error) break;
        }
        if (error) co_return Outcome{failed(error), !parser.got_some()};
        unparsed += bytes;
        unparsed.erase(0, parser.put(asio::buffer(unparsed), error));
        if (error && error != http::error::need_more) co_return Outcome{failed(error), false};
    }
    const auto& response = parser.get();
    const auto status = static_cast<int>(response.result_int());
    RpcReply reply{Transport::answered, status, response.body(), ""};
    if (!response.keep_alive() || status == 401) stream_.reset();  // next time: a fresh cookie
    co_return Outcome{std::move(reply), false};
}

asio::awaitable<RpcReply> HttpLine::make(const client::RpcCall& call)
{
    const TimePoint deadline = std::chrono::steady_clock::now() + call.time_out;
    const std::string body = client::rpc_body(call, next_id_++);
    if (stream_) {
        Outcome outcome = co_await exchange(body, deadline);
        const bool was_closed =
            outcome.never_answered && outcome.reply.transport == Transport::lost;
        if (outcome.reply.transport != Transport::answered) stream_.reset();
        if (!was_closed) co_return std::move(outcome.reply);
    }
    if (auto failed = co_await connect(deadline)) co_return std::move(*failed);
    Outcome outcome = co_await exchange(body, deadline);
    if (outcome.reply.transport != Transport::answered) stream_.reset();
    co_return std::move(outcome.reply);
}

}  // namespace adit::stratum::net
