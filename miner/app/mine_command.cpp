#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"
#include "miner/app/mining_run.hpp"
#include "stratum/net/template_source.hpp"
#include "stratum/net/turns_source.hpp"

namespace adit::miner::app {
namespace {

namespace client = stratum::client;
using stratum::Ruling;
using stratum::net::NodeAddress;
using stratum::net::PoolSource;
using stratum::net::TemplateSource;
using PoolLog = std::function<void(bool warning, const std::string& line)>;

constexpr u32 kFirstTries = 5;  ///< at a lone node, before its first work
constexpr u32 kTriesATurn = 3;  ///< at one of several, before the next one's turn

/// URLs that one source can serve: a single node, or pools that follow each other.
using Urls = std::vector<client::PoolUrl>;

std::vector<Urls> runs_of(const Urls& urls)
{
    std::vector<Urls> runs;
    for (const client::PoolUrl& url : urls) {
        const bool continues = !runs.empty() && !url.is_http() && !runs.back().front().is_http();
        if (continues)
            runs.back().push_back(url);
        else
            runs.push_back({url});
    }
    return runs;
}

Result<NodeAddress, stratum::app::FlagError> node_address(const client::PoolUrl& url,
                                                          const MineOptions& options)
{
    ADIT_TRY(auto ways, stratum::app::read_ways(*options.where));
    if (!options.where->record.empty())
        return stratum::app::FlagError{"--record writes a pool's session, and " +
                                       client::to_string(url) +
                                       " is a node: leave out the node, or --record"};
    NodeAddress address = stratum::net::node_at(url, options.cookie_file);
    if (url.is_tls()) address.tls = std::move(ways.tls);
    address.proxy = std::move(ways.proxy);
    address.family = ways.family;
    return address;
}

using MakeSource = std::function<std::unique_ptr<stratum::WorkSource>()>;

/// How to make the source of one run; in turns, it gives up after a few tries.
Result<MakeSource, stratum::app::FlagError> maker_of(const Urls& run, const MineOptions& options,
                                                     const stratum::AlgorithmChoice& algorithm,
                                                     const PoolLog& log)
{
    if (!run.front().is_http()) {
        ADIT_TRY(auto settings, stratum::app::read_pool_options(*options.where, run, algorithm));
        settings.client.hands_over = true;
        settings.client.tries_max = 0;
        settings.log = log;
        return MakeSource([settings] { return std::make_unique<PoolSource>(settings); });
    }
    ADIT_TRY(auto address, node_address(run.front(), options));
    client::TemplateLimits limits;
    limits.first_tries = limits.later_tries = kTriesATurn;
    limits.retry_first = stratum::app::retry_pause(*options.where);
    limits.retry_max = std::max(limits.retry_max, limits.retry_first);
    return MakeSource([address, algorithm, limits] {
        return std::make_unique<TemplateSource>(address, algorithm, limits);
    });
}

std::string rate_words(const stratum::RateEstimate& rate)
{
    if (rate.shares == 0) return "";
    return fmt::format("  pool sees {} Sol/s ({} … {})", rate_text(rate.rate_sol_s),
                       rate_text(rate.low_sol_s), rate_text(rate.high_sol_s));
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
    return line + rate_words(view.rate);
}

/// What became of our shares and blocks at each of several sources.
std::string turns_line(const stratum::net::TurnsView& view)
{
    std::string line;
    for (const stratum::net::TurnView& source : view.sources) {
        if (source.tally.turns == 0) continue;
        const u64 accepted = source.tally.of(stratum::ShareOutcome::accepted);
        const u64 stale = source.tally.of(stratum::ShareOutcome::stale);
        u64 all = 0;
        for (const u64 each : source.tally.outcomes) all += each;
        line += fmt::format("{}{}  accepted {}  stale {}  refused {}", line.empty() ? "" : "; ",
                            source.name, accepted, stale, all - accepted - stale);
    }
    return line + rate_words(view.rate);
}

/// All that a run needs beside its source.
struct Mine {
    const std::vector<Device>& devices;
    const MineOptions& options;
    const stratum::AlgorithmChoice& algorithm;
    Console& console;

    int at(stratum::WorkSource& source, std::function<std::string()> source_line) const
    {
        const Interrupts interrupts;
        const SystemClock clock;
        for (const Device& device : devices)
            console.say("device " + device.info.id + "  " + device.info.name);
        console.say("work from " + source.name());
        RunSettings settings;
        settings.source_line = std::move(source_line);
        settings.blocks_wanted = options.blocks;
        settings.shares_wanted = options.shares;
        settings.rate_every = std::chrono::seconds(options.rate_every_s);
        MiningRun run(source, workers_for(devices, options.devices, algorithm.params), console,
                      clock, std::move(settings));
        const int code = run.run(interrupts);
        if (code != ExitCode::kDone && code != ExitCode::kInterrupted)
            complain(code, run.why_it_ended());
        return code;
    }

    PoolLog log() const
    {
        return [&console = console](bool warning, const std::string& line) {
            warning ? console.warn(line) : console.say(line);
        };
    }

    int at_pools(const Urls& urls) const
    {
        auto settings = stratum::app::read_pool_options(*options.where, urls, algorithm);
        if (!settings) return complain(ExitCode::kUsage, settings.error().text);
        settings->log = log();
        PoolSource source(std::move(*settings));
        return at(source, [&source] { return pool_line(source.view()); });
    }

    int at_node(const client::PoolUrl& url) const
    {
        auto address = node_address(url, options);
        if (!address) return complain(ExitCode::kUsage, address.error().text);
        client::TemplateLimits limits;
        limits.first_tries = options.where->retries.value_or(kFirstTries);
        TemplateSource source(std::move(*address), algorithm, limits);
        return at(source, {});
    }

    int in_turns(const std::vector<Urls>& runs) const
    {
        stratum::net::TurnsOptions turns;
        turns.log = log();
        for (const Urls& run : runs) {
            auto make = maker_of(run, options, algorithm, turns.log);
            if (!make) return complain(ExitCode::kUsage, make.error().text);
            turns.make.push_back(std::move(*make));
            std::string name;
            for (const client::PoolUrl& url : run)
                name += (name.empty() ? "" : ", ") + client::to_string(url);
            turns.turns.names.push_back(std::move(name));
        }
        const u32 tries_max = options.where->retries.value_or(0);
        turns.turns.turns_max = (tries_max + kTriesATurn - 1) / kTriesATurn;
        stratum::app::read_failover(*options.where, turns.turns.failover);
        stratum::net::TurnsSource source(std::move(turns));
        return at(source, [&source] { return turns_line(source.view()); });
    }
};

int run_mine(const MineOptions& options, const GlobalOptions& global)
{
    const auto algorithm = stratum::app::read_algorithm(options.algorithm);
    if (!algorithm) return complain(ExitCode::kUsage, algorithm.error().text);
    const auto devices = devices_for(options.devices);
    if (!devices) return complain(ExitCode::kUsage, devices.error().text);
    const auto urls = stratum::app::read_urls(*options.where);
    if (!urls) return complain(ExitCode::kUsage, urls.error().text);

    Console console(stdout, !global.no_color);
    const Mine mine{*devices, options, *algorithm, console};
    const std::vector<Urls> runs = runs_of(*urls);
    if (runs.size() > 1) return mine.in_turns(runs);
    return urls->front().is_http() ? mine.at_node(urls->front()) : mine.at_pools(*urls);
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
    stratum::app::add_algorithm_flags(*command, options->algorithm);
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
