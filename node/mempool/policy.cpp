#include "node/mempool/policy.hpp"

#include "node/consensus/check_tx.hpp"
#include "node/script/script.hpp"
#include "node/script/templates.hpp"

namespace adit::node::mempool {
namespace {

/// n-of-m with at most three keys stands bare; longer ones go through pay-to-script-hash.
bool is_small_multisig(ByteView script_pubkey)
{
    const auto multisig = script::multisig_of(script_pubkey);
    return multisig && multisig->keys.size() <= 3;
}

bool is_standard_output(ByteView script_pubkey)
{
    switch (script::kind_of(script_pubkey)) {
        case script::ScriptKind::null_data: return script_pubkey.size() <= kDataCarrierBytesMax;
        case script::ScriptKind::other: return is_small_multisig(script_pubkey);
        default: return true;
    }
}

}  // namespace

std::string_view to_string(PolicyError error)
{
    switch (error) {
        case PolicyError::version: return "version";
        case PolicyError::tx_size: return "tx-size";
        case PolicyError::scriptsig_size: return "scriptsig-size";
        case PolicyError::scriptsig_not_pushonly: return "scriptsig-not-pushonly";
        case PolicyError::scriptpubkey: return "scriptpubkey";
        case PolicyError::dust: return "dust";
        case PolicyError::multi_op_return: return "multi-op-return";
        case PolicyError::bad_txns_nonstandard_inputs: return "bad-txns-nonstandard-inputs";
        case PolicyError::too_many_sigops: return "bad-txns-too-many-sigops";
    }
    return "unknown";
}

bool is_dust(const TxOut& out)
{
    if (script::is_unspendable(out.script_pubkey)) return false;
    const std::size_t bytes = to_bytes(out).size() + kSpendingBytes;
    return out.value < 3 * fee_for(bytes, kRelayFeePerKb);
}

Result<void, PolicyError> check_standard(const consensus::ChainSpec& spec, const Transaction& tx)
{
    if (tx.version != 1) return PolicyError::version;
    if (to_bytes(tx).size() > spec.size.transaction_bytes_max) return PolicyError::tx_size;
    for (const TxIn& in : tx.inputs) {
        if (in.script_sig.size() > kScriptSigBytesMax) return PolicyError::scriptsig_size;
        if (!script::is_push_only(in.script_sig)) return PolicyError::scriptsig_not_pushonly;
    }
    int data_outputs = 0;
    for (const TxOut& out : tx.outputs) {
        if (!is_standard_output(out.script_pubkey)) return PolicyError::scriptpubkey;
        if (script::kind_of(out.script_pubkey) == script::ScriptKind::null_data)
            ++data_outputs;
        else if (is_dust(out))
            return PolicyError::dust;
    }
    if (data_outputs > 1) return PolicyError::multi_op_return;
    if (consensus::count_sigops(tx) > kTransactionSigopsMax) return PolicyError::too_many_sigops;
    return {};
}

Result<void, PolicyError> check_standard_inputs(const Transaction& tx,
                                                const std::vector<TxOut>& spent)
{
    u32 sigops = consensus::count_sigops(tx);
    for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
        const ByteView script_pubkey = spent[i].script_pubkey;
        if (!is_standard_output(script_pubkey)) return PolicyError::bad_txns_nonstandard_inputs;
        const u32 revealed =
            script::count_script_hash_sigops(tx.inputs[i].script_sig, script_pubkey);
        if (revealed > kScriptHashSigopsMax) return PolicyError::bad_txns_nonstandard_inputs;
        sigops += revealed;
    }
    if (sigops > kTransactionSigopsMax) return PolicyError::too_many_sigops;
    return {};
}

}  // namespace adit::node::mempool
