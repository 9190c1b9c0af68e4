#pragma once

#include "miner/app/options.hpp"

namespace adit::miner::app {

/// Adds this room's commands to the program. Parsing a command line that names one of them runs
/// it; what the program then exits with goes to `exit_code`. All three outlive the parsing.
void add_commands(CLI::App& program, const GlobalOptions& global, int& exit_code);

// One each, as above.
void add_solo_command(CLI::App& program, const GlobalOptions& global, int& exit_code);
void add_mine_command(CLI::App& program, const GlobalOptions& global, int& exit_code);
void add_verify_command(CLI::App& program, int& exit_code);
void add_bench_command(CLI::App& program, const GlobalOptions& global, int& exit_code);
void add_selftest_command(CLI::App& program, int& exit_code);
void add_device_commands(CLI::App& program, int& exit_code);
void add_tune_command(CLI::App& program, int& exit_code);

/// What a bare `adit` shows: the devices, and what to do next.
void greet();

/// "adit: …" on standard error.
int complain(int exit_code, std::string_view text);

}  // namespace adit::miner::app
