#include "stratum/server/share_judge.hpp"

#include <algorithm>

#include "kernels/base/endian.hpp"
#include "kernels/equihash/verifier.hpp"
#include "stratum/proto/share.hpp"
#include "stratum/proto/target.hpp"

namespace adit::stratum::server {
namespace {

constexpr std::size_t kTimeOffset = 100;

/// The solution behind its CompactSize, when it is of exactly the expected length.
std::optional<ByteView> solution_of(ByteView prefixed, std::size_t bytes)
{
    const std::size_t prefix = bytes < 253 ? 1 : 3;
    if (prefixed.size() != prefix + bytes) return std::nullopt;
    const bool right = prefix == 1 ? prefixed[0] == bytes
                                   : prefixed[0] == 0xfd && load_le<u16>(&prefixed[1]) == bytes;
    if (!right) return std::nullopt;
    return prefixed.subspan(prefix);
}

}  // namespace

Refusal refusal_of(Ruling ruling)
{
    switch (ruling) {
        case Ruling::stale: return {ruling, WireCode::job_not_found, "job not found"};
        case Ruling::duplicate: return {ruling, WireCode::duplicate_share, "duplicate share"};
        case Ruling::low_difficulty:
            return {ruling, WireCode::low_difficulty, "low difficulty share"};
        case Ruling::invalid_solution: return {ruling, WireCode::other, "invalid solution"};
        case Ruling::unauthorized: return {ruling, WireCode::unauthorized, "unauthorized worker"};
        case Ruling::not_subscribed: return {ruling, WireCode::not_subscribed, "not subscribed"};
        default: return {Ruling::malformed, WireCode::other, "malformed share"};
    }
}

Result<Candidate, Refusal> judge_cheaply(const Submit& submit, ServerJobPtr job,
                                         const NoncePart& nonce_1, const U256& target)
{
    const Work& work = *job->work;
    if (!std::equal(submit.time.begin(), submit.time.end(),
                    work.input.header.begin() + kTimeOffset))
        return Refusal{Ruling::malformed, WireCode::other, "ntime out of range"};
    Candidate candidate;
    candidate.input = work.input;
    if (!nonce_1.place(candidate.input, submit.nonce_2))
        return Refusal{Ruling::malformed, WireCode::other, "incorrect size of nonce"};
    const auto solution = solution_of(submit.solution, work.params.solution_bytes());
    if (!solution) return Refusal{Ruling::malformed, WireCode::other, "incorrect size of solution"};
    candidate.hash = share_hash(candidate.input, *solution);
    if (!job->remember(candidate.hash)) return refusal_of(Ruling::duplicate);
    candidate.solution.bytes.assign(solution->begin(), solution->end());
    candidate.target = target;
    candidate.job = std::move(job);
    return candidate;
}

Judgement judge_dearly(const Candidate& candidate)
{
    const Work& work = *candidate.job->work;
    if (!equihash::verify(work.params, work.personalization, candidate.input.view(),
                          candidate.solution.bytes))
        return {Ruling::invalid_solution, false};
    const bool is_block = meets(candidate.hash, work.block_target);
    if (!meets(candidate.hash, candidate.target) && !is_block)
        return {Ruling::low_difficulty, false};
    return {Ruling::accepted, is_block};
}

}  // namespace adit::stratum::server
