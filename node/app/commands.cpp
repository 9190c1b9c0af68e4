#include "node/app/commands.hpp"

namespace adit::node::app {

void add_commands(CLI::App& program, int& exit_code)
{
    add_node_command(program, exit_code);
    add_rpc_command(program, exit_code);
    add_wallet_command(program, exit_code);
    add_chain_commands(program, exit_code);
}

}  // namespace adit::node::app
