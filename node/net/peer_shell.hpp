#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernels/base/result.hpp"
#include "node/net/node_loop.hpp"
#include "node/net/tls_identity.hpp"
#include "node/p2p/network.hpp"

/// The sockets of the peers' network: accepts, dials, reads and writes on the network thread, and
/// hands every byte to p2p::Network on the chain thread.
namespace adit::node::net {

/// Accepted connections whose TLS handshake is not done, or that have said nothing yet. One more,
/// and the oldest goes: whoever dallies keeps nobody out.
inline constexpr std::size_t kHalfOpenMax = 256;
inline constexpr std::size_t kSpokeTlsMax = 50'000;  ///< addresses remembered

struct PeerShellOptions {
    bool allow_plain = false;  ///< peers without TLS may come, and are tried when TLS fails
    std::map<p2p::Endpoint, Hash256> pins;  ///< certificate fingerprints that must be met
    std::set<p2p::Endpoint> spoke_tls;      ///< from earlier runs: never tried plain
};

/// What getpeerinfo says of a connection besides p2p::PeerInfo.
struct ConnectionInfo {
    bool tls = false;
    bool pinned = false;
};

class PeerShell final : public p2p::Transport {
public:
    PeerShell(NodeLoop& loop, TlsIdentity identity, PeerShellOptions options);
    ~PeerShell() override;

    /// Before any traffic. `network` must outlive `stop`.
    void attach(p2p::Network& network);

    /// Accepts connections there. @return the port in use; the error is one line for people
    Result<u16, std::string> listen(const p2p::Endpoint& at);

    // p2p::Transport, on the chain thread.
    void dial(p2p::PeerId id, const p2p::Endpoint& to) override;
    void write(p2p::PeerId id, Bytes bytes) override;
    void close(p2p::PeerId id) override;
    void abort(p2p::PeerId id) override;

    /// Closes every socket; nothing reaches the network afterwards. From the owner's thread.
    void stop();

    // Any thread.
    ConnectionInfo info(p2p::PeerId id) const;
    std::set<p2p::Endpoint> spoke_tls() const;
    std::size_t spoke_tls_count() const;  ///< grows only
    const Hash256& fingerprint() const;

private:
    struct Parts;
    std::shared_ptr<Parts> parts_;
};

/// "host:port" or "host" with a default port → the addresses it names, by the system's resolver.
/// Blocks.
Result<std::vector<p2p::Endpoint>, std::string> resolve(const std::string& text, u16 default_port);

}  // namespace adit::node::net
