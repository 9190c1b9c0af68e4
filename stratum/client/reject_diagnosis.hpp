#pragma once

#include <string>
#include <vector>

#include "stratum/proto/dialects.hpp"
#include "stratum/proto/errors.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum::client {

/// What is known after a row of rejects of "invalid solution" or "low difficulty".
struct RejectEvidence {
    struct Rejected {
        Share share;
        Ruling ruling{};
        std::string words;  ///< the pool's
    };
    std::vector<Rejected> rejected;  ///< the last ones, at least one
    std::vector<Share> accepted;     ///< the last ones, may be empty
    AlgorithmHint hint;              ///< what the pool said of its algorithm
    U256 newest_target;              ///< the last that the pool sent
};

/// What a pool seems to want, told from the shares it refused.
struct Diagnosis {
    enum class Cause {
        solved_for_another,  ///< our shares solve another (n,k) or personalization than we believe
        hint_differs,        ///< the pool announces another algorithm than the one configured
        length_differs,      ///< the pool expects solutions of another length
        chain_differs,       ///< the header is of a chain with another personalization
        target_byte_order,   ///< the pool reads its targets from the other end
        newer_target,        ///< the pool holds old jobs against its newest target
        above_target,        ///< our shares do not meet the target they should: our own mistake
        unknown,
    };
    Cause cause = Cause::unknown;
    std::string text;  ///< one line: what the pool seems to want, and what to change
};

/// Re-checks the shares on the CPU against the known personalizations and (n,k), and against both
/// byte orders of the target. Takes some milliseconds a share: not for the network thread.
Diagnosis diagnose(const RejectEvidence& evidence);

}  // namespace adit::stratum::client
