#pragma once

#include <vector>

#include "kernels/cpu/arena.hpp"
#include "kernels/cpu/nonce_kernel.hpp"
#include "kernels/solver/solver.hpp"

namespace adit::cpu {

/// One thread's solver: one nonce at a time in an arena of its own, which it keeps.
class CpuSolver final : public solver::Solver {
public:
    /// `kernel` and its lane must run here; `arena` holds at least `kernel.arena_bytes`.
    CpuSolver(const NonceKernel& kernel, Arena arena, solver::SolverInfo info);

    const solver::SolverInfo& info() const noexcept override { return info_; }
    Result<solver::SolveReport, solver::DeviceError> solve(const equihash::PowInput& input,
                                                           const solver::NonceRange& batch,
                                                           std::stop_token stop) override;

private:
    bool take_memory(const std::stop_token& stop);

    const NonceKernel& kernel_;
    Arena arena_;
    u64 touched_ = 0;  ///< bytes of the arena that are there already
    solver::SolverInfo info_;
    hash::Blake2bParams hash_params_;
    std::vector<u32> leaves_;  ///< [kSolutionsMax][kLeavesMax]
};

}  // namespace adit::cpu
