#include "stratum/proto/errors.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace adit::stratum {
namespace {

/// First match wins, so the more telling words come first.
constexpr std::array<std::pair<std::string_view, Ruling>, 17> kWords{{
    {"duplicate", Ruling::duplicate},
    {"low diff", Ruling::low_difficulty},
    {"above target", Ruling::low_difficulty},
    {"high-hash", Ruling::low_difficulty},
    {"high hash", Ruling::low_difficulty},
    {"difficulty too low", Ruling::low_difficulty},
    {"job not found", Ruling::stale},
    {"unknown job", Ruling::stale},
    {"invalid job", Ruling::stale},
    {"stale", Ruling::stale},
    {"expired", Ruling::stale},
    {"not subscribed", Ruling::not_subscribed},
    {"unauthorized", Ruling::unauthorized},
    {"not authorized", Ruling::unauthorized},
    {"invalid solution", Ruling::invalid_solution},
    {"size of solution", Ruling::invalid_solution},
    {"invalid share", Ruling::invalid_solution},
}};

}  // namespace

std::string_view to_string(CodecError error)
{
    switch (error) {
        case CodecError::not_json: return "not_json";
        case CodecError::not_an_object: return "not_an_object";
        case CodecError::no_method_and_no_result: return "no_method_and_no_result";
        case CodecError::bad_id: return "bad_id";
        case CodecError::bad_params: return "bad_params";
        case CodecError::bad_hex: return "bad_hex";
        case CodecError::bad_length: return "bad_length";
        case CodecError::too_long: return "too_long";
    }
    return "unknown";
}

std::string_view to_string(Ruling ruling)
{
    switch (ruling) {
        case Ruling::accepted: return "accepted";
        case Ruling::stale: return "stale";
        case Ruling::duplicate: return "duplicate";
        case Ruling::low_difficulty: return "low_difficulty";
        case Ruling::invalid_solution: return "invalid_solution";
        case Ruling::unauthorized: return "unauthorized";
        case Ruling::not_subscribed: return "not_subscribed";
        case Ruling::malformed: return "malformed";
        case Ruling::rejected_otherwise: return "rejected_otherwise";
        case Ruling::unanswered: return "unanswered";
        case Ruling::link_lost: return "link_lost";
        case Ruling::job_over: return "job_over";
    }
    return "unknown";
}

ShareOutcome outcome_of(Ruling ruling)
{
    switch (ruling) {
        case Ruling::accepted: return ShareOutcome::accepted;
        case Ruling::stale: return ShareOutcome::stale;
        case Ruling::duplicate: return ShareOutcome::duplicate;
        case Ruling::low_difficulty: return ShareOutcome::low_difficulty;
        case Ruling::unanswered:
        case Ruling::link_lost:
        case Ruling::job_over: return ShareOutcome::dropped;
        default: return ShareOutcome::rejected;
    }
}

Ruling classify(const WireError& error)
{
    switch (static_cast<WireCode>(error.code)) {
        case WireCode::job_not_found: return Ruling::stale;
        case WireCode::duplicate_share: return Ruling::duplicate;
        case WireCode::low_difficulty: return Ruling::low_difficulty;
        case WireCode::unauthorized: return Ruling::unauthorized;
        case WireCode::not_subscribed: return Ruling::not_subscribed;
        default: break;
    }
    std::string lower = error.message;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (const auto& [words, ruling] : kWords)
        if (lower.find(words) != std::string::npos) return ruling;
    return Ruling::rejected_otherwise;
}

}  // namespace adit::stratum
