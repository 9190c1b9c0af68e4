#pragma once

#include <vector>

#include "kernels/cpu/arena.hpp"
#include "kernels/cpu/nonce_kernel.hpp"
#include "kernels/cpu/placement.hpp"
#include "kernels/cpu/team.hpp"
#include "kernels/solver/solver.hpp"

namespace adit::cpu {

/// One thread's solver, or a few threads': one nonce at a time in an arena of its own, which it
/// keeps. While it solves, its threads, the caller's among them, stay where they were placed.
class CpuSolver final : public solver::Solver {
public:
    /// `kernel` and its lane must run here; `arena` holds at least `kernel.arena_bytes`. `threads`
    /// divides `kernel.threads_max`; `places` has one entry for each, or none.
    CpuSolver(const NonceKernel& kernel, Arena arena, u32 threads, Places places,
              solver::SolverInfo info);

    const solver::SolverInfo& info() const noexcept override { return info_; }
    Result<solver::SolveReport, solver::DeviceError> solve(const equihash::PowInput& input,
                                                           const solver::NonceRange& batch,
                                                           std::stop_token stop) override;

private:
    /// What one of the threads keeps.
    struct Member {
        std::vector<u32> leaves;  ///< [kSolutionsMax][kLeavesMax]
        u64 touched = 0;          ///< bytes of its share of the arena that are there already
        NonceRun run;
        bool done = false;  ///< with the nonce, to its end
    };

    bool take_memory(u32 thread, const std::stop_token& stop);
    bool try_nonce(const equihash::PowInput& input, const std::stop_token& stop);
    void add_found(const equihash::PowInput& input, solver::SolveReport& report) const;

    const NonceKernel& kernel_;
    Arena arena_;
    Places places_;
    solver::SolverInfo info_;
    hash::Blake2bParams hash_params_;
    std::vector<Member> members_;
    Team team_;
};

}  // namespace adit::cpu
