#pragma once

#include <functional>

#include "kernels/base/clock.hpp"
#include "kernels/solver/backend.hpp"

namespace adit::miner::tune {

/// What one way to run a device was worth.
struct Trial {
    std::string way{};      ///< as `SolverOptions::lane` takes it
    double rate_it_s = 0;   ///< nonces a second, the median of its turns
    u32 turns = 0;          ///< timed; less than the others where it was slower from the start
    u64 rows_dropped = 0;   ///< in all its turns
    u64 memory_bytes = 0;   ///< held
    std::string refused{};  ///< why it cannot be used; empty: it can
};

/// All ways of one device for one (n, k), the best first, refused ones last.
struct Outcome {
    std::vector<Trial> trials{};

    const Trial* best() const;   ///< null when no way is usable
    const Trial* usual() const;  ///< the way that is taken without tuning; null when it was refused
    std::string usual_way{};
};

struct Plan {
    equihash::Params params{};
    equihash::Personalization personalization{};
    Duration turn = std::chrono::seconds(2);  ///< how long a way works in one turn, about
    u32 turns = 3;                            ///< of each way that keeps up
};

/// Called between turns with a line for people; true ends the search, which then has no outcome.
using OnTurn = std::function<bool(const std::string& line)>;

/// Tries every way that the back end proposes: first its known answer, then turns of the same
/// nonces of one held job for all, forwards and backwards in alternation, so that warmth and load
/// hit all alike. A way that is a sixth slower than the best after its first turn gets no other;
/// one that drops more than a row in a thousand is refused, for it loses solutions. Making solvers
/// and the first launch are not timed. The calling thread does all the work.
Result<Outcome, solver::DeviceError> tune(solver::Backend& backend,
                                          const solver::DeviceInfo& device, const Plan& plan,
                                          const Clock& clock, const OnTurn& on_turn);

}  // namespace adit::miner::tune
