#include "stratum/net/http_line.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fstream>

namespace adit::stratum::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using client::RpcReply;
using Transport = RpcReply::Transport;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

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
    if (error == beast::error::timeout) return failure(Transport::timed_out, "no answer in time");
    if (error == http::error::body_limit || error == http::error::header_limit)
        return failure(Transport::lost, "the answer is too long");
    // Something spoke, but not HTTP.
    if (error.category() == http::make_error_code(http::error::bad_version).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
        return {Transport::answered, 0, "", ""};
    if (error == http::error::end_of_stream) return failure(Transport::lost, "connection closed");
    return failure(Transport::lost, error.message());
}

}  // namespace

std::string NodeAddress::authority() const
{
    const bool is_v6 = host.find(':') != std::string::npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string NodeAddress::name() const { return "http://" + authority(); }

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
    tcp::resolver resolver(network_);
    const auto [resolve_error, endpoints] =
        co_await resolver.async_resolve(address_.host, std::to_string(address_.port), kAsTuple);
    if (resolve_error)
        co_return failure(Transport::refused, "the name " + address_.host + " is not known");
    stream_.emplace(network_);
    buffer_.clear();
    stream_->expires_at(std::min(deadline, std::chrono::steady_clock::now() + kConnectMax));
    const auto [error, endpoint] = co_await stream_->async_connect(endpoints, kAsTuple);
    if (error) {
        stream_.reset();
        if (error == beast::error::timeout)
            co_return failure(Transport::timed_out, "no connection in time");
        std::string words = error.message();
        if (!words.empty()) words[0] = static_cast<char>(std::tolower(words[0]));
        co_return failure(Transport::refused, words);
    }
    ErrorCode ignored;
    stream_->socket().set_option(tcp::no_delay(true), ignored);
    stream_->socket().set_option(asio::socket_base::keep_alive(true), ignored);
    authorization_ = credentials();
    co_return std::nullopt;
}

asio::awaitable<HttpLine::Outcome> HttpLine::exchange(const std::string& body, TimePoint deadline)
{
    http::request<http::string_body> request(http::verb::post, address_.path, 11);
    request.set(http::field::host, address_.authority());
    request.set(http::field::content_type, "application/json");
    if (!authorization_.empty()) request.set(http::field::authorization, authorization_);
    request.body() = body;
    request.prepare_payload();
    stream_->expires_at(deadline);
    const auto [write_error, written] = co_await http::async_write(*stream_, request, kAsTuple);
    if (write_error) co_return Outcome{read_failure(write_error), true};

    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerBytesMax);
    const auto [read_error, size] = co_await http::async_read(*stream_, buffer_, parser, kAsTuple);
    if (read_error) co_return Outcome{read_failure(read_error), !parser.got_some()};
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
