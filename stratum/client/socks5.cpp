#include "stratum/client/socks5.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "stratum/client/pool_url.hpp"

namespace adit::stratum::client {
namespace {

constexpr char kVersion = 5;
constexpr char kNoLogin = 0;
constexpr char kPasswordLogin = 2;
constexpr char kNoneFits = static_cast<char>(0xff);
constexpr std::size_t kFieldBytesMax = 255;

constexpr std::array<std::string_view, 9> kRefusals{
    "succeeded",
    "general failure",
    "not allowed by its rules",
    "network unreachable",
    "host unreachable",
    "connection refused",
    "time to live expired",
    "command not supported",
    "address type not supported",
};

u8 byte_at(const std::string& text, std::size_t i) { return static_cast<u8>(text[i]); }

}  // namespace

std::optional<Proxy> parse_proxy(std::string_view text)
{
    for (const std::string_view scheme : {"socks5://", "socks5h://"})
        if (text.starts_with(scheme)) {
            text.remove_prefix(scheme.size());
            break;
        }
    if (text.find("://") != std::string_view::npos) return std::nullopt;
    const auto url = parse_pool_url(text);
    if (!url || url->user.size() > kFieldBytesMax || url->password.size() > kFieldBytesMax)
        return std::nullopt;
    return Proxy{url->host, url->port, url->user, url->password};
}

Socks5Handshake::Socks5Handshake(const Proxy& proxy, std::string_view host, u16 port)
    : proxy_(proxy), host_(host), port_(port)
{
    if (host_.size() > kFieldBytesMax)
        fail("host name too long for SOCKS5");
    else if (proxy_.user.empty())
        output_ = {kVersion, 1, kNoLogin};
    else
        output_ = {kVersion, 2, kNoLogin, kPasswordLogin};
}

std::string Socks5Handshake::take_output() { return std::exchange(output_, {}); }

std::size_t Socks5Handshake::on_bytes(std::string_view bytes)
{
    std::size_t used = 0;
    while (state_ == State::running && used < bytes.size()) {
        const std::size_t take = std::min(wanted_ - answer_.size(), bytes.size() - used);
        answer_.append(bytes.substr(used, take));
        used += take;
        if (answer_.size() < wanted_) break;
        switch (step_) {
            case Step::greeting: on_greeting(); break;
            case Step::login: on_login(); break;
            case Step::reply: on_reply(); break;
        }
    }
    return used;
}

void Socks5Handshake::fail(std::string why)
{
    state_ = State::failed;
    error_ = "SOCKS5 proxy: " + std::move(why);
}

void Socks5Handshake::on_greeting()
{
    if (answer_[0] != kVersion)
        return fail("what answers there does not speak SOCKS5; check -x HOST:PORT");
    const char method = answer_[1];
    answer_.clear();
    if (method == kNoneFits || (method == kPasswordLogin && proxy_.user.empty()))
        return fail("wants a login; write -x socks5://user:password@host:port");
    if (method == kNoLogin) return send_connect();
    if (method != kPasswordLogin) return fail("asks for a login method that was not offered");
    output_ += '\x01';
    output_ += static_cast<char>(proxy_.user.size());
    output_ += proxy_.user;
    output_ += static_cast<char>(proxy_.password.size());
    output_ += proxy_.password;
    step_ = Step::login;
    wanted_ = 2;
}

void Socks5Handshake::on_login()
{
    if (answer_[1] != 0) return fail("refused user or password");
    answer_.clear();
    send_connect();
}

void Socks5Handshake::send_connect()
{
    output_ += {kVersion, 1, 0, 3};  // CONNECT, by name
    output_ += static_cast<char>(host_.size());
    output_ += host_;
    output_ += static_cast<char>(port_ >> 8);
    output_ += static_cast<char>(port_ & 0xff);
    step_ = Step::reply;
    wanted_ = 5;  // up to the first byte of the bound address: its length, if it is a name
}

void Socks5Handshake::on_reply()
{
    if (answer_[0] != kVersion) return fail("answered with something that is not SOCKS5");
    const u8 code = byte_at(answer_, 1);
    if (code != 0)
        return fail(code < kRefusals.size() ? std::string(kRefusals[code])
                                            : "refused with code " + std::to_string(code));
    std::size_t whole = 0;
    switch (byte_at(answer_, 3)) {
        case 1: whole = 4 + 4 + 2; break;
        case 3: whole = 4 + 1 + byte_at(answer_, 4) + 2u; break;
        case 4: whole = 4 + 16 + 2; break;
        default: return fail("answered with an unknown kind of address");
    }
    if (answer_.size() < whole)
        wanted_ = whole;
    else
        state_ = State::connected;
}

}  // namespace adit::stratum::client
