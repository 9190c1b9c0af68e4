#include "stratum/server/vardiff.hpp"

#include <algorithm>

#include "stratum/proto/target.hpp"

namespace adit::stratum::server {

U256 target_for(double solutions)
{
    return target_of_difficulty(solutions / stratum::solutions_per_share(difficulty_one()));
}

void Vardiff::start_at(double solutions, const VardiffOptions& options)
{
    if (!fixed_ && solutions > 0)
        solutions_ = std::clamp(solutions, options.solutions_min, options.solutions_max);
}

void Vardiff::fix(double solutions, const VardiffOptions& options)
{
    start_at(solutions, options);
    fixed_ = true;
}

std::optional<double> Vardiff::look(const VardiffOptions& options, TimePoint now)
{
    if (fixed_) return std::nullopt;
    const Duration elapsed = now - since_;
    const bool enough = shares_ >= options.shares_for_a_look;
    if (!enough && elapsed < options.look_every) return std::nullopt;
    // No share at all is read as half a share: the true rate may be anything below one.
    const double shares = std::max(0.5, static_cast<double>(shares_));
    const double seconds = std::max(0.001, std::chrono::duration<double>(elapsed).count());
    const double wanted = std::chrono::duration<double>(options.share_every).count();
    const double factor =
        std::clamp(wanted * shares / seconds, 1 / options.step_max, options.step_max);
    since_ = now;
    shares_ = 0;
    if (factor > 1 - options.tolerance && factor < 1 + options.tolerance) return std::nullopt;
    const double changed =
        std::clamp(solutions_ * factor, options.solutions_min, options.solutions_max);
    if (changed == solutions_) return std::nullopt;
    solutions_ = changed;
    return changed;
}

}  // namespace adit::stratum::server
