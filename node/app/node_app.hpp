#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "node/app/data_folder.hpp"
#include "node/app/mining_key.hpp"
#include "node/chain/chainstate.hpp"
#include "node/mempool/chain_pool.hpp"

namespace adit::node::app {

/// How a node is started besides its configuration.
struct NodeStart {
    bool make_key = false;         ///< without a miner's address: use the folder's key, or make one
    const Clock* clock = nullptr;  ///< null: the machine's; else it outlives the node
    bool always_peers = false;     ///< else only when the options ask for them
};

/// A running node as one object: folder, store, chain, RPC and their threads. `adit node`, `adit
/// solo` and tests start it. Its methods are for the thread that owns it.
class NodeApp {
public:
    /// Returns when RPC answers. The error is one line, with its exit code.
    static Result<std::unique_ptr<NodeApp>, AppError> start(NodeConfig config,
                                                            NodeStart start = {});
    ~NodeApp();  ///< stops

    /// Lets waiting callers go, finishes what was begun, closes the store: within 5 seconds.
    void stop();

    /// Waits until somebody asked for the end (RPC `stop`) or the store failed.
    /// @return whether that has happened within `patience`
    bool wait_for_end(std::chrono::milliseconds patience);
    /// Why the node cannot go on; nullopt while it can.
    std::optional<AppError> failure() const;

    const consensus::ChainSpec& spec() const;
    rpc::NodeAddress rpc_address() const;
    const rpc::Credentials& rpc_credentials() const;  ///< the cookie's
    const std::filesystem::path& folder() const;
    const std::optional<MiningKey>& key() const;  ///< with NodeStart::make_key
    chain::Tip tip() const;
    u16 peer_port() const;  ///< 0: no connections are taken
    /// Where mining pays to, with a wallet and without an address of the command line's.
    const std::optional<std::string>& wallet_address() const;
    const std::string& wallet_warning() const;  ///< one line, empty when all is well
    std::string peer_warning() const;           ///< one line, empty when all is well
    std::string pool_warning() const;           ///< the same of the waiting transactions

    /// What getlocalsolps and getmininginfo say of the miner in this process. Any thread.
    void set_local_rate(double sol_s);

    /// Runs `work` on the chain thread and waits for it: for tests and for listeners that come and
    /// go.
    void on_chain(const std::function<void(chain::Chainstate&)>& work);
    /// The same with the waiting transactions.
    void on_pool(const std::function<void(mempool::ChainPool&)>& work);

private:
    struct Parts;
    explicit NodeApp(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace adit::node::app
