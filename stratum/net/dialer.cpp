#include "stratum/net/dialer.hpp"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

#include "kernels/asio/awaited.hpp"

namespace adit::stratum::net {
namespace {

using asio::ip::tcp;

std::string spot(const std::string& host, u16 port) { return host + ":" + std::to_string(port); }

std::string words_of(const ErrorCode& error, const std::string& host, u16 port)
{
    if (error == asio::error::host_not_found || error == asio::error::no_data)
        return "no such host: " + host + "; check its spelling, or the machine's DNS";
    if (error == asio::error::host_not_found_try_again)
        return "the name " + host + " cannot be resolved now; is the network up?";
    if (error == asio::error::connection_refused)
        return "nothing listens at " + spot(host, port) + "; check the port";
    return spot(host, port) + ": " + error.message();
}

asio::awaitable<void> connect(const DialPlan& plan, const std::string& host, u16 port,
                              tcp::socket& socket, ErrorCode& error)
{
    tcp::resolver resolver(socket.get_executor());
    const std::string service = std::to_string(port);
    const auto flags = tcp::resolver::numeric_service;
    tcp::resolver::results_type found;
    switch (plan.family) {
        case Family::any:
            found = co_await resolver.async_resolve(host, service, flags, with(error));
            break;
        case Family::v4:
            found = co_await resolver.async_resolve(tcp::v4(), host, service, flags, with(error));
            break;
        case Family::v6:
            found = co_await resolver.async_resolve(tcp::v6(), host, service, flags, with(error));
            break;
    }
    if (error) co_return;
    co_await asio::async_connect(socket, found, with(error));
    if (!error) prepare_socket(socket);
}

/// Through the proxy; gives the line for people when it does not work out.
asio::awaitable<std::string> pass_proxy(const DialPlan& plan, tcp::socket& socket,
                                        std::string& left_over)
{
    client::Socks5Handshake handshake(*plan.proxy, plan.host, plan.port);
    std::array<char, 512> buffer;
    ErrorCode error;
    for (;;) {
        const std::string output = handshake.take_output();
        if (!output.empty()) co_await asio::async_write(socket, asio::buffer(output), with(error));
        if (error) co_return "SOCKS5 proxy: " + error.message();
        if (handshake.state() == client::Socks5Handshake::State::connected) co_return std::string();
        if (handshake.state() == client::Socks5Handshake::State::failed)
            co_return handshake.error();
        const std::size_t size = co_await socket.async_read_some(asio::buffer(buffer), with(error));
        if (error) co_return "SOCKS5 proxy: hung up (" + error.message() + ")";
        const std::string_view bytes(buffer.data(), size);
        left_over = bytes.substr(handshake.on_bytes(bytes));
    }
}

}  // namespace

asio::awaitable<Dialled> dial(DialPlan plan)
{
    tcp::socket socket(co_await asio::this_coro::executor);
    Dialled dialled;
    ErrorCode error;
    const std::string& host = plan.proxy ? plan.proxy->host : plan.host;
    const u16 port = plan.proxy ? plan.proxy->port : plan.port;
    co_await connect(plan, host, port, socket, error);
    if (error) {
        dialled.why = (plan.proxy ? "SOCKS5 proxy: " : "") + words_of(error, host, port);
        co_return dialled;
    }
    if (plan.proxy) {
        dialled.why = co_await pass_proxy(plan, socket, dialled.left_over);
        if (!dialled.why.empty()) co_return dialled;
    }
    if (plan.tls)
        dialled.stream =
            co_await make_tls_client(std::move(socket), *plan.tls, plan.host, error, dialled.why);
    else
        dialled.stream = make_plain_stream(std::move(socket));
    co_return dialled;
}

}  // namespace adit::stratum::net
