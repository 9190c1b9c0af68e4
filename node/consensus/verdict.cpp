#include "node/consensus/verdict.hpp"

#include "kernels/base/check.hpp"

namespace adit::node::consensus {

std::string_view reject_word(BlockError error)
{
    switch (error) {
        case BlockError::version_invalid: return "version-invalid";
        case BlockError::invalid_solution: return "invalid-solution";
        case BlockError::high_hash: return "high-hash";
        case BlockError::prev_blk_not_found: return "prev-blk-not-found";
        case BlockError::bad_prevblk: return "bad-prevblk";
        case BlockError::bad_diffbits: return "bad-diffbits";
        case BlockError::time_too_old: return "time-too-old";
        case BlockError::time_too_far_ahead_of_mtp: return "time-too-far-ahead-of-mtp";
        case BlockError::time_too_new: return "time-too-new";
        case BlockError::bad_version: return "bad-version";
        case BlockError::checkpoint_mismatch: return "checkpoint-mismatch";
        case BlockError::bad_txnmrklroot: return "bad-txnmrklroot";
        case BlockError::bad_txns_duplicate: return "bad-txns-duplicate";
        case BlockError::bad_blk_length: return "bad-blk-length";
        case BlockError::bad_cb_missing: return "bad-cb-missing";
        case BlockError::bad_cb_multiple: return "bad-cb-multiple";
        case BlockError::bad_blk_sigops: return "bad-blk-sigops";
        case BlockError::bad_cb_height: return "bad-cb-height";
        case BlockError::bad_txns_nonfinal: return "bad-txns-nonfinal";
        case BlockError::cb_no_community_fund: return "cb-no-community-fund";
        case BlockError::bad_cb_amount: return "bad-cb-amount";
        case BlockError::bad_txns_vin_empty: return "bad-txns-vin-empty";
        case BlockError::bad_txns_vout_empty: return "bad-txns-vout-empty";
        case BlockError::bad_txns_oversize: return "bad-txns-oversize";
        case BlockError::bad_txns_64_bytes: return "bad-txns-64-bytes";
        case BlockError::bad_txns_version: return "bad-txns-version";
        case BlockError::bad_txns_vout_negative: return "bad-txns-vout-negative";
        case BlockError::bad_txns_vout_toolarge: return "bad-txns-vout-toolarge";
        case BlockError::bad_txns_txouttotal_toolarge: return "bad-txns-txouttotal-toolarge";
        case BlockError::bad_txns_inputs_duplicate: return "bad-txns-inputs-duplicate";
        case BlockError::bad_cb_length: return "bad-cb-length";
        case BlockError::bad_txns_prevout_null: return "bad-txns-prevout-null";
        case BlockError::bad_txns_inputs_missingorspent: return "bad-txns-inputs-missingorspent";
        case BlockError::bad_txns_premature_spend_of_coinbase:
            return "bad-txns-premature-spend-of-coinbase";
        case BlockError::bad_txns_in_belowout: return "bad-txns-in-belowout";
        case BlockError::bad_txns_fee_outofrange: return "bad-txns-fee-outofrange";
        case BlockError::bad_txns_bip30: return "bad-txns-BIP30";
        case BlockError::script_verify_failed: return "mandatory-script-verify-flag-failed";
        case BlockError::invalidated: return "invalidated";
    }
    base::check_failed(__FILE__, __LINE__, "a BlockError has a word");
}

int misbehaviour_points(BlockError error)
{
    switch (error) {
        case BlockError::time_too_new:        // their clock or ours
        case BlockError::prev_blk_not_found:  // counted by the session, several are forgiven
        case BlockError::invalidated:         // no fault of theirs
            return 0;
        case BlockError::high_hash: return 50;
        default: return 100;
    }
}

bool is_permanent(BlockError error)
{
    switch (error) {
        case BlockError::bad_txnmrklroot:
        case BlockError::bad_txns_duplicate:
        case BlockError::bad_txns_64_bytes:
        case BlockError::time_too_new:
        case BlockError::prev_blk_not_found: return false;
        default: return true;
    }
}

}  // namespace adit::node::consensus
