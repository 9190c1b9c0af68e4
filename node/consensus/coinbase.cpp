#include "node/consensus/coinbase.hpp"

#include "kernels/base/check.hpp"
#include "node/script/script.hpp"

namespace adit::node::consensus {

Transaction make_coinbase(const ChainSpec& spec, Height height, const Script& miner_script,
                          Amount fees, ByteView extra)
{
    ADIT_CHECK(extra.size() <= kCoinbaseExtraBytesMax);
    const RewardPlan plan = reward_plan(spec, height);

    Transaction tx;
    TxIn& input = tx.inputs.emplace_back();
    input.script_sig = script::height_push(height);
    append(input.script_sig, script::ScriptBuilder().push(extra).take());
    ADIT_CHECK(input.script_sig.size() <= kCoinbaseScriptBytesMax);

    const Amount miner_takes = plan.miner + fees;
    if (miner_takes > 0 || plan.required.empty()) tx.outputs.push_back({miner_takes, miner_script});
    for (const RequiredOutput& required : plan.required)
        tx.outputs.push_back({required.amount, required.script});
    return tx;
}

}  // namespace adit::node::consensus
