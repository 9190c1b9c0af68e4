#pragma once

#include <string_view>

namespace CLI {
class App;
}

namespace adit::stratum::app {

/// Adds `adit pool`, `adit pool shares` and `adit replay` to the program. Parsing a command line
/// that names one of them runs it; what the program then exits with goes to `exit_code`, which must
/// outlive the parsing.
void add_commands(CLI::App& program, int& exit_code);

// One each, as above.
void add_pool_command(CLI::App& program, int& exit_code);
void add_shares_command(CLI::App& pool, int& exit_code);
void add_replay_command(CLI::App& program, int& exit_code);

/// The program's exit codes (README, "Exit codes").
struct ExitCode {
    static constexpr int kDone = 0;
    static constexpr int kFailed = 1;
    static constexpr int kUsage = 2;
    static constexpr int kNothingThere = 4;
    static constexpr int kInterrupted = 130;
};

/// "adit: …" on standard error.
int complain(int exit_code, std::string_view text);

}  // namespace adit::stratum::app
