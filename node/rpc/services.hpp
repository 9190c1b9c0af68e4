#pragma once

#include <functional>

#include "node/chain/chainstate.hpp"
#include "node/mempool/chain_pool.hpp"
#include "node/net/peer_shell.hpp"
#include "node/rpc/methods.hpp"
#include "node/rpc/template_feed.hpp"
#include "node/wallet/unlocker.hpp"
#include "node/wallet/wallet.hpp"

namespace adit::node::rpc {

/// What the methods lean on. Outlives the method table; used on the chain thread alone.
struct NodeServices {
    chain::Chainstate& chain;
    mempool::ChainPool& pool;
    const Clock& clock;
    TemplateFeed& templates;
    TimePoint started;
    std::function<void()> request_stop;        ///< returns at once
    std::function<double()> local_rate_sol_s;  ///< of a miner in this process
    std::function<u64()> disk_bytes;           ///< held by the chain's store
    /// Finds nonce and solution of a block made here; nullopt when there is nobody to do it.
    std::function<std::optional<Block>(Block)> solve;
    p2p::Network* network = nullptr;       ///< null: this node has no peers
    net::PeerShell* peer_shell = nullptr;  ///< with `network`
    wallet::Wallet* wallet = nullptr;      ///< null: this node has none
    wallet::Unlocker* unlocker = nullptr;  ///< with `wallet`

    const consensus::ChainSpec& spec() const { return chain.spec(); }
    const chain::BlockNode& tip() const { return *chain.tip().block; }
    /// What the operator should know; empty when all is well.
    std::string warnings() const
    {
        const auto refused = chain.refused_branch();
        return refused ? text_of(*refused) : std::string();
    }
    std::size_t connections() const { return network == nullptr ? 0 : network->connections(); }
};

void add_chain_methods(MethodTable& table, NodeServices& node);
void add_mining_methods(MethodTable& table, NodeServices& node);
void add_network_methods(MethodTable& table, NodeServices& node);
void add_peer_methods(MethodTable& table, NodeServices& node);
void add_pool_methods(MethodTable& table, NodeServices& node);
void add_transaction_methods(MethodTable& table, NodeServices& node);
void add_wallet_methods(MethodTable& table, NodeServices& node);
void add_control_methods(MethodTable& table, NodeServices& node);

/// All of the above.
MethodTable make_method_table(NodeServices& node);

/// Solutions a second that made the last `blocks` blocks up to `end`, by their work and times; 0
/// where that says nothing. `blocks` < 1: the averaging window of the chain.
u64 network_rate_sol_s(const consensus::ChainSpec& spec, const chain::BlockNode& end, i64 blocks);

/// Whether the coins are play money: somebody published the keys of the payees.
inline bool is_testnet(const consensus::ChainSpec& spec) { return spec.published_keys; }

/// The block of the best chain that holds an output of this transaction which nobody has spent;
/// null when there is none.
Result<const chain::BlockNode*, RpcError> block_with_coin_of(const NodeServices& node,
                                                             const TxId& txid);

/// A store's failure as RPC tells it.
inline RpcError database_error(const chain::StoreError& error)
{
    return {RpcCode::database, error.text};
}

}  // namespace adit::node::rpc
