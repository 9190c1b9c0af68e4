#pragma once

#include <optional>

#include "stratum/net/node_address.hpp"
#include "stratum/net/stream.hpp"

namespace adit::stratum::net {

/// How to reach a host.
struct DialPlan {
    std::string host;
    u16 port = 0;
    std::optional<client::Proxy> proxy;  ///< SOCKS5; then the proxy resolves the name
    std::optional<TlsSettings> tls;
    Family family = Family::any;
};

struct Dialled {
    std::unique_ptr<Stream> stream;  ///< null when it failed
    std::string left_over;           ///< what the far end said already (behind a proxy)
    std::string why;                 ///< one line for people when it failed
};

/// Resolves, connects (address by address), passes the proxy, shakes hands. A caller gives up by
/// cancelling the coroutine; only then it throws.
asio::awaitable<Dialled> dial(DialPlan plan);

}  // namespace adit::stratum::net
