#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "node/app/node_config.hpp"
#include "node/net/peer_shell.hpp"
#include "node/p2p/network.hpp"

namespace adit::node::app {

/// The node's peers: sockets, the network behind them, and what they keep in the data folder.
class PeerService {
public:
    /// Before the loop starts. The error is one line with its exit code.
    static Result<std::unique_ptr<PeerService>, AppError> open(
        const PeerOptions& options, const std::filesystem::path& folder, chain::Chainstate& chain,
        p2p::TransactionPool* pool, net::NodeLoop& loop, const Clock& clock);
    ~PeerService();

    /// The chain thread, every 100 ms.
    void tick();
    /// Says goodbye and saves addresses. From the owner's thread, while the loop runs.
    void stop();

    p2p::Network& network() { return *network_; }
    net::PeerShell& shell() { return *shell_; }
    u16 port() const { return port_; }                       ///< 0: no connections are taken
    const std::string& warning() const { return warning_; }  ///< one line, empty when all is well

private:
    PeerService(net::NodeLoop& loop, const Clock& clock, std::filesystem::path folder);
    void save() const;
    void save_what_changed();
    void find_seeds();

    net::NodeLoop& loop_;
    const Clock& clock_;
    std::filesystem::path folder_;
    std::unique_ptr<net::PeerShell> shell_;
    std::unique_ptr<p2p::Network> network_;
    struct SeedSearch;
    std::shared_ptr<SeedSearch> seed_search_;
    std::vector<std::string> seeds_;  ///< of the spec; empty with --connect
    u16 seeds_port_ = 0;
    TimePoint seeds_due_{};
    TimePoint save_due_{};
    std::size_t spoke_tls_saved_ = 0;
    u64 bans_saved_ = 0;
    u16 port_ = 0;
    std::string warning_;
};

}  // namespace adit::node::app
