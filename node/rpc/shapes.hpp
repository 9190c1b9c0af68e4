#pragma once

#include "kernels/base/json.hpp"
#include "node/chain/chainstate.hpp"

/// Blocks, transactions and scripts as JSON, with zcashd's keys.
namespace adit::node::rpc {

/// Coins with eight places: 12.50000000.
json::value coins_json(Amount amount);

/// Last byte first, as people see hashes.
json::value hash_json(const Hash256& hash);

/// Bits as people see them: "1f07ffff".
std::string bits_text(u32 bits);

/// Blocks on top of it and itself; -1 for one that is not on the chain that ends in `tip`.
i64 confirmations_of(const chain::BlockNode& node, const chain::BlockNode& tip);

/// A header's fields and its place in the chain: hash, confirmations, height … previousblockhash,
/// nextblockhash.
json::object header_json(const consensus::ChainSpec& spec, const BlockHeader& header,
                         const chain::BlockNode& node, const chain::BlockNode& tip);

/// The same with size and tx: ids, or the transactions themselves.
json::object block_json(const consensus::ChainSpec& spec, const Block& block,
                        const chain::BlockNode& node, const chain::BlockNode& tip,
                        bool with_transactions);

json::object transaction_json(const consensus::ChainSpec& spec, const Transaction& tx);

/// asm, hex, type; reqSigs and addresses where one address says it all.
json::object script_pubkey_json(const consensus::ChainSpec& spec, ByteView script);

}  // namespace adit::node::rpc
