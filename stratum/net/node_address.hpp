#pragma once

#include <optional>
#include <string>

#include "kernels/base/bytes.hpp"
#include "stratum/client/pool_url.hpp"
#include "stratum/client/socks5.hpp"
#include "stratum/net/tls.hpp"

namespace adit::stratum::net {

/// Which of a name's addresses are tried.
enum class Family { any, v4, v6 };

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
    Family family = Family::any;

    std::string authority() const;  ///< "host:port", "[::1]:8232"
    std::string name() const;       ///< "http(s)://host:port", without the password
};

/// The node that an http(s) URL names. The cookie is for those that name no user.
NodeAddress node_at(const client::PoolUrl& url, const std::string& cookie_file);

}  // namespace adit::stratum::net
