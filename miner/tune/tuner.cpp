#include "miner/tune/tuner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/solver/self_test.hpp"

namespace adit::miner::tune {
namespace {

using solver::DeviceError;

constexpr double kKeepsUp = 5.0 / 6;       ///< of the best rate after the first turn
constexpr u64 kRowsPerDropAllowed = 1000;  ///< one row in so many may be lost

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// A way in the race.
struct Runner {
    Trial trial;
    std::vector<double> rates;
    u64 nonces = 0;
};

class Race {
public:
    Race(solver::Backend& backend, const solver::DeviceInfo& device, const Plan& plan,
         const Clock& clock)
        : backend_(backend), device_(device), plan_(plan), clock_(clock)
    {}

    /// Asks the known answer; a way that fails is out.
    void examine(Runner& runner)
    {
        const auto passed = solver::self_test(backend_, device_, {.lane = runner.trial.way},
                                              solver::quick_answer(plan_.params));
        if (!passed) runner.trial.refused = passed.error().detail;
    }

    /// One turn of timed work on the nonces of turn `turn`.
    void run(Runner& runner, u32 turn)
    {
        auto made = backend_.make_solver(device_, {.params = plan_.params,
                                                   .personalization = plan_.personalization,
                                                   .lane = runner.trial.way});
        if (!made) {
            runner.trial.refused = made.error().detail;
            return;
        }
        solver::Solver& solver = **made;
        runner.trial.memory_bytes = solver.info().memory_bytes;
        u64 at = u64{turn} << 32;
        u64 count = 1;
        double took = 0;
        // Launches grow until one takes long enough to be timed: the pipeline's start and end
        // weigh less with each.
        for (;;) {
            const TimePoint begun = clock_.now();
            const auto report = solver.solve(input(), {0, 8, at, count}, {});
            took = seconds(clock_.now() - begun);
            if (!report) {
                runner.trial.refused = report.error().detail;
                return;
            }
            at += count;
            runner.nonces += report->nonces_done;
            runner.trial.rows_dropped += report->rows_dropped;
            const double wanted = seconds(plan_.turn);
            if (took >= wanted * 0.5) break;
            const double factor = took > 0 ? std::clamp(wanted * 0.8 / took, 2.0, 64.0) : 64.0;
            count = static_cast<u64>(static_cast<double>(count) * factor);
        }
        runner.rates.push_back(static_cast<double>(count) / took);
        std::vector<double> sorted = runner.rates;
        std::ranges::sort(sorted);
        runner.trial.rate_it_s = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
        runner.trial.turns = static_cast<u32>(sorted.size());
        const u64 allowed = runner.nonces * plan_.params.rows() / kRowsPerDropAllowed;
        if (runner.trial.rows_dropped > allowed)
            runner.trial.refused =
                fmt::format("drops {} rows a nonce", runner.trial.rows_dropped / runner.nonces);
    }

private:
    /// A held job: the same header for every way.
    static equihash::PowInput input()
    {
        equihash::PowInput input;
        for (std::size_t i = 0; i < equihash::kNonceOffset; ++i)
            input.header[i] = static_cast<u8>(11 * i + 3);
        return input;
    }

    solver::Backend& backend_;
    const solver::DeviceInfo& device_;
    const Plan& plan_;
    const Clock& clock_;
};

std::string line_of(const Runner& runner)
{
    return runner.trial.refused.empty()
               ? fmt::format("{}  {:.4g} it/s", runner.trial.way, runner.trial.rate_it_s)
               : fmt::format("{}  refused: {}", runner.trial.way, runner.trial.refused);
}

}  // namespace

const Trial* Outcome::best() const
{
    return !trials.empty() && trials.front().refused.empty() ? &trials.front() : nullptr;
}

const Trial* Outcome::usual() const
{
    const auto it = std::ranges::find(trials, usual_way, &Trial::way);
    return it != trials.end() && it->refused.empty() ? &*it : nullptr;
}

Result<Outcome, DeviceError> tune(solver::Backend& backend, const solver::DeviceInfo& device,
                                  const Plan& plan, const Clock& clock, const OnTurn& on_turn)
{
    const std::vector<std::string> ways = backend.ways(device, plan.params);
    if (ways.empty())
        return DeviceError{
            DeviceError::Word::unsupported_params,
            fmt::format("{} has no way to run ({})", device.id, equihash::to_string(plan.params))};
    Race race(backend, device, plan, clock);
    std::vector<Runner> runners;
    for (const std::string& way : ways) {
        Runner& runner = runners.emplace_back();
        runner.trial.way = way;
        race.examine(runner);
        if (on_turn(runner.trial.refused.empty() ? way + "  right" : line_of(runner)))
            return DeviceError{DeviceError::Word::not_found, "interrupted"};
    }
    for (u32 turn = 0; turn < plan.turns; ++turn) {
        double best = 0;
        for (const Runner& runner : runners)
            if (runner.trial.refused.empty()) best = std::max(best, runner.trial.rate_it_s);
        for (std::size_t i = 0; i < runners.size(); ++i) {
            Runner& runner = runners[turn % 2 == 0 ? i : runners.size() - 1 - i];
            if (!runner.trial.refused.empty() || runner.trial.rate_it_s < best * kKeepsUp) continue;
            race.run(runner, turn);
            if (on_turn(line_of(runner)))
                return DeviceError{DeviceError::Word::not_found, "interrupted"};
        }
    }
    Outcome outcome;
    outcome.usual_way = ways.front();
    for (Runner& runner : runners) outcome.trials.push_back(std::move(runner.trial));
    std::ranges::stable_sort(outcome.trials, [](const Trial& a, const Trial& b) {
        if (a.refused.empty() != b.refused.empty()) return a.refused.empty();
        return a.rate_it_s > b.rate_it_s;
    });
    return outcome;
}

}  // namespace adit::miner::tune
