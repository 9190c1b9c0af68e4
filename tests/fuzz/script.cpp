// Any two scripts against each other, and everything else that reads scripts. What relay allows,
// consensus allows; a script that is walked over is walked over whole.

#include "node/script/script_text.hpp"
#include "node/script/spend_check.hpp"
#include "node/script/templates.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::node;
    if (size < 2) return 0;
    const ByteView bytes(data + 1, size - 1);
    const std::size_t cut = bytes.size() * data[0] / 255;
    const ByteView script_sig = bytes.first(cut);
    const ByteView script_pubkey = bytes.subspan(cut);

    Transaction tx;
    tx.inputs.push_back({{TxId{}, 0}, Script(script_sig.begin(), script_sig.end()), 0xfffffffe});
    tx.outputs.push_back({1, {}});
    tx.lock_time = 100;
    const TxOut spent{1, Script(script_pubkey.begin(), script_pubkey.end())};
    const bool relayed = script::check_spend(tx, 0, spent, script::kPolicyFlags).has_value();
    const bool valid = script::check_spend(tx, 0, spent, script::kConsensusFlags).has_value();
    if (relayed && !valid) __builtin_trap();

    (void)script::to_text(bytes);
    if (script::count_sigops(bytes, true) > script::count_sigops(bytes)) __builtin_trap();
    (void)script::count_script_hash_sigops(script_sig, script_pubkey);
    (void)script::kind_of(bytes);
    if (const auto address = script::address_of(bytes))
        if (!equal(script::pay_to(*address), bytes)) __builtin_trap();
    if (const auto multisig = script::multisig_of(bytes))
        if (multisig->required > multisig->keys.size()) __builtin_trap();
    return 0;
}
