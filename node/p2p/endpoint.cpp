#include "node/p2p/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "kernels/base/endian.hpp"

namespace adit::node::p2p {
namespace {

constexpr std::array<u8, 12> kIpv4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

Endpoint Endpoint::ipv4(u8 a, u8 b, u8 c, u8 d, u16 port)
{
    Endpoint endpoint;
    std::copy(kIpv4Prefix.begin(), kIpv4Prefix.end(), endpoint.ip.begin());
    endpoint.ip[12] = a;
    endpoint.ip[13] = b;
    endpoint.ip[14] = c;
    endpoint.ip[15] = d;
    endpoint.port = port;
    return endpoint;
}

bool Endpoint::is_ipv4() const
{
    return std::equal(kIpv4Prefix.begin(), kIpv4Prefix.end(), ip.begin());
}

bool Endpoint::is_loopback() const
{
    if (is_ipv4()) return ip[12] == 127;
    return std::all_of(ip.begin(), ip.end() - 1, [](u8 b) { return b == 0; }) && ip[15] == 1;
}

bool Endpoint::is_private() const
{
    if (is_ipv4())
        return ip[12] == 10 || (ip[12] == 172 && ip[13] >> 4 == 1) ||
               (ip[12] == 192 && ip[13] == 168) || (ip[12] == 169 && ip[13] == 254) ||
               (ip[12] == 100 && ip[13] >> 6 == 1);
    return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
}

bool Endpoint::is_routable() const
{
    const bool unspecified =
        is_ipv4() ? ip[12] == 0 || ip[12] >= 224
                  : ip[0] == 0xff || std::all_of(ip.begin(), ip.end(), [](u8 b) { return b == 0; });
    const bool documentation =
        is_ipv4() ? (ip[12] == 192 && ip[13] == 0 && ip[14] == 2) ||
                        (ip[12] == 198 && ip[13] == 51 && ip[14] == 100) ||
                        (ip[12] == 203 && ip[13] == 0 && ip[14] == 113)
                  : ip[0] == 0x20 && ip[1] == 0x01 && ip[2] == 0x0d && ip[3] == 0xb8;
    return port != 0 && !unspecified && !documentation && !is_loopback() && !is_private();
}

std::string Endpoint::text() const
{
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (is_ipv4()) {
        inet_ntop(AF_INET, ip.data() + 12, host.data(), host.size());
        return std::string(host.data()) + ":" + std::to_string(port);
    }
    inet_ntop(AF_INET6, ip.data(), host.data(), host.size());
    return "[" + std::string(host.data()) + "]:" + std::to_string(port);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
    const std::string_view digits = text.substr(colon + 1);
    u16 port = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (end.ec != std::errc{} || end.ptr != digits.data() + digits.size() || port == 0)
        return std::nullopt;

    std::string host(text.substr(0, colon));
    Endpoint endpoint;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        if (inet_pton(AF_INET6, host.c_str(), endpoint.ip.data()) != 1) return std::nullopt;
    } else {
        std::array<u8, 4> ip{};
        if (inet_pton(AF_INET, host.c_str(), ip.data()) != 1) return std::nullopt;
        return ipv4(ip[0], ip[1], ip[2], ip[3], port);
    }
    endpoint.port = port;
    return endpoint;
}

std::size_t EndpointHash::operator()(const Endpoint& endpoint) const
{
    const u64 low = load_le<u64>(endpoint.ip.data());
    const u64 high = load_le<u64>(endpoint.ip.data() + 8);
    u64 mixed = (low ^ (high * 0x9e3779b97f4a7c15) ^ endpoint.port) * 0xbf58476d1ce4e5b9;
    return mixed ^ mixed >> 29;
}

std::array<u8, 18> network_group(const Endpoint& endpoint)
{
    std::array<u8, 18> group{};
    const auto keep = [&](std::size_t bytes) {
        std::copy_n(endpoint.ip.begin(), bytes, group.begin());
    };
    if (endpoint.is_loopback()) {
        keep(16);
        store_be<u16>(group.data() + 16, endpoint.port);
    } else if (endpoint.is_private()) {
        keep(16);
    } else {
        keep(endpoint.is_ipv4() ? 14 : 4);
    }
    return group;
}

}  // namespace adit::node::p2p
