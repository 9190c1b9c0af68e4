#pragma once

#include <string_view>

#include "kernels/base/result.hpp"
#include "node/consensus/spec.hpp"
#include "node/primitives/transaction.hpp"

/// What we relay and mine, apart from what is valid. No block is ever refused for any of this.
namespace adit::node::mempool {

inline constexpr Amount kRelayFeePerKb = 100;             ///< base units per 1000 bytes
inline constexpr std::size_t kScriptSigBytesMax = 1'650;  ///< a 15-of-15 pay-to-script-hash input
inline constexpr u32 kScriptHashSigopsMax = 15;
inline constexpr u32 kTransactionSigopsMax = 4'000;
inline constexpr std::size_t kDataCarrierBytesMax = 83;  ///< of a RETURN output's whole script
inline constexpr std::size_t kSpendingBytes = 148;  ///< what spending an output costs its owner

/// Why we do not relay a transaction: the family's words.
enum class PolicyError {
    version,
    tx_size,
    scriptsig_size,
    scriptsig_not_pushonly,
    scriptpubkey,
    dust,
    multi_op_return,
    bad_txns_nonstandard_inputs,
    too_many_sigops,
};
std::string_view to_string(PolicyError error);  ///< "scriptsig-not-pushonly"

/// The least fee for this many bytes, base units, rounded up.
constexpr Amount fee_for(std::size_t bytes, Amount per_kb)
{
    return (static_cast<Amount>(bytes) * per_kb + 999) / 1'000;
}

/// Worth less than a third of what spending it costs at the relay fee.
bool is_dust(const TxOut& out);

/// What the transaction says of itself.
Result<void, PolicyError> check_standard(const consensus::ChainSpec& spec, const Transaction& tx);

/// Its inputs spend standard outputs, without too many sigops. `spent` in the inputs' order.
Result<void, PolicyError> check_standard_inputs(const Transaction& tx,
                                                const std::vector<TxOut>& spent);

}  // namespace adit::node::mempool
