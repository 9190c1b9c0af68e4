// The child's side of worker_process.hpp.

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "kernels/solver/self_test.hpp"
#include "miner/farm/solver_wire.hpp"
#include "miner/farm/worker_process.hpp"

namespace adit::miner::farm {
namespace {

using solver::DeviceError;

constexpr int kLine = STDIN_FILENO;  ///< a socket: both ways

/// What the parent says, taken off the line by a thread of its own, so that a stop is heard while
/// the device works.
class Orders {
public:
    Orders() : thread_([this] { listen(); }) {}

    wire::Solve next()
    {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return order_.has_value(); });
        return *std::exchange(order_, std::nullopt);
    }
    /// Of the order that `next` gave last.
    std::stop_token stop_token()
    {
        const std::lock_guard lock(mutex_);
        return stop_.get_token();
    }

private:
    void listen()
    {
        while (auto frame = wire::receive(kLine)) {
            const std::lock_guard lock(mutex_);
            if (auto* solve = std::get_if<wire::Solve>(&*frame)) {
                order_ = std::move(*solve);
                stop_ = std::stop_source();
                arrived_.notify_one();
            } else if (std::holds_alternative<wire::Stop>(*frame)) {
                stop_.request_stop();
            }
        }
        // Nobody is there to hear an answer, and a driver may hang at any orderly end.
        _exit(0);
    }

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::optional<wire::Solve> order_;
    std::stop_source stop_;
    std::jthread thread_;
};

Result<std::unique_ptr<solver::Solver>, DeviceError> make_ready(
    std::span<solver::Backend* const> backends, const wire::Open& open)
{
    solver::SolverOptions options;
    options.params = open.params;
    options.personalization = open.personalization;
    options.lane = open.lane;
    options.worker = open.worker;
    for (solver::Backend* backend : backends) {
        for (const solver::DeviceInfo& device : backend->devices()) {
            if (device.id != open.device_id) continue;
            ADIT_CHECKED(
                solver::self_test(*backend, device, options, solver::quick_answer(open.params)));
            return backend->make_solver(device, options);
        }
    }
    return DeviceError{DeviceError::Word::not_found, open.device_id + " is not there any more"};
}

}  // namespace

int run_solver_process(std::span<solver::Backend* const> backends)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Ctrl-C reaches the whole group: when to end is the parent's to say.
    ::signal(SIGINT, SIG_IGN);
    const auto first = wire::receive(kLine);
    const auto* open = first ? std::get_if<wire::Open>(&*first) : nullptr;
    if (open == nullptr) return 2;
    auto made = make_ready(backends, *open);
    if (!made) {
        wire::send(kLine, wire::Failed{made.error()});
        return 1;
    }
    const solver::SolverInfo& info = (*made)->info();
    wire::send(kLine, wire::Ready{info.device_name, info.variant, info.memory_bytes});

    Orders orders;  // ends the process when the parent is gone
    for (;;) {
        const wire::Solve order = orders.next();
        auto report = (*made)->solve(order.input, order.batch, orders.stop_token());
        if (report)
            wire::send(kLine, wire::Report{std::move(*report)});
        else
            wire::send(kLine, wire::Failed{report.error()});
    }
}

}  // namespace adit::miner::farm
