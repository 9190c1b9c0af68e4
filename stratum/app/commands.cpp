#include "stratum/app/commands.hpp"

#include <fmt/format.h>

namespace adit::stratum::app {

void add_commands(CLI::App& program, int& exit_code)
{
    add_pool_command(program, exit_code);
    add_replay_command(program, exit_code);
}

int complain(int exit_code, std::string_view text)
{
    fmt::print(stderr, "adit: {}\n", text);
    return exit_code;
}

}  // namespace adit::stratum::app
