#include "node/consensus/check_tx.hpp"

#include <algorithm>
#include <vector>

#include "node/script/script.hpp"

namespace adit::node::consensus {
namespace {

constexpr i32 kTransactionVersion = 1;
constexpr std::size_t kCoinbaseScriptBytesMin = 2;
constexpr std::size_t kCoinbaseScriptBytesMax = 100;
constexpr u32 kLockTimeIsTimeFrom = 500'000'000;  // below: a height
constexpr u32 kSequenceFinal = 0xffffffff;

Verdict check_outputs(const ChainSpec& spec, const Transaction& tx)
{
    Amount sum = 0;
    for (const TxOut& out : tx.outputs) {
        if (out.value < 0) return BlockError::bad_txns_vout_negative;
        if (out.value > spec.money_max) return BlockError::bad_txns_vout_toolarge;
        if (out.value > spec.money_max - sum) return BlockError::bad_txns_txouttotal_toolarge;
        sum += out.value;
    }
    return {};
}

bool spends_twice(const Transaction& tx)
{
    std::vector<OutPoint> outpoints;
    for (const TxIn& in : tx.inputs) outpoints.push_back(in.prevout);
    std::sort(outpoints.begin(), outpoints.end());
    return std::adjacent_find(outpoints.begin(), outpoints.end()) != outpoints.end();
}

}  // namespace

Verdict check_tx(const ChainSpec& spec, const Transaction& tx)
{
    if (tx.version != kTransactionVersion) return BlockError::bad_txns_version;
    if (tx.inputs.empty()) return BlockError::bad_txns_vin_empty;
    if (tx.outputs.empty()) return BlockError::bad_txns_vout_empty;
    const std::size_t size = to_bytes(tx).size();
    if (size > spec.size.transaction_bytes_max) return BlockError::bad_txns_oversize;
    if (size == kMerkleNodeBytes) return BlockError::bad_txns_64_bytes;
    ADIT_CHECKED(check_outputs(spec, tx));
    if (spends_twice(tx)) return BlockError::bad_txns_inputs_duplicate;
    if (tx.is_coinbase()) {
        const std::size_t script_bytes = tx.inputs[0].script_sig.size();
        if (script_bytes < kCoinbaseScriptBytesMin || script_bytes > kCoinbaseScriptBytesMax)
            return BlockError::bad_cb_length;
        return {};
    }
    for (const TxIn& in : tx.inputs)
        if (in.prevout.is_null()) return BlockError::bad_txns_prevout_null;
    return {};
}

bool is_final(const Transaction& tx, Height height, u32 block_time)
{
    if (tx.lock_time == 0) return true;
    const u32 reached = tx.lock_time < kLockTimeIsTimeFrom ? height.value : block_time;
    if (tx.lock_time < reached) return true;
    return std::all_of(tx.inputs.begin(), tx.inputs.end(),
                       [](const TxIn& in) { return in.sequence == kSequenceFinal; });
}

u32 count_sigops(const Transaction& tx)
{
    u32 count = 0;
    for (const TxIn& in : tx.inputs) count += script::count_sigops(in.script_sig);
    for (const TxOut& out : tx.outputs) count += script::count_sigops(out.script_pubkey);
    return count;
}

}  // namespace adit::node::consensus
