#include <algorithm>
#include <thread>

#include "bench/gpu_check/steps.hpp"
#include "kernels/solver/digest.hpp"
#include "kernels/solver/self_test.hpp"

namespace adit::gpu_check {
namespace {

using solver::FoundSolution;

std::vector<FoundSolution> on_the_cpu(const Run& run, const solver::SolverOptions& options,
                                      const equihash::PowInput& input, u64 nonces)
{
    const ListedDevice& cpu = run.cpu();
    const u64 threads = std::min<u64>(cpu.info.workers, nonces);
    std::vector<std::vector<FoundSolution>> parts(threads);
    {
        std::vector<std::jthread> workers;
        for (u64 t = 0; t < threads; ++t)
            workers.emplace_back([&, t] {
                const u64 first = nonces * t / threads;
                const u64 end = nonces * (t + 1) / threads;
                auto solver = cpu.backend->make_solver(cpu.info, options);
                if (!solver) return;
                auto report = (*solver)->solve(input, {0, 8, first, end - first}, {});
                if (report) parts[t] = std::move(report->found);
            });
    }
    std::vector<FoundSolution> all;
    for (auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

void compare(Run& run, const ListedDevice& device, const Params& params, u64 nonces,
             const solver::SolveReport& report, std::vector<FoundSolution> known)
{
    std::vector<FoundSolution> found = report.found;
    std::ranges::sort(found);
    std::ranges::sort(known);
    const bool all_true = std::ranges::includes(known, found);
    const bool nearly_all = found.size() * 100 >= known.size() * 99;
    const std::string digest = solver::digest_text(found, report.rows_dropped);
    const bool same = digest == solver::digest_text(known, 0);
    const std::string counts =
        format("%zu of %zu solutions of %llu nonces, %llu rows dropped", found.size(), known.size(),
               static_cast<unsigned long long>(nonces),
               static_cast<unsigned long long>(report.rows_dropped));
    if (!all_true || !nearly_all || (!same && report.rows_dropped == 0))
        return run.fail("digest", device, params,
                        counts + (all_true ? "" : ", some of them not the CPU's"));
    run.add("digest", device, params,
            {{"nonces", nonces},
             {"found", found.size()},
             {"known", known.size()},
             {"rows_dropped", report.rows_dropped},
             {"digest", digest},
             {"ok", true}},
            counts + (same ? ", digests equal" : ", a subset"));
}

}  // namespace

void self_tests(Run& run, const ListedDevice& device)
{
    for (const Params& params : equihash::kKnownParams) {
        if (!run.has_time_for("selftest", device, params)) continue;
        const TimePoint begun = run.clock().now();
        const auto passed =
            solver::self_test(*device.backend, device.info, {}, solver::quick_answer(params));
        const double took = seconds(run.clock().now() - begun);
        if (passed)
            run.add("selftest", device, params, {{"ok", true}, {"seconds", took}},
                    format("ok, %.2f s", took));
        else
            run.refuse("selftest", device, params, passed.error());
    }
}

void digests(Run& run, const ListedDevice& device)
{
    const Options& wanted = run.options();
    for (const auto& [params, nonces] : {std::pair(Params{96, 5}, wanted.nonces_96_5),
                                         std::pair(Params{200, 9}, wanted.nonces_200_9)}) {
        if (!run.has_time_for("digest", device, params)) continue;
        const solver::SolverOptions options{.params = params,
                                            .personalization = personalization_of(params)};
        const auto input = solver::quick_answer(params).input();
        auto made = device.backend->make_solver(device.info, options);
        if (!made) {
            run.refuse("digest", device, params, made.error());
            continue;
        }
        const auto report = (*made)->solve(input, {0, 8, 0, nonces}, {});
        if (report)
            compare(run, device, params, nonces, *report, on_the_cpu(run, options, input, nonces));
        else
            run.fail("digest", device, params, report.error().detail);
    }
}

void published_yield(Run& run, const ListedDevice& device)
{
    // A header of 140 zero bytes, a 32-bit counter as nonce, "ZcashPoW": the benchmark input of
    // tromp/equihash and silentarmy. Found there by four solvers, and by the CPU's here.
    constexpr Params params{200, 9};
    constexpr u64 kFirst = 255, kNonces = 100, kSolutions = 184;
    if (!run.has_time_for("E5", device, params)) return;
    auto made = device.backend->make_solver(
        device.info,
        {.params = params, .personalization = *equihash::Personalization::from_text("ZcashPoW")});
    if (!made) return run.refuse("E5", device, params, made.error());
    const TimePoint begun = run.clock().now();
    const auto report = (*made)->solve(equihash::PowInput{}, {0, 4, kFirst, kNonces}, {});
    if (!report) return run.fail("E5", device, params, report.error().detail);
    const double took = seconds(run.clock().now() - begun);
    const u64 found = report->found.size();
    const std::string line = format(
        "%llu of 184 solutions of nonces 255 to 354, %llu rows dropped, %.4g it/s",
        static_cast<unsigned long long>(found),
        static_cast<unsigned long long>(report->rows_dropped), static_cast<double>(kNonces) / took);
    const bool fine = report->rows_dropped == 0 ? found == kSolutions
                                                : found <= kSolutions && found + 2 >= kSolutions;
    if (!fine) return run.fail("E5", device, params, line);
    run.add("E5", device, params,
            {{"found", found},
             {"known", kSolutions},
             {"rows_dropped", report->rows_dropped},
             {"it_s", static_cast<double>(kNonces) / took},
             {"digest", solver::digest_text(report->found, report->rows_dropped)},
             {"ok", true}},
            line);
}

}  // namespace adit::gpu_check
