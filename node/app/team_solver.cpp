#include "node/app/team_solver.hpp"

#include <algorithm>
#include <thread>

#include "kernels/cpu/cpu_backend.hpp"

namespace adit::node::app {

Result<std::unique_ptr<TeamSolver>, solver::DeviceError> TeamSolver::on_cpu(
    const equihash::Params& params, const equihash::Personalization& personalization,
    Progress progress)
{
    const solver::DeviceInfo device = cpu::cpu_backend()->devices().at(0);
    auto team = std::make_unique<TeamSolver>();
    team->progress_ = std::move(progress);
    for (u32 worker = 0; worker < std::max(device.workers, 1u); ++worker) {
        solver::SolverOptions options{params, personalization};
        options.worker = worker;
        options.teams.assign(std::max(device.workers, 1u), 1);
        auto member = cpu::cpu_backend()->make_solver(device, options);
        // Out of memory for one more: fewer do it, too.
        if (!member && team->members_.empty()) return member.error();
        if (!member) break;
        team->members_.push_back(std::move(*member));
    }
    team->info_ = team->members_.front()->info();
    team->info_.memory_bytes *= team->members_.size();
    return team;
}

Result<solver::SolveReport, solver::DeviceError> TeamSolver::solve(const equihash::PowInput& input,
                                                                   const solver::NonceRange& batch,
                                                                   std::stop_token stop)
{
    using Report = Result<solver::SolveReport, solver::DeviceError>;
    const u64 parts = std::clamp<u64>(members_.size(), 1, std::max<u64>(batch.count, 1));
    std::vector<Report> reports(parts, solver::SolveReport{});
    {
        std::vector<std::jthread> threads;
        u64 first = batch.first;
        for (u64 part = 0; part < parts; ++part) {
            solver::NonceRange share = batch;
            share.first = first;
            share.count = batch.count / parts + (part < batch.count % parts ? 1 : 0);
            first += share.count;
            threads.emplace_back([this, part, share, stop, &input, &reports] {
                reports[part] = members_[part]->solve(input, share, stop);
            });
        }
    }
    solver::SolveReport whole;
    for (Report& report : reports) {
        if (!report) return report.error();
        std::move(report->found.begin(), report->found.end(), std::back_inserter(whole.found));
        whole.nonces_done += report->nonces_done;
        whole.rows_dropped += report->rows_dropped;
    }
    nonces_done_ += whole.nonces_done;
    if (progress_) progress_(nonces_done_);
    return whole;
}

}  // namespace adit::node::app
