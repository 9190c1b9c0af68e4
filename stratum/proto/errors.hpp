#pragma once

#include <string>
#include <string_view>

#include "stratum/proto/work_source.hpp"

namespace adit::stratum {

/// The numbers pools put into error replies (ZIP 301, "Error objects").
enum class WireCode : int {
    other = 20,
    job_not_found = 21,
    duplicate_share = 22,
    low_difficulty = 23,
    unauthorized = 24,
    not_subscribed = 25,
    method_not_found = -32601,
};

/// An error as it travels. Pools invent codes; 0 means that none was given.
struct WireError {
    int code = 0;
    std::string message;

    bool operator==(const WireError&) const = default;
};

/// Why a line is not a message of the protocol.
enum class CodecError {
    not_json,
    not_an_object,
    no_method_and_no_result,
    bad_id,
    bad_params,
    bad_hex,
    bad_length,
    too_long,
};
std::string_view to_string(CodecError error);

/// What became of a share, told finer than a `ShareOutcome`: how our server judges one and how a
/// client reads a pool's answer. `unanswered`, `link_lost` and `job_over` are the client's own.
enum class Ruling {
    accepted,
    stale,
    duplicate,
    low_difficulty,
    invalid_solution,
    unauthorized,
    not_subscribed,
    malformed,
    rejected_otherwise,
    unanswered,  ///< sent, and no answer within the time-out
    link_lost,   ///< sent, and the connection ended before the answer
    job_over,    ///< not sent: its job ended, or its nonce prefix is gone
};
inline constexpr std::size_t kRulings = 12;
std::string_view to_string(Ruling ruling);
ShareOutcome outcome_of(Ruling ruling);

/// Reads a pool's refusal: its code where it is one of ours, else its words ("stale", "low
/// difficulty", "duplicate", "invalid solution", "unauthorized", …).
Ruling classify(const WireError& error);

}  // namespace adit::stratum
