#pragma once

#include "stratum/proto/messages.hpp"
#include "stratum/server/job_book.hpp"

namespace adit::stratum::server {

/// A refusal as it is answered.
struct Refusal {
    Ruling ruling{};
    WireCode code{};
    std::string_view text;  ///< static
};

/// A share that passed everything cheap; only Equihash and the target are left.
struct Candidate {
    ServerJobPtr job;
    equihash::PowInput input;
    equihash::MinimalSolution solution;
    Hash256 hash;  ///< of header and solution
    U256 target;   ///< that its job was sent with
};

/// The cheap part of judging, in order of cost: time, nonce length, solution length, duplicate.
/// (Login and job come before it: they are the session's.) Remembers the share under its job, so a
/// second one with the same bytes is a duplicate even while the first is still being verified.
Result<Candidate, Refusal> judge_cheaply(const Submit& submit, ServerJobPtr job,
                                         const NoncePart& nonce_1, const U256& target);

/// The dear part: Equihash, then the target. Any thread.
struct Judgement {
    Ruling ruling{};
    bool is_block = false;  ///< meets the chain's target too
};
Judgement judge_dearly(const Candidate& candidate);

/// What a refused share is told; ruling must be one that refuses.
Refusal refusal_of(Ruling ruling);

}  // namespace adit::stratum::server
