#include "node/app/commands.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "kernels/base/hex.hpp"
#include "kernels/base/interrupts.hpp"
#include "kernels/base/version.hpp"
#include "node/app/node_app.hpp"

namespace adit::node::app {
namespace {

constexpr int kInterrupted = 130;
constexpr std::chrono::milliseconds kSignalPoll{100};

/// Says on the console what the chain does; of old blocks one a second, while catching up.
class ChainNews : public chain::ChainListener {
public:
    void on_tip_changed(const chain::TipChange& change) override
    {
        const u32 undone = change.from->height.value - change.fork->height.value;
        if (undone > 0) fmt::print("left {} blocks for a better branch\n", undone);
        const bool old = clock_.unix_time() - change.to->time > kOld.count();
        if (old && clock_.now() - last_said_ < std::chrono::seconds(1)) return;
        last_said_ = clock_.now();
        fmt::print("height {}  {}\n", change.to->height.value,
                   to_hex_reversed(change.to->hash.bytes));
        std::fflush(stdout);
    }
    void on_reorg_refused(const chain::BlockNode& branch, u32 depth) override
    {
        fmt::print("WARNING: {}\n", text_of(chain::RefusedBranch{&branch, depth}));
        std::fflush(stdout);
    }

private:
    static constexpr std::chrono::seconds kOld = std::chrono::minutes(30);
    SystemClock clock_;
    TimePoint last_said_{};
};

int run_node(const NodeOptions& options)
{
    auto config = read_options(options);
    if (!config) return complain(config.error());
    const std::string warning = rpc_warning(*config);
    const Interrupts signals;
    auto started = NodeApp::start(std::move(*config), {.always_peers = true});
    if (!started) return complain(started.error());
    NodeApp& node = **started;

    ChainNews news;
    node.on_chain([&](chain::Chainstate& chain) { chain.add_listener(news); });
    const rpc::NodeAddress at = node.rpc_address();
    fmt::print("adit {} ({})  chain {} ({:.16})  height {}  RPC {}:{}  data {}\n", version(),
               commit(), node.spec().name, to_hex(chain_id(node.spec()).bytes),
               node.tip().block->height.value, at.host, at.port, node.folder().string());
    if (node.peer_port() != 0) fmt::print("taking peers at port {}\n", node.peer_port());
    if (!warning.empty()) fmt::print("{}\n", warning);
    if (!node.wallet_warning().empty()) fmt::print("{}\n", node.wallet_warning());
    if (!node.peer_warning().empty()) fmt::print("{}\n", node.peer_warning());
    if (!node.pool_warning().empty()) fmt::print("{}\n", node.pool_warning());
    std::fflush(stdout);

    int signal = 0;
    while (signal == 0 && !node.wait_for_end({})) signal = signals.wait(kSignalPoll);
    node.on_chain([&](chain::Chainstate& chain) { chain.remove_listener(news); });
    node.stop();
    if (const auto failure = node.failure()) return complain(*failure);
    return signal == SIGINT ? kInterrupted : 0;
}

}  // namespace

void add_node_command(CLI::App& program, int& exit_code)
{
    auto* command =
        program.add_subcommand("node", "Run a full node; Ctrl-C or `adit rpc stop` ends it");
    const auto options = std::make_shared<NodeOptions>();
    add_node_options(*command, *options);
    command->callback([options, &exit_code] { exit_code = run_node(*options); });
}

}  // namespace adit::node::app
