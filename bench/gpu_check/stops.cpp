#include <algorithm>
#include <random>
#include <thread>

#include "bench/gpu_check/steps.hpp"
#include "kernels/solver/self_test.hpp"

namespace adit::gpu_check {
namespace {

constexpr u32 kStops = 8;
constexpr u64 kEndless = u64{1} << 40;  // nonces: more than any device tries before it is stopped

/// Seconds from the wish to stop, `after_s` into a batch without end, to solve's return.
Result<double, DeviceError> stop_once(const Run& run, solver::Solver& solver,
                                      const equihash::PowInput& input, double after_s)
{
    std::stop_source source;
    TimePoint asked;
    std::jthread asks([&] {
        std::this_thread::sleep_for(std::chrono::duration<double>(after_s));
        asked = run.clock().now();
        source.request_stop();
    });
    const auto report = solver.solve(input, {0, 8, 0, kEndless}, source.get_token());
    const TimePoint returned = run.clock().now();
    asks.join();
    if (!report) return report.error();
    return seconds(returned - asked);
}

void say_stops(Run& run, const ListedDevice& device, const Params& params,
               const std::vector<double>& took, const solver::Phase& longest)
{
    const double median_ms = median(took) * 1e3;
    const double worst_ms = std::ranges::max(took) * 1e3;
    run.add("stop", device, params,
            {{"stops", took.size()},
             {"median_ms", median_ms},
             {"worst_ms", worst_ms},
             {"longest_kernel", longest.name},
             {"longest_kernel_ms", longest.seconds * 1e3}},
            format("%zu stops: median %.3g ms, worst %.3g ms; longest kernel of one nonce %.3g ms",
                   took.size(), median_ms, worst_ms, longest.seconds * 1e3) +
                " (" + longest.name + ")");
}

void stop_at_times(Run& run, const ListedDevice& device, const Params& params)
{
    const auto phases = time_kernels(run, device, params, "");
    if (!phases) return run.refuse("stop", device, params, phases.error());
    solver::Phase longest;
    double nonce_s = 0;
    for (const solver::Phase& phase : *phases) {
        if (phase.name == "hash alone") continue;  // not part of a nonce
        nonce_s += phase.seconds;
        if (phase.seconds > longest.seconds) longest = phase;
    }
    auto made = device.backend->make_solver(
        device.info, {.params = params, .personalization = personalization_of(params)});
    if (!made) return run.refuse("stop", device, params, made.error());
    const auto input = solver::quick_answer(params).input();
    // Kernels ready, and the memory of two batches touched: a CPU's is only then found.
    const auto first = (*made)->solve(input, {0, 8, 0, 2}, {});
    if (!first) return run.refuse("stop", device, params, first.error());

    // Anywhere in a few nonces, the same points in every run.
    std::minstd_rand random(1);
    const double span_s = std::min(run.options().turn_s, std::max(0.05, 4 * nonce_s));
    std::vector<double> took;
    while (took.size() < kStops && (took.empty() || !run.late())) {
        const double part = std::generate_canonical<double, 32>(random);
        const auto once = stop_once(run, **made, input, (0.1 + 0.9 * part) * span_s);
        if (!once) return run.refuse("stop", device, params, once.error());
        took.push_back(*once);
    }
    say_stops(run, device, params, took, longest);
}

}  // namespace

void stops(Run& run, const ListedDevice& device)
{
    for (const Params& params : equihash::kKnownParams)
        if (run.has_time_for("stop", device, params)) stop_at_times(run, device, params);
}

}  // namespace adit::gpu_check
