#include "node/chain/ledger.hpp"

#include <fmt/format.h>

#include "kernels/base/check.hpp"
#include "kernels/base/hex.hpp"

namespace adit::node::chain {

using consensus::BlockEffect;
using consensus::SpentCoin;

namespace {

Amount value_of(const std::vector<SpentCoin>& coins)
{
    Amount sum = 0;
    for (const SpentCoin& coin : coins) sum += coin.coin.out.value;
    return sum;
}

}  // namespace

Supply genesis_supply(const Block& genesis)
{
    Supply supply;
    for (const Transaction& tx : genesis.transactions)
        for (const TxOut& out : tx.outputs) supply.issued += out.value;
    supply.unspendable = supply.issued;
    return supply;
}

Ledger::Ledger(const consensus::ChainSpec& spec, const Store& store, ScriptChecks script_checks,
               std::size_t cache_bytes_max, u64 salt)
    : spec_(spec),
      store_(store),
      script_checks_(std::move(script_checks)),
      coins_(store, cache_bytes_max, salt)
{
    if (!script_checks_.each) script_checks_.each = consensus::refuse_every_spend();
}

void Ledger::start_at(const BlockNode& tip, const Supply& supply)
{
    tip_ = &tip;
    supply_ = supply;
}

Result<BlockEffect, Ledger::Fault> Ledger::effect_of(const Block& block, Height height,
                                                     bool scripts_known_good) const
{
    static const consensus::ScriptCheck known_good = [](const Transaction&, std::size_t,
                                                        const TxOut&) { return true; };
    const bool together = script_checks_.batch && !scripts_known_good;
    std::vector<consensus::ScriptJob> jobs;
    const consensus::ScriptCheck collect = [&](const Transaction& tx, std::size_t input,
                                               const TxOut& spent) {
        jobs.push_back({&tx, input, spent});
        return true;
    };
    auto effect = consensus::connect_block(spec_, block, height, coins_,
                                           together             ? collect
                                           : scripts_known_good ? known_good
                                                                : script_checks_.each);
    if (coins_.failure()) return Fault{coins_.failure(), {}};
    if (!effect) return Fault{std::nullopt, effect.error()};
    if (together && !script_checks_.batch(jobs))
        return Fault{std::nullopt, consensus::BlockError::script_verify_failed};
    return std::move(*effect);
}

Result<void, Ledger::Fault> Ledger::check(const Block& block) const
{
    const auto effect = effect_of(block, Height(tip_->height.value + 1), false);
    if (!effect) return effect.error();
    return {};
}

Ledger::Step Ledger::step_to(const BlockNode& tip, CoinDelta delta, Supply supply,
                             Batch& batch) const
{
    supply.unspent += value_of(delta.added) - value_of(delta.removed);
    supply.coins += delta.added.size() - delta.removed.size();
    ADIT_CHECK(supply.issued == supply.unspent + supply.unspendable);
    for (const SpentCoin& coin : delta.removed) batch.erase(Column::coins, coin_key(coin.outpoint));
    for (const SpentCoin& coin : delta.added)
        batch.put(Column::coins, coin_key(coin.outpoint), to_record(coin.coin));
    batch.put(Column::meta, as_bytes(kTipKey), to_record(TipRecord{tip.hash, tip.height, supply}));
    return {std::move(delta), &tip, supply};
}

Result<Ledger::Step, Ledger::Fault> Ledger::prepare_connect(const BlockNode& node,
                                                            const Block& block, Batch& batch) const
{
    ADIT_CHECK(node.parent == tip_);
    ADIT_TRY(const BlockEffect effect,
             effect_of(block, node.height, node.standing().was_connected));
    batch.put(Column::undo, block_key(node), undo_record(effect));
    Supply supply = supply_;
    supply.issued += effect.issued;
    supply.unspendable += effect.unspendable;
    return step_to(node, delta_of(effect), supply, batch);
}

Result<Ledger::Step, StoreError> Ledger::prepare_disconnect(const Block& block, Batch& batch) const
{
    ADIT_TRY(const auto record, store_.get(Column::undo, block_key(*tip_)));
    const auto effect = record ? read_undo(*record, block, tip_->height) : std::nullopt;
    if (!effect)
        return damaged(fmt::format("block {} cannot be taken back, its undo data does not fit",
                                   to_hex_reversed(tip_->hash.view())));
    CoinDelta delta = delta_of(*effect);
    std::swap(delta.added, delta.removed);
    for (const SpentCoin& made : delta.removed)
        if (coins_.find(made.outpoint) != made.coin)
            return coins_.failure().value_or(damaged(fmt::format(
                "a coin of block {} is not there", to_hex_reversed(tip_->hash.view()))));
    batch.erase(Column::undo, block_key(*tip_));
    Supply supply = supply_;
    supply.issued -= effect->issued;
    supply.unspendable -= effect->unspendable;
    return step_to(*tip_->parent, std::move(delta), supply, batch);
}

void Ledger::apply(const Step& step)
{
    coins_.apply(step.delta);
    tip_ = step.tip;
    supply_ = step.supply;
}

}  // namespace adit::node::chain
