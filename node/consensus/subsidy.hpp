#pragma once

#include <span>

#include "node/consensus/spec.hpp"
#include "node/consensus/verdict.hpp"

/// How much a block creates, and who must get which part of it.
namespace adit::node::consensus {

/// Whole subsidy of the block at `height`, in base units, fees excluded: slow start, then halvings
/// (Zcash specification 7.8). Genesis creates nothing.
Amount subsidy_at(const SubsidyRule& rule, Height height);

/// Everything this chain will ever have created up to and with `height`, in base units.
Amount issued_up_to(const SubsidyRule& rule, Height height);

/// An output the coinbase must have.
struct RequiredOutput {
    Role role{};
    Script script;
    Amount amount = 0;    ///< > 0
    std::string address;  ///< as the spec writes it

    bool operator==(const RequiredOutput&) const = default;
};

/// The split of one block's subsidy.
struct RewardPlan {
    Amount subsidy = 0;
    Amount miner = 0;  ///< what the payees leave, fees excluded
    /// Treasury, secure nodes, super nodes; none of amount 0.
    std::vector<RequiredOutput> required;
    bool share_outputs = false;  ///< see ChainSpec::payees_share_outputs

    bool operator==(const RewardPlan&) const = default;
};

/// Who gets what at `height`; everything to the miner before the first era.
RewardPlan reward_plan(const ChainSpec& spec, Height height);

/// Every payee but the miner has an output of its own, of exactly its script and amount: outputs
/// and requirements match as a multiset, scripts may repeat, one output never serves two roles
/// (unless the chain's spec lets payees share).
[[nodiscard]] Verdict check_payees(std::span<const TxOut> coinbase_outputs, const RewardPlan& plan);

/// All outputs together are at most the subsidy and the block's `fees`; the miner may take less.
[[nodiscard]] Verdict check_coinbase_amount(std::span<const TxOut> coinbase_outputs,
                                            const RewardPlan& plan, Amount fees);

}  // namespace adit::node::consensus
