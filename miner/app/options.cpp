#include "miner/app/options.hpp"

#include <CLI/CLI.hpp>

namespace adit::miner::app {

void add_device_options(CLI::App& command, DeviceOptions& options)
{
    command
        .add_option("-d,--devices,--gpu-id", options.devices,
                    "Which devices: all, cpu, cuda:0, ocl:1, 0,2, 01:00.0, !2 (see adit devices)")
        ->type_name("LIST");
    command
        .add_option("-t,--threads,--cpu-threads", options.threads,
                    "CPU solver threads; 0 leaves the CPU out")
        ->type_name("N");
    command
        .add_option(
            "--share", options.share,
            "CPU threads that work on one nonce together, where it needs much memory: 1, 2, "
            "4; otherwise as few as fit")
        ->check(CLI::IsMember({1, 2, 4}))
        ->type_name("N");
    command.add_option("--lane", options.lane, "Force a lane: portable, avx2, avx512")
        ->type_name("NAME");
}

void add_run_options(CLI::App& command, u64& blocks, u32& rate_every_s)
{
    command.add_option("--blocks", blocks, "End after so many blocks of ours; 0: never")
        ->type_name("N");
    command
        .add_option("--print-time,--report-interval,--stats-interval", rate_every_s,
                    "Seconds between two rate lines")
        ->check(CLI::Range(1, 86'400))
        ->type_name("S");
}

}  // namespace adit::miner::app
