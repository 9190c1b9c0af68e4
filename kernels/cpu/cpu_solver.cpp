#include "kernels/cpu/cpu_solver.hpp"

#include <fmt/format.h>

#include <algorithm>
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

/// The nonce's time is that of its first thread: they wait for each other after every phase.
void add_phase(const NonceRun& run, std::size_t i, solver::Phase& phase)
{
    if (run.thread == 0) phase.seconds += static_cast<double>(run.phase_ns[i]) * 1e-9;
    phase.bytes += run.phase_bytes[i];
}

}  // namespace

CpuSolver::CpuSolver(const NonceKernel& kernel, Arena arena, u32 threads, Places places,
                     solver::SolverInfo info)
    : kernel_(kernel),
      arena_(std::move(arena)),
      places_(std::move(places)),
      info_(std::move(info)),
      hash_params_(equihash::leaf_hash_params(info_.params, info_.personalization)),
      members_(threads),
      team_(threads)
{
    ADIT_CHECK(arena_.bytes() >= kernel_.arena_bytes);
    ADIT_CHECK(kernel_.params == info_.params);
    ADIT_CHECK(threads > 0 && kernel_.threads_max % threads == 0);
    ADIT_CHECK(places_.empty() || places_.size() == threads);
    for (Member& member : members_) member.leaves.resize(kSolutionsMax * kLeavesMax);
}

/// Touches every page of a thread's share once, so that the memory comes from where this thread
/// runs and the rounds meet no page fault. False when stopped.
bool CpuSolver::take_memory(u32 thread, const std::stop_token& stop)
{
    constexpr u64 kPageBytes = 4096;
    Member& member = members_[thread];
    const u64 pages = arena_.bytes() / kPageBytes;
    const u64 start = pages * thread / members_.size() * kPageBytes;
    const u64 end = pages * (thread + 1) / members_.size() * kPageBytes;
    for (; start + member.touched < end; member.touched += kPageBytes) {
        if (stop.stop_requested()) return false;
        static_cast<volatile u8*>(arena_.data())[start + member.touched] = 0;
    }
    return true;
}

/// All threads on one nonce. False when stopped.
bool CpuSolver::try_nonce(const equihash::PowInput& input, const std::stop_token& stop)
{
    const hash::HeaderMidstate midstate = hash::header_midstate(hash_params_, input.view());
    team_.run([&](u32 thread) {
        const Stay stay(places_.empty() ? std::vector<u32>{} : places_[thread]);
        Member& member = members_[thread];
        member.run = NonceRun{.arena = arena_.data(),
                              .thread = thread,
                              .threads = team_.size(),
                              .meet = [](void* team) { return static_cast<Team*>(team)->meet(); },
                              .team = &team_,
                              .midstate = &midstate,
                              .hasher = hash::leaf_hasher(kernel_.lane),
                              .stop_requested = &stop_requested,
                              .stop = &stop,
                              .leaves = reinterpret_cast<u32(*)[kLeavesMax]>(member.leaves.data())};
        // Rows go anywhere in the arena from the start: not while another still takes its share.
        member.done = take_memory(thread, stop) && team_.meet() && kernel_.run(member.run);
    });
    return std::all_of(members_.begin(), members_.end(), [](const Member& m) { return m.done; });
}

void CpuSolver::add_found(const equihash::PowInput& input, solver::SolveReport& report) const
{
    for (const Member& member : members_) {
        for (u32 s = 0; s < member.run.solutions; ++s) {
            solver::FoundSolution found;
            std::copy(input.nonce().begin(), input.nonce().end(), found.nonce.begin());
            auto packed =
                equihash::to_minimal(info_.params, {member.run.leaves[s], info_.params.indices()});
            ADIT_CHECK(packed.has_value());
            found.solution = std::move(*packed);
            report.found.push_back(std::move(found));
        }
    }
}

Result<solver::SolveReport, solver::DeviceError> CpuSolver::solve(const equihash::PowInput& input,
                                                                  const solver::NonceRange& batch,
                                                                  std::stop_token stop)
{
    solver::SolveReport report;
    report.phases = phases_of(info_.params.k);
    equihash::PowInput now = input;
    for (u64 i = 0; i < batch.count && !stop.stop_requested(); ++i) {
        solver::place_counter(now, batch, batch.first + i);
        const bool done = try_nonce(now, stop);
        for (const Member& member : members_) report.rows_dropped += member.run.rows_dropped;
        if (!done) break;
        ++report.nonces_done;
        for (const Member& member : members_)
            for (std::size_t p = 0; p < report.phases.size(); ++p)
                add_phase(member.run, p, report.phases[p]);
        add_found(now, report);
    }
    return report;
}

}  // namespace adit::cpu
