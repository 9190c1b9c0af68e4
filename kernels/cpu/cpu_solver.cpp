#include "kernels/cpu/cpu_solver.hpp"

#include <fmt/format.h>

#include <utility>

#include "kernels/base/check.hpp"
#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/leaves.hpp"

namespace adit::cpu {
namespace {

bool stop_requested(const void* stop)
{
    return static_cast<const std::stop_token*>(stop)->stop_requested();
}

std::vector<solver::Phase> phases_of(u32 k)
{
    std::vector<solver::Phase> phases;
    for (u32 r = 0; r < k; ++r) phases.push_back({fmt::format("table {}", r)});
    phases.push_back({"last digits"});
    phases.push_back({"way back"});
    return phases;
}

void add_phases(const NonceRun& run, std::vector<solver::Phase>& phases)
{
    for (std::size_t i = 0; i < phases.size(); ++i) {
        phases[i].seconds += static_cast<double>(run.phase_ns[i]) * 1e-9;
        phases[i].bytes += run.phase_bytes[i];
    }
}

}  // namespace

/// Touches every page once, so that the memory comes from where this thread runs and the rounds
/// meet no page fault. False when stopped.
bool CpuSolver::take_memory(const std::stop_token& stop)
{
    constexpr u64 kPageBytes = 4096;
    for (; touched_ < arena_.bytes(); touched_ += kPageBytes) {
        if (stop.stop_requested()) return false;
        static_cast<volatile u8*>(arena_.data())[touched_] = 0;
    }
    return true;
}

CpuSolver::CpuSolver(const NonceKernel& kernel, Arena arena, solver::SolverInfo info)
    : kernel_(kernel),
      arena_(std::move(arena)),
      info_(std::move(info)),
      hash_params_(equihash::leaf_hash_params(info_.params, info_.personalization)),
      leaves_(kSolutionsMax * kLeavesMax)
{
    ADIT_CHECK(arena_.bytes() >= kernel_.arena_bytes);
    ADIT_CHECK(kernel_.params == info_.params);
}

Result<solver::SolveReport, solver::DeviceError> CpuSolver::solve(const equihash::PowInput& input,
                                                                  const solver::NonceRange& batch,
                                                                  std::stop_token stop)
{
    solver::SolveReport report;
    report.phases = phases_of(info_.params.k);
    if (!take_memory(stop)) return report;
    equihash::PowInput now = input;
    for (u64 i = 0; i < batch.count && !stop.stop_requested(); ++i) {
        solver::place_counter(now, batch, batch.first + i);
        const hash::HeaderMidstate midstate = hash::header_midstate(hash_params_, now.view());
        NonceRun run{.arena = arena_.data(),
                     .midstate = &midstate,
                     .hasher = hash::leaf_hasher(kernel_.lane),
                     .stop_requested = &stop_requested,
                     .stop = &stop,
                     .leaves = reinterpret_cast<u32(*)[kLeavesMax]>(leaves_.data())};
        const bool done = kernel_.run(run);
        report.rows_dropped += run.rows_dropped;
        if (!done) break;
        ++report.nonces_done;
        add_phases(run, report.phases);
        for (u32 s = 0; s < run.solutions; ++s) {
            solver::FoundSolution found;
            std::copy(now.nonce().begin(), now.nonce().end(), found.nonce.begin());
            auto packed =
                equihash::to_minimal(info_.params, {run.leaves[s], info_.params.indices()});
            ADIT_CHECK(packed.has_value());
            found.solution = std::move(*packed);
            report.found.push_back(std::move(found));
        }
    }
    return report;
}

}  // namespace adit::cpu
