#pragma once

#include <functional>
#include <unordered_set>

#include "kernels/solver/solver.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::miner::work {

/// What the judge finds a device's answer to be.
enum class Judgement {
    wrong,      ///< no solution of this header: the device errs
    stale,      ///< a true solution of work that is void by now
    solution,   ///< true, but above the share target: counts for the rate alone
    duplicate,  ///< a share that was found before
    share,      ///< to be submitted
};
std::string_view to_string(Judgement judgement);

/// Says whether `solution` solves `input`. Any thread.
using Verify =
    std::function<bool(const equihash::Params&, const equihash::Personalization&,
                       const equihash::PowInput& input, const equihash::MinimalSolution& solution)>;

/// The judge. Every solution of every device passes it before it leaves the house. One thread.
class ShareFilter {
public:
    /// Shares remembered against duplicates; the oldest epochs are forgotten first.
    static constexpr std::size_t kRememberedMax = 1 << 16;

    explicit ShareFilter(Verify verify) : verify_(std::move(verify)) {}

    struct Verdict {
        Judgement judgement{};
        Hash256 hash;           ///< of the header with the solution
        bool is_block = false;  ///< meets the block target
    };

    /// @param newest_epoch  of the work now in force
    Verdict judge(const stratum::Work& work, const solver::FoundSolution& found, u64 newest_epoch);

private:
    Verify verify_;
    u64 epoch_ = 0;
    std::unordered_set<Hash256, HashOfHash> seen_;  ///< of epoch_
};

}  // namespace adit::miner::work
