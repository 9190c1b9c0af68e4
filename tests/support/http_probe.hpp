#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

namespace adit::test {

/// What a server answered, headers in lower case.
struct ProbeAnswer {
    int status = 0;
    std::map<std::string, std::string> headers;
    std::string body;
};

/// A plain socket to loopback that sends exactly what a test says, good or bad.
class HttpProbe {
public:
    /// Connects; a refusal ends the test program. `from` is the own address: 127.0.0.2, say.
    explicit HttpProbe(u16 port, const std::string& from = "");
    ~HttpProbe();
    HttpProbe(const HttpProbe&) = delete;
    HttpProbe& operator=(const HttpProbe&) = delete;

    bool send(std::string_view bytes);  ///< false when the other end is gone
    /// Reads one whole answer; nullopt when the connection ends or `patience` is over before.
    std::optional<ProbeAnswer> read(std::chrono::milliseconds patience = std::chrono::seconds(10));
    /// Whether the other end closes within `patience`.
    bool ends(std::chrono::milliseconds patience = std::chrono::seconds(10));

private:
    int socket_ = -1;
    std::string unread_;
};

/// A POST to / with these header lines (each ended by \r\n) and a content length.
std::string http_post(std::string_view headers, std::string_view body);

}  // namespace adit::test
