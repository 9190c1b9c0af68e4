#pragma once

namespace CLI {
class App;
}

namespace adit::node::app {

/// Adds `adit node`, `adit rpc`, `adit wallet …` and `adit chain new|check|show` to the program.
/// Parsing a command line that names one of them runs it; what the program then exits with goes to
/// `exit_code`, which must outlive the parsing.
void add_commands(CLI::App& program, int& exit_code);

// One each, as above.
void add_node_command(CLI::App& program, int& exit_code);
void add_rpc_command(CLI::App& program, int& exit_code);
void add_wallet_command(CLI::App& program, int& exit_code);
void add_chain_commands(CLI::App& program, int& exit_code);

}  // namespace adit::node::app
