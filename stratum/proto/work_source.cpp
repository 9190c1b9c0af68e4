#include "stratum/proto/work_source.hpp"

namespace adit::stratum {

std::string_view to_string(ShareOutcome outcome)
{
    switch (outcome) {
        case ShareOutcome::accepted: return "accepted";
        case ShareOutcome::stale: return "stale";
        case ShareOutcome::duplicate: return "duplicate";
        case ShareOutcome::low_difficulty: return "low-difficulty";
        case ShareOutcome::rejected: return "rejected";
        case ShareOutcome::dropped: return "dropped";
    }
    return "?";
}

}  // namespace adit::stratum
