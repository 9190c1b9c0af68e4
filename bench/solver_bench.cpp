// Whole solves on the CPU, through the door that mines, with the time of every phase beside them.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "kernels/cpu/cpu_backend.hpp"
#include "kernels/hash/dispatch.hpp"

namespace adit {
namespace {

/// One nonce a round: 255, 256 … of a header of zeros, as `adit benchmark` has them.
void solve_one_nonce(benchmark::State& state, const equihash::Params& params,
                     const std::string& lane)
{
    auto* const backend = cpu::cpu_backend();
    const auto device = backend->devices().at(0);
    const auto solver = backend->make_solver(device, {.params = params, .lane = lane});
    if (!solver) return state.SkipWithError(solver.error().detail.c_str());
    std::vector<solver::Phase> sum;
    u64 nonce = 255, solutions = 0;
    static_cast<void>((*solver)->solve({}, {.counter_bytes = 4, .first = nonce}, {}));
    for (auto _ : state) {
        const auto report = (*solver)->solve({}, {.counter_bytes = 4, .first = nonce++}, {});
        if (!report) return state.SkipWithError(report.error().detail.c_str());
        solutions += report->found.size();
        if (sum.empty()) sum.resize(report->phases.size());
        for (std::size_t i = 0; i < sum.size(); ++i) {
            sum[i].name = report->phases[i].name;
            sum[i].seconds += report->phases[i].seconds;
        }
    }
    const auto rounds = static_cast<double>(state.iterations());
    for (std::size_t i = 0; i < sum.size(); ++i)
        state.counters[fmt::format("{:02} {} ms", i, sum[i].name)] = 1e3 * sum[i].seconds / rounds;
    state.counters["solutions"] = static_cast<double>(solutions) / rounds;
}

/// Sets of 2^25 rows and more take seconds and gigabytes a nonce: `adit benchmark` measures those.
const int kRegistered = [] {
    for (const equihash::Params& params : equihash::kKnownParams) {
        if (params.index_bits() > 22) continue;
        for (const hash::Lane lane : hash::lanes_here()) {
            const std::string name(to_string(lane));
            benchmark::RegisterBenchmark(
                fmt::format("solve/{}/{}", equihash::to_string(params), name).c_str(),
                [params, name](benchmark::State& state) { solve_one_nonce(state, params, name); })
                ->Unit(benchmark::kMillisecond);
        }
    }
    return 0;
}();

}  // namespace
}  // namespace adit
