#include "node/consensus/subsidy.hpp"

#include <algorithm>
#include <limits>

namespace adit::node::consensus {
namespace {

constexpr u32 kHalvingsMax = 63;  // an Amount has no more bits to shift out

const RewardEra* era_at(const ChainSpec& spec, Height height)
{
    const RewardEra* current = nullptr;
    for (const RewardEra& era : spec.reward_eras)
        if (era.from <= height.value) current = &era;
    return current;
}

std::size_t script_index(const Payee& payee, Height height)
{
    if (payee.rotation_interval == 0) return 0;
    const u32 turns = (height.value - payee.rotation_from) / payee.rotation_interval;
    return turns % payee.scripts.size();
}

}  // namespace

Amount subsidy_at(const SubsidyRule& rule, Height height)
{
    const u32 h = height.value;
    if (h == 0) return 0;
    const u32 shift = rule.slow_start / 2;
    if (h < rule.slow_start) {
        const Amount step = rule.initial / rule.slow_start;
        return h < shift ? step * h : step * (i64{h} + 1);
    }
    const u32 halvings = (h - shift) / rule.halving_interval;
    return halvings > kHalvingsMax ? 0 : rule.initial >> halvings;
}

Amount issued_up_to(const SubsidyRule& rule, Height height)
{
    __int128 sum = 0;
    const u32 last = height.value;
    const u32 slow_last = std::min(last, rule.slow_start == 0 ? 0 : rule.slow_start - 1);
    for (u32 h = 1; h <= slow_last; ++h) sum += subsidy_at(rule, Height(h));
    // From here on every height of one halving pays the same.
    u64 h = std::max<u64>(1, rule.slow_start);
    while (h <= last) {
        const u64 halvings = (h - rule.slow_start / 2) / rule.halving_interval;
        const u64 next = (halvings + 1) * rule.halving_interval + rule.slow_start / 2;
        const u64 end = std::min<u64>(next, u64{last} + 1);
        const Amount each = subsidy_at(rule, Height(static_cast<u32>(h)));
        if (each == 0) break;
        sum += static_cast<__int128>(each) * static_cast<i64>(end - h);
        h = end;
    }
    constexpr Amount kAmountMax = std::numeric_limits<Amount>::max();
    return sum > kAmountMax ? kAmountMax : static_cast<Amount>(sum);
}

RewardPlan reward_plan(const ChainSpec& spec, Height height)
{
    RewardPlan plan;
    plan.subsidy = plan.miner = subsidy_at(spec.subsidy, height);
    plan.share_outputs = spec.payees_share_outputs;
    const RewardEra* era = era_at(spec, height);
    if (era == nullptr) return plan;
    for (const Payee& payee : era->payees) {
        const Amount amount = share_of(plan.subsidy, payee.share_bp);
        if (amount == 0) continue;
        const std::size_t at = script_index(payee, height);
        plan.required.push_back({payee.role, payee.scripts[at], amount, payee.addresses[at]});
        plan.miner -= amount;
    }
    return plan;
}

Verdict check_payees(std::span<const TxOut> coinbase_outputs, const RewardPlan& plan)
{
    std::vector<bool> taken(coinbase_outputs.size());
    for (const RequiredOutput& required : plan.required) {
        std::size_t i = 0;
        // Outputs that fit are all alike, so whichever is taken first takes nothing from others.
        while (i < coinbase_outputs.size() &&
               (taken[i] || coinbase_outputs[i].value != required.amount ||
                coinbase_outputs[i].script_pubkey != required.script))
            ++i;
        if (i == coinbase_outputs.size()) return BlockError::cb_no_community_fund;
        taken[i] = !plan.share_outputs;
    }
    return {};
}

Verdict check_coinbase_amount(std::span<const TxOut> coinbase_outputs, const RewardPlan& plan,
                              Amount fees)
{
    __int128 sum = 0;
    for (const TxOut& out : coinbase_outputs) sum += out.value;
    if (sum > static_cast<__int128>(plan.subsidy) + fees) return BlockError::bad_cb_amount;
    return {};
}

}  // namespace adit::node::consensus
