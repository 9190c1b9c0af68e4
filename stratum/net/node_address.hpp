#pragma once

#include <optional>
#include <string>

#include "kernels/base/bytes.hpp"
#include "stratum/client/socks5.hpp"
#include "stratum/net/tls.hpp"

namespace adit::stratum::net {

/// Where a node's RPC is, and who we are there.
struct NodeAddress {
    std::string host;  ///< name or address, IPv6 without brackets
    u16 port = 0;
    std::string path = "/";
    std::string user;
    std::string password;
    std::string cookie_file;  ///< instead of user and password: read anew for each connection
    std::optional<TlsSettings> tls;      ///< https://
    std::optional<client::Proxy> proxy;  ///< SOCKS5

    std::string authority() const;  ///< "host:port", "[::1]:8232"
    std::string name() const;       ///< "http(s)://host:port", without the password
};

}  // namespace adit::stratum::net
