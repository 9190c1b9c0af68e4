#include "tests/support/http_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "kernels/base/check.hpp"

namespace adit::test {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in address_of(const char* ip, u16 port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ADIT_CHECK(inet_pton(AF_INET, ip, &address.sin_addr) == 1);
    return address;
}

/// More bytes behind `text`; false at the end of the stream or of patience.
bool read_more(int socket, std::string& text, Clock::time_point until)
{
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd poll_for{socket, POLLIN, 0};
    if (left <= 0 || poll(&poll_for, 1, static_cast<int>(left)) <= 0) return false;
    char buffer[65536];
    const ssize_t size = recv(socket, buffer, sizeof buffer, 0);
    if (size <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(size));
    return true;
}

}  // namespace

HttpProbe::HttpProbe(u16 port, const std::string& from)
{
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ADIT_CHECK(socket_ >= 0);
    if (!from.empty()) {
        const sockaddr_in own = address_of(from.c_str(), 0);
        ADIT_CHECK(bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
    }
    const sockaddr_in there = address_of("127.0.0.1", port);
    ADIT_CHECK(connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0);
}

HttpProbe::~HttpProbe() { close(socket_); }

bool HttpProbe::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

std::optional<ProbeAnswer> HttpProbe::read(std::chrono::milliseconds patience)
{
    const auto until = Clock::now() + patience;
    std::size_t head = std::string::npos;
    while ((head = unread_.find("\r\n\r\n")) == std::string::npos)
        if (!read_more(socket_, unread_, until)) return std::nullopt;

    ProbeAnswer answer;
    answer.status = std::atoi(unread_.c_str() + unread_.find(' '));
    for (std::size_t line = unread_.find("\r\n") + 2; line < head + 2;) {
        const std::size_t end = unread_.find("\r\n", line);
        const std::size_t colon = unread_.find(": ", line);
        std::string name = unread_.substr(line, colon - line);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        answer.headers[name] = unread_.substr(colon + 2, end - colon - 2);
        line = end + 2;
    }
    unread_.erase(0, head + 4);
    if (answer.status == 100) return answer;

    const auto length = static_cast<std::size_t>(
        std::strtoull(answer.headers["content-length"].c_str(), nullptr, 10));
    while (unread_.size() < length)
        if (!read_more(socket_, unread_, until)) return std::nullopt;
    answer.body = unread_.substr(0, length);
    unread_.erase(0, length);
    return answer;
}

bool HttpProbe::ends(std::chrono::milliseconds patience)
{
    const auto until = Clock::now() + patience;
    while (read_more(socket_, unread_, until)) {
    }
    return Clock::now() < until;
}

std::string http_post(std::string_view headers, std::string_view body)
{
    return "POST / HTTP/1.1\r\n" + std::string(headers) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace adit::test
