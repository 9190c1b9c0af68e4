#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace adit::gpu_check {

/// How a command came to its end.
struct Ended {
    enum class Word { exited, died_of_signal, out_of_time, not_started };
    Word word{};
    int code = 0;       ///< exit code, signal, or errno
    double wall_s = 0;  ///< from its start to the end of the shell that ran it
};

/// Runs `command` through sh -c in a process group of its own, without input, and hands on what it
/// writes to standard output and standard error as it comes. When it ends, when `limit_s` seconds
/// are up, or when this program is ended by SIGINT, SIGTERM or SIGHUP, the whole group is killed;
/// what is left of it is waited for. One at a time.
Ended run_command(const std::string& command, double limit_s,
                  const std::function<void(std::string_view)>& on_output);

}  // namespace adit::gpu_check
