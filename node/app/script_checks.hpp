#pragma once

#include "node/chain/chainstate.hpp"
#include "node/script/spend_check.hpp"
#include "node/script/spend_team.hpp"

namespace adit::node::app {

/// What every block's inputs must satisfy, by the script machine, on the cores of `team`. Both
/// outlive the answer.
inline consensus::ScriptBatchCheck consensus_script_checks(script::SpendTeam& team,
                                                           script::SignatureMemory* memory)
{
    return [&team, memory](std::span<const consensus::ScriptJob> jobs) {
        return team.all_good(jobs.size(), [&](std::size_t i) {
            const consensus::ScriptJob& job = jobs[i];
            return script::check_spend(*job.tx, job.input_index, job.spent, script::kConsensusFlags,
                                       memory)
                .has_value();
        });
    };
}

}  // namespace adit::node::app
