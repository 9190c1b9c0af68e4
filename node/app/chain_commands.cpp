#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

#include "kernels/base/interrupts.hpp"
#include "node/app/commands.hpp"
#include "node/app/data_folder.hpp"
#include "node/app/node_config.hpp"
#include "node/app/script_checks.hpp"
#include "node/app/team_solver.hpp"
#include "node/chain/audit.hpp"
#include "node/chain_tools/chain_tools.hpp"

namespace adit::node::app {
namespace {

constexpr int kInterrupted = 130;
constexpr std::chrono::milliseconds kSignalPoll{100};

struct NewOptions {
    std::string preset = "main";
    std::string name;
    std::string spec_file;
    std::string key_file;
    std::string message;
};

/// A line on standard error that grows older in place, on a terminal alone.
void show_progress(u64 nonces_done)
{
    if (isatty(STDERR_FILENO) == 0) return;
    fmt::print(stderr, "\rsolving the genesis: {} nonces tried ", nonces_done);
}

int run_new(const NewOptions& options)
{
    chain_tools::NewChainRequest request;
    request.preset = options.preset;
    request.name = options.name;
    request.spec_file = options.spec_file.empty() ? options.name + ".toml" : options.spec_file;
    request.key_file = options.key_file.empty() ? request.spec_file + ".keys" : options.key_file;
    request.message = options.message;
    request.now = SystemClock().unix_time();

    const Interrupts signals;
    const auto preset = consensus::find_draft(options.preset);
    if (!preset) return complain({AppError::kUsage, preset.error().text()});
    auto team =
        TeamSolver::on_cpu(preset->spec.params, preset->spec.personalization, show_progress);
    if (!team)
        return complain({AppError::kFailed, "no solver for this chain: " + team.error().detail});

    std::stop_source interrupted;
    const std::jthread watcher([&](std::stop_token done) {
        while (!done.stop_requested())
            if (signals.wait(kSignalPoll) != 0) interrupted.request_stop();
    });
    const auto made = make_chain(request, crypto::system_random(), **team, interrupted.get_token());
    if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\n");
    if (!made && interrupted.stop_requested()) return complain({kInterrupted, made.error().text});
    if (!made) return complain({AppError::kUsage, made.error().text});
    fmt::print("{}", made->report);
    return 0;
}

int run_check(const std::string& chain)
{
    const auto report = chain_tools::check_chain(chain);
    fmt::print(report.ok ? stdout : stderr, "{}", report.text);
    return report.ok ? 0 : AppError::kUsage;
}

int run_show(const std::string& chain, u32 height)
{
    const auto text = chain_tools::show_chain(chain, Height(height));
    if (!text) return complain({AppError::kUsage, text.error().text});
    fmt::print("{}", *text);
    return 0;
}

/// Blocks checked so far, in place, on a terminal alone; a tenth of a second between two.
class AuditProgress {
public:
    void operator()(u32 done, u32 of)
    {
        const auto now = SystemClock().now();
        if (isatty(STDERR_FILENO) == 0 || (done != of && now - said_ < kStep)) return;
        said_ = now;
        fmt::print(stderr, "\rchecking blocks: {} of {} ", done, of);
        if (done == of) fmt::print(stderr, "\n");
    }

private:
    static constexpr std::chrono::milliseconds kStep{100};
    TimePoint said_{};
};

int run_verify(const NodeOptions& options)
{
    const auto spec = read_chain(options);
    if (!spec) return complain(spec.error());
    const auto place = chain_folder(options, *spec);
    if (!std::filesystem::exists(place / "chain"))
        return complain({AppError::kNothingThere, "no chain is stored in " + place.string()});
    const auto folder = DataFolder::open(place);
    if (!folder) return complain(folder.error());
    chain::StoreConfig config;
    config.folder = folder->store();
    config.chain_id = chain_id(*spec);
    config.chain_name = spec->name;
    if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "checking files …\n");
    const auto store = chain::inspect_store(config);
    if (!store) return complain({AppError::kFailed, store.error().text});

    const Interrupts signals;
    std::stop_source interrupted;
    const std::jthread watcher([&](std::stop_token done) {
        while (!done.stop_requested())
            if (signals.wait(kSignalPoll) != 0) interrupted.request_stop();
    });
    script::SpendTeam team(script::SpendTeam::helpers_for_this_machine());
    chain::AuditOptions audit;
    audit.script_batch_check = consensus_script_checks(team, nullptr);
    audit.now = SystemClock().unix_time();
    audit.progress = AuditProgress();
    const auto report = chain::audit(*spec, **store, audit, interrupted.get_token());
    if (report) {
        fmt::print("OK: {} blocks, {} transactions, {} scripts, {} coins unspent of {} issued\n",
                   report->height, report->transactions, report->inputs,
                   format_amount(report->supply.unspent), format_amount(report->supply.issued));
        return 0;
    }
    if (interrupted.stop_requested()) return complain({kInterrupted, report.error().text});
    if (!report.error().height) return complain({AppError::kFailed, report.error().text});
    return complain(
        {AppError::kFailed,
         fmt::format("block at height {}: {}", report.error().height->value, report.error().text)});
}

}  // namespace

void add_chain_commands(CLI::App& program, int& exit_code)
{
    auto* chain = program.add_subcommand("chain", "Make, check, show and verify chains");
    chain->require_subcommand(1);

    auto* make = chain->add_subcommand("new", "A chain of your own: keys, a genesis, a spec file");
    const auto wish = std::make_shared<NewOptions>();
    make->add_option("--preset", wish->preset, "main, test, regtest, local or a spec file")
        ->capture_default_str();
    make->add_option("--name", wish->name, "letters, digits, - and _")->required();
    make->add_option("-o,--out", wish->spec_file, "spec file to write (default: NAME.toml)");
    make->add_option("--keys", wish->key_file, "key file to write (default: SPEC.keys)");
    make->add_option("--message", wish->message, "text in the genesis coinbase");
    make->callback([wish, &exit_code] { exit_code = run_new(*wish); });

    auto* check = chain->add_subcommand("check", "Say whether a spec file is a chain");
    const auto checked = std::make_shared<std::string>();
    check->add_option("chain", *checked, "a name or a spec file")->required();
    check->callback([checked, &exit_code] { exit_code = run_check(*checked); });

    auto* verify = chain->add_subcommand("verify", "Check the stored chain from its first block");
    const auto stored = std::make_shared<NodeOptions>();
    add_chain_options(*verify, *stored);
    verify->callback([stored, &exit_code] { exit_code = run_verify(*stored); });

    auto* show = chain->add_subcommand("show", "Show a chain's id, fields and split");
    const auto shown = std::make_shared<std::pair<std::string, u32>>("local", 1);
    show->add_option("chain,--chain", shown->first, "a name or a spec file")->capture_default_str();
    show->add_option("--height", shown->second, "the block whose split is shown")
        ->capture_default_str();
    show->callback([shown, &exit_code] { exit_code = run_show(shown->first, shown->second); });
}

}  // namespace adit::node::app
