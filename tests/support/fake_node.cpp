#include "tests/support/fake_node.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "kernels/base/check.hpp"

namespace adit::test {
namespace {

std::optional<std::string> header_of(const std::string& head, const std::string& name)
{
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return std::nullopt;
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

/// One request off the socket; nullopt when the other end is gone.
std::optional<FakeNode::Request> read_request(int socket)
{
    std::string bytes;
    const auto more = [&] {
        char buffer[4096];
        const auto got = ::recv(socket, buffer, sizeof buffer, 0);
        if (got > 0) bytes.append(buffer, static_cast<std::size_t>(got));
        return got > 0;
    };
    while (bytes.find("\r\n\r\n") == std::string::npos)
        if (!more()) return std::nullopt;
    const auto body_at = bytes.find("\r\n\r\n") + 4;
    const std::string head = bytes.substr(0, body_at);
    const std::size_t size = std::stoul(header_of(head, "Content-Length").value_or("0"));
    while (bytes.size() < body_at + size)
        if (!more()) return std::nullopt;
    FakeNode::Request request;
    request.body = bytes.substr(body_at, size);
    request.authorization = header_of(head, "Authorization").value_or("");
    const std::string mark = R"("method":")";
    const auto method = request.body.find(mark);
    if (method != std::string::npos) {
        const auto begin = method + mark.size();
        request.method = request.body.substr(begin, request.body.find('"', begin) - begin);
    }
    return request;
}

std::string http_of(const FakeNode::Answer& answer)
{
    if (!answer.raw.empty()) return answer.raw;
    return "HTTP/1.1 " + std::to_string(answer.status) +
           " Word\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
}

}  // namespace

FakeNode::FakeNode(Handler handler, u16 port) : handler_(std::move(handler))
{
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ADIT_CHECK(listener_ >= 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ADIT_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ADIT_CHECK(::listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    ADIT_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
}

FakeNode::~FakeNode()
{
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    threads_.clear();
}

void FakeNode::accept_all()
{
    for (;;) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        const std::lock_guard lock(mutex_);
        open_.push_back(socket);
        threads_.emplace_back([this, socket] { serve(socket); });
    }
}

void FakeNode::serve(int socket)
{
    while (const auto request = read_request(socket)) {
        const Answer answer = handler_(*request);
        if (answer.hang_up) break;
        const std::string bytes = http_of(answer);
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const auto put = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (put <= 0) break;
            sent += static_cast<std::size_t>(put);
        }
        if (sent < bytes.size() || answer.then_close || !answer.raw.empty()) break;
    }
    const std::lock_guard lock(mutex_);
    open_.erase(std::find(open_.begin(), open_.end(), socket));
    ::close(socket);
}

}  // namespace adit::test
