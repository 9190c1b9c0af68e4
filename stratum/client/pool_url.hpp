#pragma once

#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

namespace adit::stratum::client {

enum class Transport { tcp, tls, http, https };

/// Where a pool is and who we are there, as `-o` says it:
/// `[stratum+tcp|ssl|tls://][user[:password]@]host:port[#xnsub]`, or `http(s)://…` for a node.
struct PoolUrl {
    Transport transport = Transport::tcp;
    std::string user;      ///< "wallet.rig1"; may be empty
    std::string password;  ///< may be empty
    std::string host;      ///< name or address, IPv6 without brackets
    u16 port = 0;
    std::string path;                   ///< http only; empty or begins with '/'
    bool subscribe_extranonce = false;  ///< #xnsub

    bool operator==(const PoolUrl&) const = default;
    bool is_http() const { return transport == Transport::http || transport == Transport::https; }
    bool is_tls() const { return transport == Transport::tls || transport == Transport::https; }
};

/// "stratum+ssl://host:port": for logs, so without user and password.
std::string to_string(const PoolUrl& url);

/// One line that names what is wrong and what to write instead.
struct UrlError {
    std::string text;
};
Result<PoolUrl, UrlError> parse_pool_url(std::string_view text);

/// The name to log in with: `user`, with `.worker` behind it unless it is empty.
std::string login_name(std::string_view user, std::string_view worker);

/// Whether a pool at `from` may send us to `to` (client.reconnect): the same host, or another of
/// the same domain. Shared endings that anybody can register under (`co.uk`) do not count;
/// addresses must be equal.
bool may_move(std::string_view from, std::string_view to);

}  // namespace adit::stratum::client
