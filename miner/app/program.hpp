#pragma once

namespace adit::miner::app {

/// The one program `adit`: reads the command line and runs what it names.
/// @return the exit code
int run_program(int argc, const char* const* argv);

}  // namespace adit::miner::app
