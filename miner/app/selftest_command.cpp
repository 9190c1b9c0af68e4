#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <memory>
#include <thread>

#include "kernels/base/interrupts.hpp"
#include "kernels/solver/self_test.hpp"
#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"

namespace adit::miner::app {
namespace {

using solver::DeviceError;

struct SelftestOptions {
    std::string params;  ///< empty: all
    DeviceOptions devices;
};

struct Tally {
    u32 passed = 0;
    u32 failed = 0;
    u32 skipped = 0;
};

void ask(const Device& device, const solver::KnownAnswer& answer, const std::string& lane,
         const std::stop_token& stop, Tally& tally)
{
    const auto start = std::chrono::steady_clock::now();
    const auto outcome =
        solver::self_test(*device.backend, device.info, {.lane = lane}, answer, stop);
    if (stop.stop_requested()) return;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::string head =
        fmt::format("{:<8} {:<6} {}", device.info.id, equihash::to_string(answer.params),
                    answer.personalization);
    if (outcome) {
        ++tally.passed;
        fmt::print("{}  {:>2} solutions of {:>2} nonces  ok  {:.2f} s\n", head, answer.solutions,
                   answer.nonces, seconds);
    } else if (outcome.error().word == DeviceError::Word::unsupported_params ||
               outcome.error().word == DeviceError::Word::out_of_memory) {
        ++tally.skipped;
        fmt::print("{}  skipped: {}\n", head, outcome.error().detail);
    } else {
        ++tally.failed;
        fmt::print("{}  FAILED: {}\n", head, outcome.error().detail);
    }
    std::fflush(stdout);
}

Tally ask_all(const std::vector<Device>& devices, const std::optional<equihash::Params>& only,
              const std::string& lane, const std::stop_token& stop)
{
    Tally tally;
    for (const Device& device : devices)
        for (const solver::KnownAnswer& answer : solver::long_answers())
            if (!stop.stop_requested() && (!only || answer.params == *only))
                ask(device, answer, lane, stop, tally);
    return tally;
}

int run_selftest(const SelftestOptions& options)
{
    std::optional<equihash::Params> only;
    if (!options.params.empty()) {
        only = equihash::parse_params(options.params);
        if (!only)
            return complain(ExitCode::kUsage, "Equihash (" + options.params +
                                                  ") is not supported; supported are: " +
                                                  equihash::known_params_text());
    }
    const auto devices = devices_for(options.devices);
    if (!devices) return complain(ExitCode::kUsage, devices.error().text);
    const std::string& lane = options.devices.lane;
    if (!lane.empty())
        for (const Device& device : *devices)
            if (const auto made = device.backend->make_solver(
                    device.info,
                    {.params = only.value_or(equihash::kKnownParams[0]), .lane = lane});
                !made)
                return complain(ExitCode::kUsage, made.error().detail);

    const Interrupts interrupts;
    Tally tally;
    std::atomic<bool> ended = false;
    std::jthread asking([&](const std::stop_token& stop) {
        tally = ask_all(*devices, only, lane, stop);
        ended = true;
    });
    bool interrupted = false;
    while (!ended && !interrupted)
        interrupted = interrupts.wait(std::chrono::milliseconds(50)) != 0;
    asking.request_stop();
    asking.join();
    fmt::print("{} passed, {} failed, {} skipped{}\n", tally.passed, tally.failed, tally.skipped,
               interrupted ? ", interrupted" : "");
    if (tally.failed > 0) return ExitCode::kSelfTestFailed;
    if (interrupted) return ExitCode::kInterrupted;
    return tally.passed > 0 ? ExitCode::kDone : ExitCode::kNothingThere;
}

}  // namespace

void add_selftest_command(CLI::App& program, int& exit_code)
{
    auto* command = program.add_subcommand(
        "selftest", "Ask every device questions whose answers are known: all of them, or N,K");
    const auto options = std::make_shared<SelftestOptions>();
    command->add_option("params", options->params, "Only this one: 200,9  144,5 …")
        ->type_name("N,K");
    command
        ->add_option("-d,--devices,--gpu-id", options->devices.devices,
                     "Which devices (see adit devices)")
        ->type_name("LIST");
    command->add_option("--lane", options->devices.lane, "Force a lane: portable, avx2, avx512")
        ->type_name("NAME");
    command->callback([options, &exit_code] { exit_code = run_selftest(*options); });
}

}  // namespace adit::miner::app
