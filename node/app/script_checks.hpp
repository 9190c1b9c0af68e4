#pragma once

#include "node/consensus/coin_view.hpp"
#include "node/script/spend_check.hpp"

namespace adit::node::app {

/// What every block's inputs must satisfy, by the script machine.
inline consensus::ScriptCheck consensus_script_check(script::SignatureMemory* memory = nullptr)
{
    return [memory](const Transaction& tx, std::size_t input, const TxOut& spent) {
        return script::check_spend(tx, input, spent, script::kConsensusFlags, memory).has_value();
    };
}

}  // namespace adit::node::app
