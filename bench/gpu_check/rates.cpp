#include <sys/resource.h>

#include <algorithm>

#include "bench/gpu_check/steps.hpp"
#include "kernels/solver/self_test.hpp"

namespace adit::gpu_check {
namespace {

/// This process's CPU time so far, of all its threads, the driver's among them.
double cpu_seconds()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

void say_rate(Run& run, const std::string& experiment, const ListedDevice& device,
              const Params& params, const std::string& way)
{
    const auto rated = rate(run, device, params, way);
    if (!rated) return run.refuse(experiment, device, params, rated.error());
    json::value host = "the CPU is the device";
    std::string line = format("%.4g it/s, %.4g Sol/s", rated->it_s, rated->sol_s);
    if (!is_cpu(device)) {
        host = rated->host_cpu_percent;
        line += format(", host %.2g %% of a core", rated->host_cpu_percent);
    }
    run.add(experiment, device, params,
            {{"way", way},
             {"it_s", rated->it_s},
             {"sol_s", rated->sol_s},
             {"nonces", rated->nonces},
             {"rows_dropped", rated->dropped},
             {"host_cpu_percent", std::move(host)}},
            way + (way.empty() ? "" : "  ") + line);
}

}  // namespace

Result<Rated, DeviceError> rate(const Run& run, const ListedDevice& device, const Params& params,
                                const std::string& way)
{
    ADIT_TRY(const auto solver,
             device.backend->make_solver(
                 device.info,
                 {.params = params, .personalization = personalization_of(params), .lane = way}));
    const auto input = solver::quick_answer(params).input();
    u64 at = 0;
    u64 count = 1;
    for (;;) {
        const double cpu_begun = cpu_seconds();
        const TimePoint begun = run.clock().now();
        ADIT_TRY(const auto report, solver->solve(input, {0, 8, at, count}, {}));
        const double took = seconds(run.clock().now() - begun);
        const double cpu_took = cpu_seconds() - cpu_begun;
        at += count;
        if (took >= run.options().turn_s / 2)
            return Rated{.it_s = static_cast<double>(count) / took,
                         .sol_s = static_cast<double>(report.found.size()) / took,
                         .host_cpu_percent = 100 * cpu_took / took,
                         .dropped = report.rows_dropped,
                         .nonces = count};
        const double factor = std::clamp(run.options().turn_s * 0.8 / took, 2.0, 64.0);
        count = static_cast<u64>(static_cast<double>(count) * factor);
    }
}

void rates(Run& run)
{
    for (const Params& params : equihash::kKnownParams)
        for (int turn = 0; turn < 2; ++turn)
            for (const ListedDevice& device : run.devices())
                if (run.has_time_for("rates", device, params))
                    say_rate(run, "rates", device, params, "");
}

void rates_of_ways(Run& run, const ListedDevice& device)
{
    for (const Params& params : {Params{200, 9}, Params{144, 5}})
        for (const std::string& way : device.backend->ways(device.info, params)) {
            if (!run.has_time_for("E4", device, params)) break;
            say_rate(run, "E4", device, params, way);
        }
}

}  // namespace adit::gpu_check
