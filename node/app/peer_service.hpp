#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
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
    void find_seeds(std::vector<std::string> seeds, u16 default_port);

    net::NodeLoop& loop_;
    const Clock& clock_;
    std::filesystem::path folder_;
    std::unique_ptr<net::PeerShell> shell_;
    std::unique_ptr<p2p::Network> network_;
    std::jthread seed_search_;
    TimePoint save_due_{};
    u16 port_ = 0;
    std::string warning_;
};

}  // namespace adit::node::app
