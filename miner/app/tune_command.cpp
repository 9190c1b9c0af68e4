#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "kernels/base/interrupts.hpp"
#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"
#include "miner/tune/profiles.hpp"

namespace adit::miner::app {
namespace {

using tune::Outcome;
using tune::Profile;
using tune::Profiles;
using tune::Trial;

struct TuneOptions {
    std::string params = "200,9";
    double turn_s = 2;
    u32 turns = 3;
    bool explain = false;
    std::string state;
    DeviceOptions devices;
};

void print_trials(const std::vector<Trial>& trials, const std::string& chosen)
{
    double best = 0;
    for (const Trial& trial : trials)
        if (trial.refused.empty()) best = std::max(best, trial.rate_it_s);
    fmt::print("    {:<34} {:>9} {:>6} {:>6} {:>9}\n", "way", "it/s", "", "turns", "memory");
    for (const Trial& trial : trials) {
        if (!trial.refused.empty()) {
            fmt::print("    {:<34} refused: {}\n", trial.way, trial.refused);
            continue;
        }
        fmt::print("    {:<34} {:>9.4g} {:>5.0f}% {:>6} {:>6} MB{}\n", trial.way, trial.rate_it_s,
                   best > 0 ? 100 * trial.rate_it_s / best : 0, trial.turns,
                   trial.memory_bytes / 1'000'000, trial.way == chosen ? "  in use" : "");
    }
}

int explain(const std::vector<Device>& devices, const equihash::Params& params,
            const Profiles& profiles)
{
    for (const Device& device : devices) {
        fmt::print("{}  {}  ({})\n", device.info.id, device.info.name, equihash::to_string(params));
        const Profile* profile = profiles.find(device.info, params);
        if (profile == nullptr) {
            const auto ways = device.backend->ways(device.info, params);
            fmt::print("    not tuned by this version under this driver; in use: {}\n",
                       ways.empty() ? "nothing, it cannot run these" : ways.front());
            continue;
        }
        fmt::print("    tuned {:%Y-%m-%d %H:%M} UTC, {}\n",
                   fmt::gmtime(static_cast<std::time_t>(profile->tuned_at)),
                   profiles.file().string());
        print_trials(profile->trials, profile->way);
    }
    return ExitCode::kDone;
}

int tune_one(const Device& device, const tune::Plan& plan, Profiles& profiles,
             const Interrupts& interrupts)
{
    fmt::print("{}  {}  ({})\n", device.info.id, device.info.name,
               equihash::to_string(plan.params));
    const SystemClock clock;
    bool interrupted = false;
    const auto outcome =
        tune::tune(*device.backend, device.info, plan, clock, [&](const std::string& line) {
            fmt::print("    {}\n", line);
            std::fflush(stdout);
            interrupted = interrupts.wait(std::chrono::milliseconds(0)) != 0;
            return interrupted;
        });
    if (interrupted) return ExitCode::kInterrupted;
    if (!outcome) return complain(ExitCode::kFailed, outcome.error().detail);
    const Trial* best = outcome->best();
    print_trials(outcome->trials, best != nullptr ? best->way : "");
    if (const auto kept = profiles.keep(device.info, plan.params, *outcome, clock.unix_time());
        !kept)
        return complain(ExitCode::kFailed, kept.error());
    const Trial* usual = outcome->usual();
    fmt::print("    from now on: {}", best->way);
    if (usual != nullptr && usual->rate_it_s > 0)
        fmt::print(", {:.2f} times the usual {}", best->rate_it_s / usual->rate_it_s, usual->way);
    fmt::print("\n");
    return ExitCode::kDone;
}

int run_tune(const TuneOptions& options)
{
    const auto params = equihash::parse_params(options.params);
    if (!params)
        return complain(ExitCode::kUsage,
                        "Equihash (" + options.params +
                            ") is not supported; supported are: " + equihash::known_params_text());
    const auto devices = devices_for(options.devices);
    if (!devices) return complain(ExitCode::kUsage, devices.error().text);
    Profiles profiles(options.state.empty() ? Profiles::default_folder()
                                            : std::filesystem::path(options.state));
    if (options.explain) return explain(*devices, *params, profiles);

    tune::Plan plan;
    plan.params = *params;
    plan.turn = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.turn_s));
    plan.turns = options.turns;
    const Interrupts interrupts;
    for (const Device& device : *devices)
        if (const int code = tune_one(device, plan, profiles, interrupts); code != ExitCode::kDone)
            return code;
    return ExitCode::kDone;
}

}  // namespace

void add_tune_command(CLI::App& program, int& exit_code)
{
    auto* command = program.add_subcommand(
        "tune", "Find the fastest way to run a device: adit tune 200,9 -d cuda:0");
    const auto options = std::make_shared<TuneOptions>();
    command->add_option("params", options->params, "Equihash parameters; 200,9 unless said")
        ->type_name("N,K");
    command
        ->add_option("-d,--devices,--gpu-id", options->devices.devices,
                     "Which devices (see adit devices)")
        ->type_name("LIST");
    command->add_option("--seconds", options->turn_s, "How long a way works in one turn")
        ->check(CLI::Range(0.01, 3'600.0))
        ->type_name("S");
    command->add_option("--turns", options->turns, "Turns of each way that keeps up")
        ->check(CLI::Range(1, 99));
    command->add_flag("--explain", options->explain, "Only show what is known and in use");
    command->add_option("--state", options->state, "Folder of what was tuned")->type_name("DIR");
    command->callback([options, &exit_code] { exit_code = run_tune(*options); });
}

}  // namespace adit::miner::app
