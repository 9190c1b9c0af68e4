#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "kernels/solver/backend.hpp"

namespace adit::node::app {

/// Several solvers that share every batch, a thread each, behind the same door. The report is that
/// of one solver that did it all: solutions in the order of the nonces.
class TeamSolver : public solver::Solver {
public:
    /// Called after each batch with the nonces tried so far; the thread that called `solve`.
    using Progress = std::function<void(u64 nonces_done)>;

    /// One solver a core on the CPU, for these parameters.
    static Result<std::unique_ptr<TeamSolver>, solver::DeviceError> on_cpu(
        const equihash::Params& params, const equihash::Personalization& personalization,
        Progress progress);

    const solver::SolverInfo& info() const noexcept override { return info_; }
    Result<solver::SolveReport, solver::DeviceError> solve(const equihash::PowInput& input,
                                                           const solver::NonceRange& batch,
                                                           std::stop_token stop) override;

private:
    std::vector<std::unique_ptr<solver::Solver>> members_;
    solver::SolverInfo info_;
    Progress progress_;
    u64 nonces_done_ = 0;
};

}  // namespace adit::node::app
