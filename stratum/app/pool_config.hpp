#pragma once

#include <string>
#include <vector>

#include "stratum/app/algorithm_flags.hpp"
#include "stratum/net/node_address.hpp"
#include "stratum/net/pool_shell.hpp"

namespace CLI {
class App;
}

namespace adit::stratum::app {

/// What `adit pool` is told.
struct PoolCommandFlags {
    std::vector<std::string> nodes;
    std::string cookie;
    std::vector<std::string> listen;
    std::vector<std::string> listen_tls;
    std::string tls_cert;
    std::string tls_key;
    std::string ledger;
    std::string password;
    AlgorithmFlags algorithm;
    double share_every_s = 15;
    double start_difficulty = 0;
    std::size_t connections_max = 10'000;
    std::size_t per_address_max = 256;
    unsigned judge_threads = 0;
    u32 print_every_s = 30;
};
void add_pool_flags(CLI::App& command, PoolCommandFlags& flags);

struct PoolConfig {
    std::vector<net::NodeAddress> nodes;  ///< the first gives work, all get blocks
    AlgorithmChoice algorithm;
    net::PoolShellOptions shell;  ///< all but on_block and log
    std::string ledger_file;
};
Result<PoolConfig, FlagError> read_pool_config(const PoolCommandFlags& flags);

/// Where the ledger is when nobody says: $XDG_DATA_HOME/adit/pool/shares.db.
std::string default_ledger_file();

}  // namespace adit::stratum::app
