#pragma once

#include <string_view>

#include "kernels/base/result.hpp"

/// What is wrong with a block, header or transaction: reject words as the Zcash family sends them,
/// with the blame a peer earns.
namespace adit::node::consensus {

enum class BlockError {
    // header alone
    version_invalid,
    invalid_solution,
    high_hash,
    // header against its ancestors
    prev_blk_not_found,
    bad_prevblk,
    bad_diffbits,
    time_too_old,
    time_too_far_ahead_of_mtp,
    time_too_new,
    bad_version,
    checkpoint_mismatch,
    // block alone
    bad_txnmrklroot,
    bad_txns_duplicate,
    bad_blk_length,
    bad_cb_missing,
    bad_cb_multiple,
    bad_blk_sigops,
    // block at its height
    bad_cb_height,
    bad_txns_nonfinal,
    cb_no_community_fund,
    bad_cb_amount,
    // a transaction of it
    bad_txns_vin_empty,
    bad_txns_vout_empty,
    bad_txns_oversize,
    bad_txns_64_bytes,  ///< a merkle proof could pass it off as two hashes
    bad_txns_version,
    bad_txns_vout_negative,
    bad_txns_vout_toolarge,
    bad_txns_txouttotal_toolarge,
    bad_txns_inputs_duplicate,
    bad_cb_length,
    bad_txns_prevout_null,
    bad_txns_inputs_missingorspent,
    bad_txns_premature_spend_of_coinbase,
    bad_txns_in_belowout,
    bad_txns_fee_outofrange,
    bad_txns_bip30,
    script_verify_failed,
    // no rule at all
    invalidated,  ///< whoever runs this node does not want it, or one of its ancestors
};

/// The word on the wire and in submitblock's answer: "bad-cb-height".
std::string_view reject_word(BlockError error);

/// Points a peer earns for sending it; 0: never punished.
int misbehaviour_points(BlockError error);

/// Whether the block's hash may be remembered as invalid. Not where a peer could have altered the
/// body (merkle, duplicate) and not where time alone can heal it (time-too-new, parent unknown).
bool is_permanent(BlockError error);

using Verdict = Result<void, BlockError>;

}  // namespace adit::node::consensus
