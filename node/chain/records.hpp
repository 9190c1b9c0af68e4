#pragma once

#include <optional>

#include "node/chain/chainstate.hpp"
#include "node/consensus/check_inputs.hpp"

/// What stands in the store's columns. Blocks are filed under BE32(height) || hash, so that a
/// growing chain writes in order and neighbours lie together.
///
///   meta     "format", "chain_id", "chain", "tip"
///   index    block → IndexRecord                  read whole at start
///   headers  block → header with its solution     as on the wire
///   bodies   block → transactions                 as on the wire: header || body is a block
///   message undo     block → the coins it spent           of connected blocks coins    txid ||
///   BE32(output) → coin          of the chain that ends at "tip"
namespace adit::node::chain {

/// The layout above. A store of a higher number belongs to a later release.
inline constexpr u32 kStoreFormat = 1;

inline constexpr std::string_view kFormatKey = "format";     ///< LE32
inline constexpr std::string_view kChainIdKey = "chain_id";  ///< 32 bytes
inline constexpr std::string_view kChainNameKey = "chain";   ///< for messages alone
inline constexpr std::string_view kTipKey = "tip";           ///< TipRecord

/// A header without what only its hash and its readers need.
struct IndexRecord {
    BlockHash prev;
    i32 version = 0;
    u32 time = 0;
    u32 bits = 0;
    bool has_body = false;
    bool was_connected = false;
    std::optional<consensus::BlockError> failure;  ///< of the block itself, not of an ancestor
    u64 arrival = 0;

    bool operator==(const IndexRecord&) const = default;
};

/// The end of the chain whose coins are in the store.
struct TipRecord {
    BlockHash hash;
    Height height;
    Supply supply;

    bool operator==(const TipRecord&) const = default;
};

struct BlockKey {
    Height height;
    BlockHash hash;
};
Bytes block_key(Height height, const BlockHash& hash);
inline Bytes block_key(const BlockNode& node) { return block_key(node.height, node.hash); }
std::optional<BlockKey> read_block_key(ByteView key);

Bytes coin_key(const OutPoint& outpoint);
std::optional<OutPoint> read_coin_key(ByteView key);

/// nullopt: these bytes are none, so the store is damaged.
Bytes to_record(const consensus::Coin& coin);
std::optional<consensus::Coin> read_coin(ByteView record);
Bytes to_record(const IndexRecord& index);
std::optional<IndexRecord> read_index(ByteView record);
Bytes to_record(const TipRecord& tip);
std::optional<TipRecord> read_tip(ByteView record);
Bytes body_record(const Block& block);
std::optional<std::vector<Transaction>> read_body(ByteView record);

/// The record of a node as it stands.
IndexRecord index_record_of(const BlockNode& node);

StoreError damaged(const std::string& what);  ///< "the store is damaged: …", and what to do

}  // namespace adit::node::chain
