#include "stratum/client/pool_url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace adit::stratum::client {
namespace {

constexpr std::size_t kUrlBytesMax = 1024;
constexpr std::size_t kHostBytesMax = 253;

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

UrlError wrong(std::string_view url, std::string_view what)
{
    std::string shown(url.substr(url.rfind('@') + 1));  // never a password
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < 0x20 || c == 0x7f; }, '?');
    return UrlError{"pool URL \"" + shown + "\": " + std::string(what)};
}

/// stratum+tcp, ssl, equihash+tls, zstratum … Whatever stands before the plus is a matter of taste.
std::optional<Transport> transport_of(std::string_view scheme)
{
    const std::string word = lower(scheme);
    const std::string last = word.substr(word.rfind('+') + 1);
    if (last == "tcp") return Transport::tcp;
    if (last == "ssl" || last == "tls") return Transport::tls;
    if (word == "stratum" || word == "stratum1" || word == "stratum2" || word == "zstratum")
        return Transport::tcp;
    if (word == "stratums" || word == "zstratums") return Transport::tls;
    if (word == "http") return Transport::http;
    if (word == "https") return Transport::https;
    return std::nullopt;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// %40 → @. A percent sign without two digits stays one.
std::string percent_decoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high >= 0 && low >= 0) {
                out += static_cast<char>(high * 16 + low);
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

bool host_is_clean(std::string_view host)
{
    return std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_' || c == ':' || c == '%';
    });
}

std::vector<std::string_view> labels(std::string_view host)
{
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t dot = host.find('.');
        out.push_back(host.substr(0, dot));
        if (dot == std::string_view::npos) return out;
        host.remove_prefix(dot + 1);
    }
}

bool is_address(std::string_view host)
{
    if (host.find(':') != std::string_view::npos) return true;
    return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::string to_string(const PoolUrl& url)
{
    static constexpr std::string_view kSchemes[] = {"stratum+tcp", "stratum+ssl", "http", "https"};
    const bool brackets = url.host.find(':') != std::string::npos;
    return std::string(kSchemes[static_cast<int>(url.transport)]) + "://" + (brackets ? "[" : "") +
           url.host + (brackets ? "]" : "") + ":" + std::to_string(url.port) + url.path;
}

Result<PoolUrl, UrlError> parse_pool_url(std::string_view text)
{
    if (text.size() > kUrlBytesMax) return wrong("…", "is too long");
    if (std::any_of(text.begin(), text.end(), [](char c) { return c <= 0x20 && c >= 0; }))
        return wrong(text, "has a blank in it; quote it, or take the blank out");
    PoolUrl url;
    std::string_view rest = text;
    if (const auto end = rest.find("://"); end != std::string_view::npos) {
        if (rest.starts_with("node://"))
            return wrong(text,
                         "is adit's own node: adit solo mines at it; another node is "
                         "http://user:password@host:port");
        const auto transport = transport_of(rest.substr(0, end));
        if (!transport)
            return wrong(text, "begins with \"" + std::string(rest.substr(0, end)) +
                                   "://\"; write stratum+tcp://, stratum+ssl:// or "
                                   "http://");
        url.transport = *transport;
        rest.remove_prefix(end + 3);
    }
    if (const auto hash = rest.rfind('#');
        hash != std::string_view::npos && hash > rest.rfind('@') + 1) {
        url.subscribe_extranonce = rest.substr(hash + 1) == "xnsub";
        if (!url.subscribe_extranonce) return wrong(text, "only #xnsub may follow the port");
        rest = rest.substr(0, hash);
    }
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = rest.substr(0, at);
        const auto colon = login.find(':');
        url.user = percent_decoded(login.substr(0, colon));
        if (colon != std::string_view::npos)
            url.password = percent_decoded(login.substr(colon + 1));
        rest.remove_prefix(at + 1);
    }
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        if (url.is_http())
            url.path = rest.substr(slash);
        else if (slash + 1 != rest.size())
            return wrong(text, "has a path; stratum knows none, end it after the port");
        rest = rest.substr(0, slash);
    }
    std::string_view host = rest;
    std::string_view port;
    if (rest.starts_with('[')) {
        const auto close = rest.find(']');
        if (close == std::string_view::npos) return wrong(text, "opens a [ that never closes");
        host = rest.substr(1, close - 1);
        if (rest.substr(close + 1).starts_with(':')) port = rest.substr(close + 2);
    } else if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
        host = rest.substr(0, colon);
        port = rest.substr(colon + 1);
        if (host.find(':') != std::string_view::npos)
            return wrong(text, "looks like IPv6; write [address]:port");
    }
    url.host = lower(host);
    if (url.host.empty()) return wrong(text, "names no host; write host:port");
    if (url.host.size() > kHostBytesMax || !host_is_clean(url.host))
        return wrong(text, "has a host name with characters that names do not have");
    if (port.empty()) return wrong(text, "has no port; write " + url.host + ":PORT");
    unsigned number = 0;
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || stop != port.data() + port.size() || number == 0 || number > 65535)
        return wrong(text, "has a port that is no number from 1 to 65535");
    url.port = static_cast<u16>(number);
    return url;
}

std::string login_name(std::string_view user, std::string_view worker)
{
    std::string name(user);
    if (worker.empty()) return name;
    if (!name.empty()) name += '.';
    return name.append(worker);
}

bool may_move(std::string_view from, std::string_view to)
{
    const std::string here = lower(from);
    const std::string there = lower(to);
    if (here == there) return true;
    if (is_address(here) || is_address(there)) return false;
    const auto a = labels(here);
    const auto b = labels(there);
    std::size_t common = 0;
    while (common < a.size() && common < b.size() &&
           a[a.size() - 1 - common] == b[b.size() - 1 - common])
        ++common;
    if (common < 2) return false;
    // Under a country's two letters, a short second label is a registry (co.uk, com.br, ne.jp).
    const bool registry = a.back().size() == 2 && a[a.size() - 2].size() <= 3;
    return common >= (registry ? 3u : 2u);
}

}  // namespace adit::stratum::client
