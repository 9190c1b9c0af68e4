#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "miner/app/device_choice.hpp"
#include "stratum/app/algorithm_flags.hpp"
#include "stratum/app/pool_flags.hpp"

namespace CLI {
class App;
}

namespace adit::miner::app {

/// What every command of the program may be told.
struct GlobalOptions {
    bool no_color = false;
    std::string command_line;  ///< as it was given, for reports
};

struct MineOptions {
    stratum::app::AlgorithmFlags algorithm;
    std::shared_ptr<stratum::app::PoolFlags> where = std::make_shared<stratum::app::PoolFlags>();
    std::string cookie_file;
    u64 blocks = 0;
    u64 shares = 0;
    u32 rate_every_s = 10;
    DeviceOptions devices;
};

struct VerifyOptions {
    stratum::app::AlgorithmFlags algorithm;
    std::vector<std::string> headers;  ///< hex, or "-"
    bool require_target = false;
};

// Flags by name, aliases and help; the values go into `options`, which outlives the parsing.
void add_device_options(CLI::App& command, DeviceOptions& options);

/// --blocks and --print-time, as `solo` and `mine` share them.
void add_run_options(CLI::App& command, u64& blocks, u32& rate_every_s);

}  // namespace adit::miner::app
