#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "kernels/solver/solver.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/crypto/keys.hpp"

/// What `adit chain new`, `check` and `show` do, without a command line around it.
namespace adit::node::chain_tools {

/// One line for the user: what went wrong and what to change.
struct ToolError {
    std::string text;
};

struct NewChainRequest {
    std::string preset;     ///< a built-in spec's name or a file
    std::string name;       ///< of the new chain: letters, digits, - and _, at most 32
    std::string spec_file;  ///< to be written; must not exist
    std::string key_file;   ///< to be written with mode 0600; must not exist
    std::string message;  ///< in the genesis coinbase; empty: one that names the chain and the time
    UnixTime now = 0;     ///< genesis time
};

struct NewChain {
    consensus::ChainSpec spec;
    std::string spec_toml;
    std::string keys_text;  ///< a role, its address and its key a line; secret
    std::string report;     ///< for the console: what was made and where; no secrets
};

/// Fills a preset: new role keys, magic and ports, and a genesis of its own, solved with `solver`
/// (made for the preset's parameters). Writes both files, the keys first; on failure neither stays.
Result<NewChain, ToolError> make_chain(const NewChainRequest& request,
                                       const crypto::RandomBytes& random, solver::Solver& solver,
                                       std::stop_token stop);

/// The same without touching files.
Result<NewChain, ToolError> plan_chain(const NewChainRequest& request,
                                       const crypto::RandomBytes& random, solver::Solver& solver,
                                       std::stop_token stop);

/// The chain id as people see it: 64 hex digits in the order of its bytes.
std::string id_text(const consensus::ChainSpec& spec);

/// Reads a spec and says what it is: "OK: …" with its id, or the error. Also verifies the genesis'
/// proof of work and warns of magics and prefixes that live chains use.
struct CheckReport {
    bool ok = false;
    std::string text;  ///< lines for the console, each ended by \n
};
CheckReport check_chain(std::string_view name_or_path);

/// Id, every field, and the split at `height`, as lines for people; also for a template.
Result<std::string, ToolError> show_chain(std::string_view name_or_path, Height height);

}  // namespace adit::node::chain_tools
