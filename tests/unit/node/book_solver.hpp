#pragma once

#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "kernels/solver/solver.hpp"

namespace adit::test {

/// The plain reference solver behind the Solver door: slow, misses nothing. For (48,5) in tests.
class BookSolver final : public solver::Solver {
public:
    explicit BookSolver(const equihash::Params& params,
                        const equihash::Personalization& personalization = {})
    {
        info_.device_id = info_.device_name = info_.variant = "book";
        info_.params = params;
        info_.personalization = personalization;
    }
    const solver::SolverInfo& info() const noexcept override { return info_; }

    Result<solver::SolveReport, solver::DeviceError> solve(const equihash::PowInput& input,
                                                           const solver::NonceRange& batch,
                                                           std::stop_token stop) override
    {
        solver::SolveReport report;
        equihash::PowInput at = input;
        for (; report.nonces_done < batch.count && !stop.stop_requested(); ++report.nonces_done) {
            const u64 counter = batch.first + report.nonces_done;
            solver::place_counter(at, batch, counter);
            for (const equihash::Indices& indices :
                 equihash::solve_by_the_book(info_.params, info_.personalization, at.view())) {
                solver::FoundSolution& found = report.found.emplace_back();
                std::copy(at.nonce().begin(), at.nonce().end(), found.nonce.begin());
                found.solution = *equihash::to_minimal(info_.params, indices.values);
            }
        }
        return report;
    }

private:
    solver::SolverInfo info_;
};

}  // namespace adit::test
