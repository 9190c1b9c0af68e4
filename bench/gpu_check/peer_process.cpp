#include "bench/gpu_check/peer_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

namespace adit::gpu_check {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadMax = 64 * 1024;  // at once
constexpr int kReadsAfterEnd = 32;           // of what a pipe still holds
constexpr auto kDeathWait = std::chrono::seconds(5);

std::atomic<pid_t> group_under_way{0};
static_assert(std::atomic<pid_t>::is_always_lock_free, "a signal handler reads it");

void take_group_along(int signal)
{
    if (const pid_t group = group_under_way; group > 0) ::kill(-group, SIGKILL);
    ::signal(signal, SIG_DFL);
    ::raise(signal);
}

/// While it lives, what ends this program ends the group as well. Signals that are ignored (nohup)
/// stay ignored.
class SharedEnd {
public:
    SharedEnd()
    {
        struct sigaction along {};
        along.sa_handler = take_group_along;
        for (std::size_t i = 0; i < kSignals.size(); ++i) {
            ::sigaction(kSignals[i], nullptr, &before_[i]);
            if (before_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &along, nullptr);
        }
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // the group's orphans become ours to wait for
    }
    SharedEnd(const SharedEnd&) = delete;
    ~SharedEnd()
    {
        group_under_way = 0;
        for (std::size_t i = 0; i < kSignals.size(); ++i)
            ::sigaction(kSignals[i], &before_[i], nullptr);
        ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    }

private:
    static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
    std::array<struct sigaction, kSignals.size()> before_{};
};

/// The shell's process, or 0 with errno set. Its process group has the same number.
pid_t start(const std::string& command, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&how, 0);
    std::string shell = "sh", flag = "-c", text = command;
    std::array<char*, 4> words{shell.data(), flag.data(), text.data(), nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, "/bin/sh", &actions, &how, words.data(), environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&actions);
    errno = error;
    return error == 0 ? pid : 0;
}

/// Whether `pid` has ended. It stays a zombie, so that its number stays its own.
bool has_ended(pid_t pid, siginfo_t& how)
{
    how = {};
    return ::waitid(P_PID, static_cast<id_t>(pid), &how, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           how.si_pid == pid;
}

/// Kills what is left of the group and waits for it, though not for ever: a process may be stuck in
/// a driver.
void end_group(pid_t group)
{
    ::kill(-group, SIGKILL);
    const auto patience = Clock::now() + kDeathWait;
    while (Clock::now() < patience) {
        const pid_t gone = ::waitpid(-group, nullptr, WNOHANG);
        if (gone < 0 && errno != EINTR) return;
        if (gone == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

/// @return false at the end of the pipe, which may come long before the process's
bool read_some(int fd, const std::function<void(std::string_view)>& on_output)
{
    static std::array<char, kReadMax> bytes;
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count > 0) on_output({bytes.data(), static_cast<std::size_t>(count)});
    return count > 0 || (count < 0 && errno == EINTR);
}

}  // namespace

Ended run_command(const std::string& command, double limit_s,
                  const std::function<void(std::string_view)>& on_output)
{
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return {Ended::Word::not_started, errno};
    const SharedEnd shared_end;
    const auto begun = Clock::now();
    const pid_t pid = start(command, pipe[1]);
    const int error = errno;
    ::close(pipe[1]);
    if (pid == 0) {
        ::close(pipe[0]);
        return {Ended::Word::not_started, error};
    }
    group_under_way = pid;
    ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);

    const auto deadline = begun + std::chrono::duration<double>(limit_s);
    siginfo_t how{};
    bool open = true;
    while (!has_ended(pid, how) && Clock::now() < deadline) {
        pollfd readable{open ? pipe[0] : -1, POLLIN, 0};
        if (::poll(&readable, 1, open ? 10 : 1) > 0) open = read_some(pipe[0], on_output);
    }
    Ended ended;
    ended.wall_s = std::chrono::duration<double>(Clock::now() - begun).count();
    ended.word = how.si_pid != pid           ? Ended::Word::out_of_time
                 : how.si_code == CLD_EXITED ? Ended::Word::exited
                                             : Ended::Word::died_of_signal;
    ended.code = how.si_status;
    end_group(pid);
    for (int i = 0; i < kReadsAfterEnd && read_some(pipe[0], on_output); ++i) {
    }
    ::close(pipe[0]);
    return ended;
}

}  // namespace adit::gpu_check
