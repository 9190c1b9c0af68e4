#pragma once

#include <optional>

#include "kernels/base/clock.hpp"
#include "kernels/base/u256.hpp"

namespace adit::stratum::server {

struct VardiffOptions {
    Duration share_every = std::chrono::seconds(15);  ///< what it steers towards
    Duration look_every = std::chrono::seconds(60);   ///< at the latest
    u32 shares_for_a_look = 12;                       ///< at the soonest
    double tolerance = 0.4;                           ///< leave alone within ± this part
    double step_max = 8;                              ///< largest change of one look, as a factor
    double solutions_min = 1;                         ///< the easiest share, in solutions
    double solutions_max = 1e15;                      ///< the hardest
};

/// Steers one miner's share target so that shares come at a steady pace, whatever its rate.
/// Counts in solutions a share stands for; the caller turns that into a target.
class Vardiff {
public:
    Vardiff(double solutions_per_share, TimePoint now)
        : solutions_(solutions_per_share), since_(now)
    {}

    /// A fixed pace, as the miner asked for; `look` never changes it again.
    void fix(double solutions_per_share, const VardiffOptions& options);
    /// A first guess by the miner, to be steered from.
    void start_at(double solutions_per_share, const VardiffOptions& options);
    void share_came() { ++shares_; }

    /// The new number of solutions a share stands for, when it is time to change it.
    std::optional<double> look(const VardiffOptions& options, TimePoint now);

    double solutions() const { return solutions_; }

private:
    double solutions_;
    TimePoint since_;
    u32 shares_ = 0;
    bool fixed_ = false;
};

/// The largest target whose shares stand for this many solutions.
U256 target_for(double solutions);

}  // namespace adit::stratum::server
