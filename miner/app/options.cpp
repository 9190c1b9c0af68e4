#include "miner/app/options.hpp"

#include <CLI/CLI.hpp>

namespace adit::miner::app {
namespace {

std::string names_of_coins()
{
    std::string names;
    for (const stratum::Coin& coin : stratum::coins())
        names += (names.empty() ? "" : ", ") + std::string(coin.name);
    return names;
}

std::string names_of_params()
{
    std::string names;
    for (const equihash::Params& params : equihash::kKnownParams)
        names += (names.empty() ? "" : " ") + equihash::to_string(params);
    return names;
}

}  // namespace

Result<stratum::AlgorithmChoice, ChoiceError> read_algorithm(const AlgorithmOptions& options)
{
    stratum::AlgorithmChoice choice;
    if (!options.coin.empty()) {
        const stratum::Coin* coin = stratum::find_coin(options.coin);
        if (coin == nullptr)
            return ChoiceError{"--coin " + options.coin + " is not known; known are " +
                               names_of_coins() + " (or say --algo and --pers)"};
        choice.params = coin->params;
        choice.personalization = equihash::Personalization::from_text(coin->tag);
    }
    if (!options.algo.empty()) {
        choice.params = equihash::parse_params(options.algo);
        if (!choice.params)
            return ChoiceError{"--algo " + options.algo +
                               " is not known; known are N,K of: " + names_of_params()};
    }
    if (!options.pers.empty() && options.pers != "auto") {
        choice.personalization = equihash::Personalization::from_text(options.pers);
        if (!choice.personalization)
            return ChoiceError{"--pers " + options.pers +
                               " must be exactly eight characters, such as ZcashPoW"};
    }
    return choice;
}

void add_algorithm_options(CLI::App& command, AlgorithmOptions& options)
{
    command.add_option("-a,--algo,--par", options.algo, "Equihash parameters: 200,9  144,5 …")
        ->type_name("N,K");
    command.add_option("--pers", options.pers, "Personalization, eight characters, or auto")
        ->type_name("TEXT");
    command.add_option("--coin", options.coin, "Sets --algo and --pers: zcash, horizen, zero …")
        ->type_name("NAME");
}

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
