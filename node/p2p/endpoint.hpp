#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

namespace adit::node::p2p {

/// An IP address (IPv4 as ::ffff:a.b.c.d) and a port.
struct Endpoint {
    std::array<u8, 16> ip{};
    u16 port = 0;

    auto operator<=>(const Endpoint&) const = default;
    static Endpoint ipv4(u8 a, u8 b, u8 c, u8 d, u16 port);
    bool is_ipv4() const;
    bool is_loopback() const;
    bool is_private() const;   ///< LAN or link-local
    bool is_routable() const;  ///< worth telling strangers about
    std::string text() const;  ///< "1.2.3.4:8233", "[2001:db8::1]:8233"
    /// "host:port" with a numeric host; nullopt otherwise.
    static std::optional<Endpoint> parse(std::string_view text);
};
struct EndpointHash {
    std::size_t operator()(const Endpoint& endpoint) const;
};

/// Addresses an attacker gets cheaply together share a group: an IPv4 /16, an IPv6 /32. On a LAN
/// every host, on loopback every port is a group of its own.
std::array<u8, 18> network_group(const Endpoint& endpoint);

}  // namespace adit::node::p2p
