#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"
#include "miner/app/mining_run.hpp"
#include "stratum/net/template_source.hpp"

namespace adit::miner::app {
namespace {

namespace client = stratum::client;
using stratum::Ruling;
using stratum::net::NodeAddress;
using stratum::net::TemplateSource;

constexpr u32 kFirstTries = 5;  ///< at a node, before its first work

Result<std::unique_ptr<stratum::WorkSource>, ChoiceError> node_source(
    const std::vector<client::PoolUrl>& urls, const MineOptions& options,
    const stratum::AlgorithmChoice& algorithm)
{
    const client::PoolUrl& url = urls.front();
    if (urls.size() > 1)
        return ChoiceError{"more than one -o is for pools (stratum+tcp://…): give one node"};
    auto ways = stratum::app::read_ways(*options.where);
    if (!ways) return ChoiceError{ways.error().text};
    if (ways->family != stratum::net::PoolSourceOptions::Family::any)
        return ChoiceError{"-4 and -6 are for pools: name the node by its address"};
    NodeAddress address;
    address.host = url.host;
    address.port = url.port;
    if (!url.path.empty()) address.path = url.path;
    address.user = url.user;
    address.password = url.password;
    address.cookie_file = options.cookie_file;
    if (url.is_tls()) address.tls = std::move(ways->tls);
    address.proxy = std::move(ways->proxy);
    client::TemplateLimits limits;
    limits.first_tries = options.where->retries.value_or(kFirstTries);
    return std::unique_ptr<stratum::WorkSource>(
        std::make_unique<TemplateSource>(address, algorithm, limits));
}

/// What the pools see of us, beside our own rates.
std::string pool_line(const stratum::net::UpstreamsView& view)
{
    const auto count = [](const client::PoolStats& stats, Ruling ruling) {
        return stats.rulings[static_cast<std::size_t>(ruling)];
    };
    std::string line;
    for (const stratum::net::UpstreamView& pool : view.pools) {
        if (pool.stats.connections == 0) continue;
        const u64 accepted = count(pool.stats, Ruling::accepted);
        u64 all = 0;
        for (const u64 each : pool.stats.rulings) all += each;
        line += fmt::format("{}{}  accepted {}  stale {}  refused {}", line.empty() ? "" : "; ",
                            pool.name, accepted, count(pool.stats, Ruling::stale),
                            all - accepted - count(pool.stats, Ruling::stale));
    }
    if (view.rate.shares > 0)
        line += fmt::format("  pool sees {} Sol/s ({} … {})", rate_text(view.rate.rate_sol_s),
                            rate_text(view.rate.low_sol_s), rate_text(view.rate.high_sol_s));
    return line;
}

int mine(stratum::WorkSource& source, const std::vector<Device>& devices,
         const MineOptions& options, const stratum::AlgorithmChoice& algorithm, Console& console,
         RunSettings settings)
{
    const Interrupts interrupts;
    const SystemClock clock;
    for (const Device& device : devices)
        console.say("device " + device.info.id + "  " + device.info.name);
    console.say("work from " + source.name());
    settings.blocks_wanted = options.blocks;
    settings.shares_wanted = options.shares;
    settings.rate_every = std::chrono::seconds(options.rate_every_s);
    MiningRun run(source, workers_for(devices, options.devices, algorithm.params), console, clock,
                  std::move(settings));
    const int code = run.run(interrupts);
    if (code != ExitCode::kDone && code != ExitCode::kInterrupted)
        complain(code, run.why_it_ended());
    return code;
}

int mine_at_pools(std::vector<client::PoolUrl> urls, const std::vector<Device>& devices,
                  const MineOptions& options, const stratum::AlgorithmChoice& algorithm,
                  Console& console)
{
    auto settings = stratum::app::read_pool_options(*options.where, std::move(urls), algorithm);
    if (!settings) return complain(ExitCode::kUsage, settings.error().text);
    settings->log = [&console](bool warning, const std::string& line) {
        warning ? console.warn(line) : console.say(line);
    };
    stratum::net::PoolSource source(std::move(*settings));
    RunSettings run;
    run.at_pool = true;
    run.source_line = [&source] { return pool_line(source.view()); };
    return mine(source, devices, options, algorithm, console, std::move(run));
}

int run_mine(const MineOptions& options, const GlobalOptions& global)
{
    const auto algorithm = read_algorithm(options.algorithm);
    if (!algorithm) return complain(ExitCode::kUsage, algorithm.error().text);
    const auto devices = choose_devices(all_devices(), options.devices);
    if (!devices) return complain(ExitCode::kUsage, devices.error().text);
    auto urls = stratum::app::read_urls(*options.where);
    if (!urls) return complain(ExitCode::kUsage, urls.error().text);

    Console console(stdout, !global.no_color);
    if (!urls->front().is_http())
        return mine_at_pools(std::move(*urls), *devices, options, *algorithm, console);
    const auto source = node_source(*urls, options, *algorithm);
    if (!source) return complain(ExitCode::kUsage, source.error().text);
    return mine(**source, *devices, options, *algorithm, console, {});
}

}  // namespace

void add_mine_command(CLI::App& program, const GlobalOptions& global, int& exit_code)
{
    auto* command = program.add_subcommand("mine", "Mine at pools (stratum), or at a node");
    const auto options = std::make_shared<MineOptions>();
    stratum::app::add_pool_flags(*command, options->where);
    command
        ->add_option("--cookie", options->cookie_file,
                     "The node's cookie file, instead of user and password")
        ->check(CLI::ExistingFile)
        ->type_name("FILE");
    add_algorithm_options(*command, options->algorithm);
    add_device_options(*command, options->devices);
    add_run_options(*command, options->blocks, options->rate_every_s);
    command->add_option("--shares", options->shares, "End after so many accepted shares; 0: never")
        ->type_name("N");
    command->callback([command, options, &global, &exit_code] {
        stratum::app::note_order(*command, *options->where);
        exit_code = run_mine(*options, global);
    });
}

}  // namespace adit::miner::app
