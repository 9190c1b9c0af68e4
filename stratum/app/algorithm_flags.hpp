#pragma once

#include <string>

#include "kernels/base/result.hpp"
#include "stratum/proto/dialects.hpp"

namespace CLI {
class App;
}

namespace adit::stratum::app {

/// One line that says what to change.
struct FlagError {
    std::string text;
};

/// What to solve, as the command line says it.
struct AlgorithmFlags {
    std::string algo;  ///< "144,5" in any spelling; empty: auto
    std::string pers;  ///< eight characters, or "auto"
    std::string coin;  ///< a row of the coin table
};

/// Adds -a, --pers and --coin. The flags outlive the parsing.
void add_algorithm_flags(CLI::App& command, AlgorithmFlags& flags);

/// The error says what there is to choose from.
Result<AlgorithmChoice, FlagError> read_algorithm(const AlgorithmFlags& flags);

}  // namespace adit::stratum::app
