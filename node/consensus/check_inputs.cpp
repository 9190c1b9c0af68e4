#include "node/consensus/check_inputs.hpp"

#include <map>

#include "node/consensus/check_tx.hpp"
#include "node/consensus/subsidy.hpp"
#include "node/script/script.hpp"
#include "node/script/templates.hpp"

namespace adit::node::consensus {
namespace {

/// The coins as the block's own transactions, so far, leave them.
class WithinBlock final : public CoinView {
public:
    explicit WithinBlock(const CoinView& before) : before_(before) {}

    std::optional<Coin> find(const OutPoint& outpoint) const override
    {
        const auto changed = changes_.find(outpoint);
        return changed != changes_.end() ? changed->second : before_.find(outpoint);
    }
    void spend(const OutPoint& outpoint) { changes_[outpoint] = std::nullopt; }
    void create(const OutPoint& outpoint, const Coin& coin) { changes_[outpoint] = coin; }

private:
    const CoinView& before_;
    std::map<OutPoint, std::optional<Coin>> changes_;  // ordered: strangers choose the keys
};

bool repeats_unspent_txid(const Transaction& tx, const TxId& txid, const CoinView& coins)
{
    for (u32 i = 0; i < tx.outputs.size(); ++i)
        if (coins.find({txid, i})) return true;
    return false;
}

/// Takes the inputs from the coins and adds what their scripts reveal to `sigops`.
Result<void, BlockError> spend_inputs(const ChainSpec& spec, const Transaction& tx, Height height,
                                      const ScriptCheck& script_check, WithinBlock& coins,
                                      BlockEffect& effect, u64& sigops)
{
    for (const TxIn& in : tx.inputs) {
        const auto coin = coins.find(in.prevout);
        if (!coin) return BlockError::bad_txns_inputs_missingorspent;
        sigops += script::count_script_hash_sigops(in.script_sig, coin->out.script_pubkey);
    }
    if (sigops > spec.size.block_sigops_max) return BlockError::bad_blk_sigops;
    ADIT_TRY(const Amount fee, check_inputs(spec, tx, height, coins, script_check));
    if (!money_in_range(spec, effect.fees + fee)) return BlockError::bad_txns_fee_outofrange;
    effect.fees += fee;
    for (const TxIn& in : tx.inputs) {
        effect.spent.push_back({in.prevout, *coins.find(in.prevout)});
        coins.spend(in.prevout);
    }
    return {};
}

void create_outputs(const Transaction& tx, const TxId& txid, Height height, WithinBlock& coins,
                    BlockEffect& effect)
{
    for (u32 i = 0; i < tx.outputs.size(); ++i) {
        const TxOut& out = tx.outputs[i];
        if (script::is_unspendable(out.script_pubkey)) {
            effect.unspendable += out.value;
            continue;
        }
        const Coin coin{out, height, tx.is_coinbase()};
        effect.created.push_back({{txid, i}, coin});
        coins.create({txid, i}, coin);
    }
}

}  // namespace

ScriptCheck refuse_every_spend()
{
    return [](const Transaction&, std::size_t, const TxOut&) { return false; };
}

Result<Amount, BlockError> check_inputs(const ChainSpec& spec, const Transaction& tx, Height height,
                                        const CoinView& coins, const ScriptCheck& script_check)
{
    std::vector<TxOut> spent;
    Amount in_sum = 0;
    for (const TxIn& in : tx.inputs) {
        const auto coin = coins.find(in.prevout);
        if (!coin) return BlockError::bad_txns_inputs_missingorspent;
        // The coin's height cannot lie above the block that spends it.
        if (coin->coinbase && height.value - coin->height.value < spec.coinbase_maturity)
            return BlockError::bad_txns_premature_spend_of_coinbase;
        in_sum += coin->out.value;
        if (!money_in_range(spec, coin->out.value) || !money_in_range(spec, in_sum))
            return BlockError::bad_txns_fee_outofrange;
        spent.push_back(coin->out);
    }
    Amount out_sum = 0;
    for (const TxOut& out : tx.outputs) out_sum += out.value;  // in range: check_tx
    if (in_sum < out_sum) return BlockError::bad_txns_in_belowout;

    // Last, since it costs most.
    for (std::size_t i = 0; i < spent.size(); ++i)
        if (!script_check(tx, i, spent[i])) return BlockError::script_verify_failed;
    return in_sum - out_sum;
}

Result<BlockEffect, BlockError> connect_block(const ChainSpec& spec, const Block& block,
                                              Height height, const CoinView& before,
                                              const ScriptCheck& script_check)
{
    const Transaction& coinbase = block.transactions[0];
    const RewardPlan plan = reward_plan(spec, height);
    ADIT_CHECKED(check_payees(coinbase.outputs, plan));

    BlockEffect effect;
    WithinBlock coins(before);
    u64 sigops = 0;
    for (const Transaction& tx : block.transactions) {
        const TxId txid = txid_of(tx);
        if (repeats_unspent_txid(tx, txid, coins)) return BlockError::bad_txns_bip30;
        sigops += count_sigops(tx);
        if (!tx.is_coinbase())
            ADIT_CHECKED(spend_inputs(spec, tx, height, script_check, coins, effect, sigops));
        create_outputs(tx, txid, height, coins, effect);
    }
    ADIT_CHECKED(check_coinbase_amount(coinbase.outputs, plan, effect.fees));
    for (const TxOut& out : coinbase.outputs) effect.issued += out.value;
    effect.issued -= effect.fees;
    return effect;
}

}  // namespace adit::node::consensus
