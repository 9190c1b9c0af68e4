#include <algorithm>

#include "bench/gpu_check/steps.hpp"
#include "kernels/solver/self_test.hpp"
#ifdef ADIT_HAS_CUDA
#include "kernels/cuda/probe.hpp"
#endif
#ifdef ADIT_HAS_OPENCL
#include "kernels/opencl/probe.hpp"
#endif

namespace adit::gpu_check {
namespace {

using Phases = std::vector<solver::Phase>;

constexpr u32 kPassesMax = 5;
constexpr double kPassesSeconds = 0.5;

Result<Phases, DeviceError> time_once(const ListedDevice& device,
                                      const solver::SolverOptions& options,
                                      const equihash::PowInput& input)
{
#ifdef ADIT_HAS_CUDA
    if (device.backend->name() == "cuda") return cuda::time_phases(device.info, options, input);
#endif
#ifdef ADIT_HAS_OPENCL
    if (device.backend->name() == "opencl") return opencl::time_phases(device.info, options, input);
#endif
    static_cast<void>(device);
    static_cast<void>(options);
    static_cast<void>(input);
    return DeviceError{DeviceError::Word::unsupported_params, "no GPU: it has no kernels to time"};
}

/// `phases` under one experiment: those that `belongs` picks.
void say(Run& run, const std::string& experiment, const ListedDevice& device, const Params& params,
         const std::string& way, const Phases& phases, bool (*belongs)(const solver::Phase&))
{
    json::object times;
    double sum = 0;
    std::string line;
    for (const solver::Phase& phase : phases) {
        if (!belongs(phase)) continue;
        times[phase.name] = phase.seconds;
        if (phase.name != "hash alone") sum += phase.seconds;
        line +=
            format("%s%s %.0f", line.empty() ? "" : ", ", phase.name.c_str(), phase.seconds * 1e6);
    }
    run.add(experiment, device, params,
            {{"way", way}, {"seconds", std::move(times)}, {"sum_s", sum}},
            way + format("  %.0f us: ", sum * 1e6) + line);
}

bool is_hash(const solver::Phase& phase) { return phase.name.starts_with("hash"); }
bool is_round(const solver::Phase& phase) { return !is_hash(phase); }
bool is_any(const solver::Phase&) { return true; }

/// Batches, flights and graphs leave the kernels as they are.
bool same_kernels(const std::string& way)
{
    return std::ranges::any_of(std::initializer_list<const char*>{"flights=", "graph=", "batch="},
                               [&](const char* knob) { return way.find(knob) != way.npos; });
}

}  // namespace

Result<Phases, DeviceError> time_kernels(const Run& run, const ListedDevice& device,
                                         const Params& params, const std::string& way)
{
    const solver::SolverOptions options{
        .params = params, .personalization = personalization_of(params), .lane = way};
    const auto input = solver::quick_answer(params).input();
    const TimePoint begun = run.clock().now();
    ADIT_TRY(Phases best, time_once(device, options, input));
    for (u32 pass = 1; pass < kPassesMax; ++pass) {
        if (seconds(run.clock().now() - begun) > kPassesSeconds) break;
        ADIT_TRY(const Phases again, time_once(device, options, input));
        for (std::size_t i = 0; i < best.size() && i < again.size(); ++i)
            best[i].seconds = std::min(best[i].seconds, again[i].seconds);
    }
    return best;
}

void micro_rates(Run& run, const ListedDevice& device)
{
#ifdef ADIT_HAS_CUDA
    if (device.backend->name() == "cuda") {
        const auto rates = cuda::micro_rates(device.info);
        if (!rates) return run.fail("E1", device, {200, 9}, rates.error().detail);
        for (const cuda::Rate& rate : *rates)
            run.record().add("E1",
                             {{"device", device.info.id},
                              {"name", rate.name},
                              {"value", rate.value},
                              {"unit", rate.unit}},
                             device.info.id + "  " + rate.name +
                                 format("  %.4g %s", rate.value, rate.unit.c_str()));
        return;
    }
#endif
    const std::string why = "the micro rates are CUDA kernels";
    run.record().add("E1", {{"device", device.info.id}, {"skipped", why}},
                     device.info.id + "  skipped: " + why);
}

void kernel_times(Run& run, const ListedDevice& device)
{
    for (const Params& params : equihash::kKnownParams) {
        if (!run.has_time_for("phases", device, params)) continue;
        const auto ways = device.backend->ways(device.info, params);
        const bool many = params == Params{200, 9} || params == Params{144, 5};
        for (std::size_t i = 0; i < ways.size(); ++i) {
            if (i > 0 && (!many || same_kernels(ways[i]))) continue;
            if (i > 0 && !run.has_time_for("E3", device, params)) break;
            // A shape that finds wrong things fast is worth nothing.
            const auto right = solver::self_test(*device.backend, device.info, {.lane = ways[i]},
                                                 solver::quick_answer(params));
            if (!right) {
                run.refuse("phases", device, params, right.error());
                continue;
            }
            const auto phases = time_kernels(run, device, params, ways[i]);
            if (!phases) {
                run.refuse("phases", device, params, phases.error());
                continue;
            }
            if (many) say(run, "E2", device, params, ways[i], *phases, is_hash);
            if (many) say(run, "E3", device, params, ways[i], *phases, is_round);
            if (i == 0) say(run, "phases", device, params, ways[i], *phases, is_any);
        }
    }
}

}  // namespace adit::gpu_check
