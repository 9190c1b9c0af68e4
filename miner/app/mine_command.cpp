#include <CLI/CLI.hpp>
#include <memory>

#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"
#include "miner/app/mining_run.hpp"
#include "stratum/client/pool_url.hpp"
#include "stratum/net/template_source.hpp"

namespace adit::miner::app {
namespace {

namespace client = stratum::client;
using stratum::net::NodeAddress;
using stratum::net::TemplateSource;

NodeAddress address_of(const client::PoolUrl& url, const MineOptions& options)
{
    NodeAddress address;
    address.host = url.host;
    address.port = url.port;
    if (!url.path.empty()) address.path = url.path;
    address.user = options.user.empty() ? url.user : options.user;
    address.password = options.password.empty() ? url.password : options.password;
    address.cookie_file = options.cookie_file;
    return address;
}

Result<std::unique_ptr<stratum::WorkSource>, ChoiceError> make_source(
    const MineOptions& options, const stratum::AlgorithmChoice& algorithm)
{
    if (options.urls.empty())
        return ChoiceError{"say where to mine: -o http://user:password@host:port (a node)"};
    if (options.urls.size() > 1)
        return ChoiceError{"more than one -o is not supported yet: give one node"};
    const auto url = client::parse_pool_url(options.urls[0]);
    if (!url) return ChoiceError{url.error().text};
    if (!url->is_http())
        return ChoiceError{"pools are not supported yet, only nodes: -o http://host:port"};
    if (url->is_tls())
        return ChoiceError{
            "https:// is not supported yet: reach the node by http://, through a "
            "tunnel if it is far away"};
    client::TemplateLimits limits;
    limits.first_tries = options.tries;
    return std::unique_ptr<stratum::WorkSource>(
        std::make_unique<TemplateSource>(address_of(*url, options), algorithm, limits));
}

int run_mine(const MineOptions& options, const GlobalOptions& global)
{
    const auto algorithm = read_algorithm(options.algorithm);
    if (!algorithm) return complain(ExitCode::kUsage, algorithm.error().text);
    const auto devices = choose_devices(all_devices(), options.devices);
    if (!devices) return complain(ExitCode::kUsage, devices.error().text);
    auto source = make_source(options, *algorithm);
    if (!source) return complain(ExitCode::kUsage, source.error().text);

    const Interrupts interrupts;
    const SystemClock clock;
    Console console(stdout, !global.no_color);
    for (const Device& device : *devices)
        console.say("device " + device.info.id + "  " + device.info.name);
    console.say("work from " + (*source)->name());
    RunSettings settings;
    settings.blocks_wanted = options.blocks;
    settings.rate_every = std::chrono::seconds(options.rate_every_s);
    MiningRun run(**source, workers_for(*devices, options.devices, algorithm->params), console,
                  clock, settings);
    const int code = run.run(interrupts);
    if (code != ExitCode::kDone && code != ExitCode::kInterrupted)
        complain(code, run.why_it_ended());
    return code;
}

}  // namespace

void add_mine_command(CLI::App& program, const GlobalOptions& global, int& exit_code)
{
    auto* command = program.add_subcommand("mine", "Mine at a node (getblocktemplate)");
    const auto options = std::make_shared<MineOptions>();
    command->add_option("-o,--url,--pool,--server", options->urls, "http://user:password@host:port")
        ->type_name("URL");
    command->add_option("-u,--user,--wallet", options->user, "User name")->type_name("NAME");
    command->add_option("-p,--password,--pass", options->password, "Password")->type_name("TEXT");
    command->add_option("-w,--worker", options->worker, "Name of this rig")->type_name("NAME");
    command
        ->add_option("--cookie", options->cookie_file,
                     "The node's cookie file, instead of user and password")
        ->check(CLI::ExistingFile)
        ->type_name("FILE");
    command
        ->add_option("-r,--retries", options->tries,
                     "Failed calls before the first work until giving up; 0: never give up")
        ->type_name("N");
    add_algorithm_options(*command, options->algorithm);
    add_device_options(*command, options->devices);
    add_run_options(*command, options->blocks, options->rate_every_s);
    command->callback([options, &global, &exit_code] { exit_code = run_mine(*options, global); });
}

}  // namespace adit::miner::app
