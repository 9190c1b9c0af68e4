#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <memory>
#include <mutex>

#include "kernels/base/interrupts.hpp"
#include "stratum/app/block_lines.hpp"
#include "stratum/app/commands.hpp"
#include "stratum/app/pool_config.hpp"
#include "stratum/net/template_source.hpp"

namespace adit::stratum::app {
namespace {

using namespace std::chrono_literals;
using Phase = SourceState::Phase;

constexpr std::chrono::milliseconds kLook{100};
constexpr Duration kDrainMax = 10s;
constexpr Duration kLastBlocks = 3s;

/// One line with the time before it, whole, from any thread.
void say(std::string_view text)
{
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    const std::time_t now = std::time(nullptr);
    fmt::print("{:%H:%M:%S}  {}\n", fmt::localtime(now), text);
    std::fflush(stdout);
}

/// What one node says: the first one's work goes to the pool, all verdicts to people and ledger.
class NodeListener final : public SourceListener {
public:
    NodeListener(std::string name, bool gives_work, BlockLines& lines)
        : name_(std::move(name)), gives_work_(gives_work), lines_(lines)
    {}

    void attach(net::PoolShell& pool) { pool_ = &pool; }

    void on_work(WorkPtr work) override
    {
        if (gives_work_) pool_->on_work(std::move(work));
    }
    void on_verdict(const ShareVerdict& verdict) override
    {
        lines_.ruled(verdict, name_);
        const bool accepted = verdict.outcome == ShareOutcome::accepted;
        if (gives_work_) pool_->on_block_verdict(verdict.share.hash, accepted, verdict.reason);
    }
    void on_state(const SourceState& state) override
    {
        const bool is_over = state.phase == Phase::hopeless || state.phase == Phase::gave_up;
        if (state.phase == Phase::working) {
            last_words_.clear();
            say(name_ + ": work comes");
        }
        // The source's words name the node; the last ones were mostly said while it still waited.
        if ((is_over || state.phase == Phase::waiting) &&
            std::exchange(last_words_, state.text) != state.text)
            say(state.text);
        if (!is_over) return;
        if (gives_work_) over_ = state.phase == Phase::hopeless ? 2 : 4;
    }
    /// An exit code once this node's state makes going on pointless; 0 before.
    int over() const { return over_; }

private:
    std::string name_;
    bool gives_work_;
    BlockLines& lines_;
    std::string last_words_;
    net::PoolShell* pool_ = nullptr;
    std::atomic<int> over_ = 0;
};

/// A node with its listener; the source ends before the listener.
struct Node {
    std::unique_ptr<NodeListener> listener;
    std::unique_ptr<net::TemplateSource> source;
};

void show_status(net::PoolShell& pool)
{
    const net::PoolView view = pool.view();
    double rate = 0;
    u64 accepted = 0;
    u64 refused = 0;
    for (const net::WorkerView& worker : view.workers) {
        if (worker.connections > 0) rate += worker.rate.rate_sol_s;
        for (std::size_t i = 0; i < worker.rulings.size(); ++i)
            (static_cast<Ruling>(i) == Ruling::accepted ? accepted : refused) += worker.rulings[i];
    }
    say(fmt::format("{} connections, {} workers, {:.1f} Sol/s, shares {} accepted {} refused{}",
                    view.connections, view.workers.size(), rate, accepted, refused,
                    view.height > 0 ? fmt::format(", height {}", view.height) : ", no work"));
    if (view.spread.miners > 0)
        say(fmt::format("  the newest work was written to {} miner{} in {:.2f} ms",
                        view.spread.miners, view.spread.miners == 1 ? "" : "s",
                        std::chrono::duration<double, std::milli>(view.spread.took).count()));
    std::size_t shown = 0;
    for (const net::WorkerView& worker : view.workers) {
        if (worker.connections == 0 || ++shown > 20) continue;
        const auto count = [&](Ruling r) { return worker.rulings[static_cast<std::size_t>(r)]; };
        say(fmt::format(
            "  {}  {:.1f} Sol/s ({:.1f} … {:.1f})  accepted {}  stale {}  low {}  "
            "invalid {}  blocks {}",
            worker.name, worker.rate.rate_sol_s, worker.rate.low_sol_s, worker.rate.high_sol_s,
            count(Ruling::accepted), count(Ruling::stale), count(Ruling::low_difficulty),
            count(Ruling::invalid_solution), worker.blocks));
    }
}

int wait_for_end(const Interrupts& signals, net::PoolShell& pool, const Node& first,
                 BlockLines& lines, Duration print_every)
{
    TimePoint next = std::chrono::steady_clock::now() + print_every;
    for (;;) {
        if (const int signal = signals.wait(kLook))
            return signal == SIGINT ? ExitCode::kInterrupted : ExitCode::kDone;
        if (const int code = first.listener->over()) return code;
        if (std::chrono::steady_clock::now() < next) continue;
        next += print_every;
        lines.flush();
        show_status(pool);
    }
}

int run_pool(const PoolCommandFlags& flags)
{
    const Interrupts signals;  // before any thread begins
    auto config = read_pool_config(flags);
    if (!config) return complain(ExitCode::kUsage, config.error().text);
    auto store = server::ShareStore::open(config->ledger_file, server::ShareStore::Mode::write);
    if (!store) return complain(ExitCode::kUsage, "share ledger " + store.error().detail);

    BlockLines lines([](const std::string& line) { say(line); });
    std::vector<Node> nodes;
    for (const net::NodeAddress& address : config->nodes) {
        Node node;
        node.listener = std::make_unique<NodeListener>(address.name(), nodes.empty(), lines);
        client::TemplateLimits limits;
        if (!nodes.empty()) limits.first_tries = 0;  // a second node may come and go
        node.source = std::make_unique<net::TemplateSource>(address, config->algorithm, limits);
        nodes.push_back(std::move(node));
    }
    config->shell.log = [](bool warning, const std::string& line) {
        say(warning ? "WARNING: " + line : line);
    };
    config->shell.on_block = [&nodes, &lines](const Share& block, const std::string& worker) {
        lines.found(block, worker);
        for (const Node& node : nodes) node.source->submit(block);
    };
    const std::vector<net::ListenAt> places = config->shell.listen;
    if (config->shell.tls)
        say("certificate " + net::fingerprint_text(config->shell.tls->fingerprint()) +
            " (for miners: --tls-fingerprint)");
    net::PoolShell pool(std::move(config->shell), std::move(*store));
    const auto ports = pool.start();
    if (!ports) return complain(ExitCode::kUsage, ports.error().text);
    for (std::size_t i = 0; i < places.size(); ++i)
        say(fmt::format("miners: stratum+{}://{}:{}", places[i].tls ? "ssl" : "tcp",
                        places[i].host.empty() ? "*" : places[i].host, (*ports)[i]));
    say("work from " + config->nodes.front().name() + ", ledger " + config->ledger_file);
    for (Node& node : nodes) {
        node.listener->attach(pool);
        node.source->start(*node.listener);
    }
    const int code = wait_for_end(signals, pool, nodes.front(), lines,
                                  std::chrono::seconds(flags.print_every_s));
    pool.stop(kDrainMax);
    for (Node& node : nodes) node.source->stop(kLastBlocks);
    lines.flush();
    say("every answered share is in the ledger; ended");
    return code;
}

}  // namespace

void add_pool_command(CLI::App& program, int& exit_code)
{
    auto* command =
        program.add_subcommand("pool", "Serve stratum to miners, for a node (getblocktemplate)");
    const auto flags = std::make_shared<PoolCommandFlags>();
    add_pool_flags(*command, *flags);
    add_shares_command(*command, exit_code);
    command->callback([command, flags, &exit_code] {
        if (command->get_subcommands().empty()) exit_code = run_pool(*flags);
    });
}

}  // namespace adit::stratum::app
