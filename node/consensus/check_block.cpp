#include "node/consensus/check_block.hpp"

#include <algorithm>

#include "node/consensus/check_tx.hpp"
#include "node/script/script.hpp"

namespace adit::node::consensus {

Verdict check_block(const ChainSpec& spec, const Block& block)
{
    // First what binds the body to the header: once it holds, all that follows is the block's own
    // fault and not a carrier's. A carrier can pass inner nodes of the merkle tree off as
    // transactions of 64 bytes under the same root (CVE-2017-12842 turned round), and no block
    // holds any.
    const MerkleRoot merkle = merkle_root_of(block.transactions);
    if (merkle.root != block.header.merkle_root) return BlockError::bad_txnmrklroot;
    if (merkle.mutated) return BlockError::bad_txns_duplicate;
    for (const Transaction& tx : block.transactions)
        if (to_bytes(tx).size() == kMerkleNodeBytes) return BlockError::bad_txns_64_bytes;

    if (block.transactions.empty() || to_bytes(block).size() > spec.size.block_bytes_max)
        return BlockError::bad_blk_length;
    if (!block.transactions[0].is_coinbase()) return BlockError::bad_cb_missing;
    for (std::size_t i = 1; i < block.transactions.size(); ++i)
        if (block.transactions[i].is_coinbase()) return BlockError::bad_cb_multiple;

    u64 sigops = 0;
    for (const Transaction& tx : block.transactions) {
        ADIT_CHECKED(check_tx(spec, tx));
        sigops += count_sigops(tx);
    }
    if (sigops > spec.size.block_sigops_max) return BlockError::bad_blk_sigops;
    return {};
}

Verdict check_block_at(const ChainSpec&, const Block& block, Height height)
{
    for (const Transaction& tx : block.transactions)
        if (!is_final(tx, height, block.header.time)) return BlockError::bad_txns_nonfinal;

    const Script expected = script::height_push(height);
    const Script& found = block.transactions[0].inputs[0].script_sig;
    if (found.size() < expected.size() ||
        !std::equal(expected.begin(), expected.end(), found.begin()))
        return BlockError::bad_cb_height;
    return {};
}

}  // namespace adit::node::consensus
