#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "kernels/base/version.hpp"
#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"
#include "miner/app/mining_run.hpp"
#include "node/app/node_app.hpp"
#include "stratum/net/template_source.hpp"

namespace adit::miner::app {
namespace {

using node::app::NodeApp;

struct SoloOptions {
    node::app::NodeOptions node;
    u64 blocks = 0;
    u32 rate_every_s = 10;
    DeviceOptions devices;
};

/// The own node is reached like any other: over its RPC, with its cookie.
stratum::net::NodeAddress address_of(const NodeApp& node)
{
    stratum::net::NodeAddress address;
    const auto at = node.rpc_address();
    // What listens on every address answers on loopback.
    address.host = at.host == "0.0.0.0" ? "127.0.0.1" : at.host == "::" ? "::1" : at.host;
    address.port = at.port;
    address.cookie_file = (node.folder() / node::rpc::kCookieFile).string();
    return address;
}

void introduce(Console& console, const NodeApp& node, const std::vector<Device>& devices)
{
    const auto& spec = node.spec();
    console.say(fmt::format("adit {} ({}), solo on chain {} at height {}", version(), commit(),
                            spec.name, node.tip().block->height.value));
    console.say("data in " + node.folder().string());
    if (node.key()) {
        if (node.key()->made_now)
            console.say(node.key()->notice());
        else
            console.say("mining to " + node.key()->address);
    }
    if (node.wallet_address())
        console.say("mining to the wallet, address " + *node.wallet_address());
    if (!node.wallet_warning().empty()) console.say(node.wallet_warning());
    if (spec.published_keys)
        console.say("this chain's role addresses have published keys: their coins are anybody's");
    for (const Device& device : devices)
        console.say(fmt::format("device {}  {}  Equihash {}", device.info.id, device.info.name,
                                equihash::to_string(spec.params)));
}

/// What the node's chain does beside our own blocks, when somebody should know.
class ChainWarnings : public node::chain::ChainListener {
public:
    explicit ChainWarnings(Console& console) : console_(console) {}
    void on_reorg_refused(const node::chain::BlockNode& branch, u32 depth) override
    {
        console_.warn("WARNING: " + text_of(node::chain::RefusedBranch{&branch, depth}));
    }

private:
    Console& console_;
};

int run_solo(const SoloOptions& options, const GlobalOptions& global)
{
    auto config = node::app::read_options(options.node);
    if (!config) return complain(config.error().exit_code, config.error().text);
    const auto devices = devices_for(options.devices);
    if (!devices) return complain(ExitCode::kUsage, devices.error().text);
    const stratum::AlgorithmChoice algorithm{config->spec.params, config->spec.personalization};

    const Interrupts interrupts;
    const SystemClock clock;
    auto started = NodeApp::start(std::move(*config), {.make_key = true});
    if (!started) return complain(started.error().exit_code, started.error().text);
    NodeApp& node = **started;
    Console console(stdout, !global.no_color);
    introduce(console, node, *devices);
    ChainWarnings warnings(console);
    node.on_chain([&](node::chain::Chainstate& chain) { chain.add_listener(warnings); });

    stratum::client::TemplateLimits limits;
    limits.refresh_every = std::chrono::seconds(15);
    stratum::net::TemplateSource source(address_of(node), algorithm, limits);
    RunSettings settings;
    settings.blocks_wanted = options.blocks;
    settings.rate_every = std::chrono::seconds(options.rate_every_s);
    settings.on_rate = [&](double sol_s) { node.set_local_rate(sol_s); };
    settings.also_ends = [&]() -> std::optional<int> {
        if (!node.wait_for_end(std::chrono::milliseconds(0))) return std::nullopt;
        return node.failure() ? node.failure()->exit_code : ExitCode::kDone;
    };
    MiningRun run(source, workers_for(*devices, options.devices, algorithm.params), console, clock,
                  settings);
    const int code = run.run(interrupts);
    node.on_chain([&](node::chain::Chainstate& chain) { chain.remove_listener(warnings); });
    node.stop();
    if (const auto failure = node.failure()) return complain(failure->exit_code, failure->text);
    if (code != ExitCode::kDone && code != ExitCode::kInterrupted)
        complain(code, run.why_it_ended());
    return code;
}

}  // namespace

void add_solo_command(CLI::App& program, const GlobalOptions& global, int& exit_code)
{
    auto* command =
        program.add_subcommand("solo", "Mine on a node of your own, started inside this program");
    const auto options = std::make_shared<SoloOptions>();
    node::app::add_node_options(*command, options->node);
    add_device_options(*command, options->devices);
    add_run_options(*command, options->blocks, options->rate_every_s);
    command->callback([options, &global, &exit_code] { exit_code = run_solo(*options, global); });
}

}  // namespace adit::miner::app
