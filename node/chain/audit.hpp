#pragma once

#include <functional>
#include <stop_token>

#include "node/chain/chainstate.hpp"

/// A second look at a stored chain, from genesis, that believes nothing but genesis.
namespace adit::node::chain {

struct AuditOptions {
    /// In place of consensus::check_header, for tests.
    std::function<consensus::Verdict(const BlockHeader&)> header_check;
    consensus::ScriptBatchCheck script_batch_check;  ///< null: nobody may spend
    UnixTime now = 0;
    /// After each block: how many of how many. The caller's thread.
    std::function<void(u32 done, u32 of)> progress;
};

/// What was found to be right.
struct AuditReport {
    u32 height = 0;
    u64 transactions = 0;
    u64 inputs = 0;  ///< whose scripts ran
    Supply supply;
};

/// What was found to be wrong first.
struct AuditFinding {
    std::optional<Height> height;  ///< nullopt: no block is to blame, but what stands beside them
    std::string text;              ///< a rule's reject word, or what does not fit
};

/// Headers with their solutions, bodies, scripts, coins, undo data and sums of the best chain, each
/// against the rules and against what the blocks before it make of them; then the coins there are
/// against those there should be. Holds all coins in memory. Writes nothing.
Result<AuditReport, AuditFinding> audit(const consensus::ChainSpec& spec, const Store& store,
                                        const AuditOptions& options,
                                        const std::stop_token& stop = {});

}  // namespace adit::node::chain
