#include "miner/farm/worker_process.hpp"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "miner/farm/solver_wire.hpp"

extern char** environ;

namespace adit::miner::farm {
namespace {

using solver::DeviceError;
using Word = DeviceError::Word;

using Clock = std::chrono::steady_clock;

/// A stop request as something to poll for.
class Bell {
public:
    Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    Bell(const Bell&) = delete;
    ~Bell() { ::close(fd_); }
    void ring() const { ::eventfd_write(fd_, 1); }
    void clear() const
    {
        eventfd_t rung = 0;
        ::eventfd_read(fd_, &rung);
    }
    int fd() const { return fd_; }

private:
    int fd_;
};

/// The child and our end of the socket pair that is its standard input and output.
class Child {
public:
    Child() = default;
    Child(const Child&) = delete;
    ~Child() { end(); }

    bool start(const std::string& program)
    {
        std::array<int, 2> ends;
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);  // sockets, stores
        std::string file = program;
        std::string word = kSolverProcessWord;
        std::array<char*, 3> words{file.data(), word.data(), nullptr};
        const int error =
            ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, words.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        fd_ = ends[0];
        if (error != 0) pid_ = -1;
        return error == 0;
    }
    int fd() const { return fd_; }

    /// Kills it if it has not ended, and says how it ended.
    std::string end()
    {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
        if (pid_ <= 0) return "its process is gone";
        ::kill(pid_, SIGKILL);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        if (WIFEXITED(status))
            return "its process ended with exit code " + std::to_string(WEXITSTATUS(status));
        return "its process was ended by signal " + std::to_string(WTERMSIG(status));
    }

    /// Waits until something can be read (also its end), `bell` rings or time is up.
    /// @return whether something can be read
    bool wait(TimePoint until, const Bell& bell) const
    {
        std::array<pollfd, 2> watched{pollfd{fd_, POLLIN, 0}, pollfd{bell.fd(), POLLIN, 0}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        ::poll(watched.data(), watched.size(), static_cast<int>(std::max<i64>(0, left.count())));
        return watched[0].revents != 0;
    }

private:
    pid_t pid_ = -1;
    int fd_ = -1;
};

class ProcessSolver final : public solver::Solver {
public:
    explicit ProcessSolver(const ProcessLimits& limits) : limits_(limits) {}

    Result<void, DeviceError> open(const std::string& program, const solver::DeviceInfo& device,
                                   const solver::SolverOptions& options)
    {
        if (!child_.start(program)) return DeviceError{Word::lost, "no process could be started"};
        wire::send(child_.fd(), wire::Open{device.id, options.params, options.personalization,
                                           options.lane, options.worker});
        if (!child_.wait(Clock::now() + limits_.ready_max, bell_))
            return DeviceError{Word::lost, "not ready in time; " + child_.end()};
        const auto frame = wire::receive(child_.fd());
        if (!frame) return DeviceError{Word::lost, child_.end()};
        if (const auto* failed = std::get_if<wire::Failed>(&*frame)) return failed->error;
        const auto* ready = std::get_if<wire::Ready>(&*frame);
        if (ready == nullptr) return DeviceError{Word::lost, "its process talks nonsense"};
        info_ = {device.id,      ready->device_name, options.params, options.personalization,
                 ready->variant, ready->memory_bytes};
        return {};
    }

    const solver::SolverInfo& info() const noexcept override { return info_; }

    Result<solver::SolveReport, DeviceError> solve(const equihash::PowInput& input,
                                                   const solver::NonceRange& batch,
                                                   std::stop_token stop) override
    {
        if (child_.fd() < 0) return DeviceError{Word::lost, "its process is gone"};
        if (!wire::send(child_.fd(), wire::Solve{input, batch}))
            return DeviceError{Word::lost, child_.end()};
        bell_.clear();
        const std::stop_callback on_stop(stop, [this] { bell_.ring(); });
        TimePoint deadline = Clock::now() + limits_.batch_max;
        while (!child_.wait(deadline, bell_)) {
            if (Clock::now() >= deadline) return DeviceError{Word::lost, "hangs; " + child_.end()};
            if (!stop.stop_requested()) continue;
            bell_.clear();  // it rings once; from here on only the answer counts
            deadline = std::min(deadline, Clock::now() + limits_.stop_max);
            wire::send(child_.fd(), wire::Stop{});
        }
        auto frame = wire::receive(child_.fd());
        if (!frame) return DeviceError{Word::lost, child_.end()};
        if (const auto* failed = std::get_if<wire::Failed>(&*frame)) return failed->error;
        auto* report = std::get_if<wire::Report>(&*frame);
        if (report == nullptr) return DeviceError{Word::lost, "its process talks nonsense"};
        return std::move(report->report);
    }

private:
    ProcessLimits limits_;
    Bell bell_;
    Child child_;
    solver::SolverInfo info_;
};

}  // namespace

Result<std::unique_ptr<solver::Solver>, DeviceError> make_process_solver(
    const std::string& program, const solver::DeviceInfo& device,
    const solver::SolverOptions& options, const ProcessLimits& limits)
{
    auto made = std::make_unique<ProcessSolver>(limits);
    ADIT_CHECKED(made->open(program, device, options));
    return std::unique_ptr<solver::Solver>(std::move(made));
}

}  // namespace adit::miner::farm
