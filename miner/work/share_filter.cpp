#include "miner/work/share_filter.hpp"

#include "stratum/proto/share.hpp"

namespace adit::miner::work {

std::string_view to_string(Judgement judgement)
{
    switch (judgement) {
        case Judgement::wrong: return "wrong";
        case Judgement::stale: return "stale";
        case Judgement::solution: return "solution";
        case Judgement::duplicate: return "duplicate";
        case Judgement::share: return "share";
    }
    return "?";
}

ShareFilter::Verdict ShareFilter::judge(const stratum::Work& work,
                                        const solver::FoundSolution& found, u64 newest_epoch)
{
    equihash::PowInput input = work.input;
    input.set_nonce(found.nonce);
    Verdict verdict;
    // A device that touches the source's prefix errs as surely as one that miscounts collisions.
    const bool prefix_kept =
        std::equal(found.nonce.begin(), found.nonce.begin() + work.prefix_bytes,
                   work.input.header.begin() + equihash::kNonceOffset);
    if (!prefix_kept || !verify_(work.params, work.personalization, input, found.solution)) {
        verdict.judgement = Judgement::wrong;
        return verdict;
    }
    verdict.hash = stratum::share_hash(input, found.solution.bytes);
    const U256 number = U256::from_le(verdict.hash);
    verdict.is_block = number <= work.block_target;
    if (work.epoch < newest_epoch) {
        verdict.judgement = Judgement::stale;
    } else if (number > work.share_target) {
        verdict.judgement = Judgement::solution;
    } else {
        if (epoch_ != work.epoch || seen_.size() >= kRememberedMax) seen_.clear();
        epoch_ = work.epoch;
        const bool fresh = seen_.insert(verdict.hash).second;
        verdict.judgement = fresh ? Judgement::share : Judgement::duplicate;
    }
    return verdict;
}

}  // namespace adit::miner::work
