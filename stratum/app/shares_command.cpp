#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <numeric>

#include "kernels/base/hex.hpp"
#include "kernels/base/json.hpp"
#include "stratum/app/commands.hpp"
#include "stratum/app/pool_config.hpp"

namespace adit::stratum::app {
namespace {

constexpr double kCoin = 1e8;
constexpr std::size_t kBlocksShown = 20;
constexpr std::size_t kBlocksSearched = 1'000'000;

struct SharesFlags {
    std::string ledger;
    u64 pplns = 0;
    std::optional<u32> round;
    double amount = 0;
    bool json = false;
};

std::string amount_text(i64 amount)
{
    return fmt::format("{}.{:08}", amount / 100'000'000, amount % 100'000'000);
}

std::string time_text(i64 unix_ms)
{
    return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                       fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)));
}

/// What is shown: a split of an amount over workers, and how it came about.
struct View {
    std::string title;
    std::vector<server::Credit> credits;
    i64 amount = 0;
};

Result<View, server::StoreError> make_view(server::ShareStore& store, const SharesFlags& flags,
                                           const std::vector<server::FoundBlock>& blocks)
{
    View view;
    view.amount = static_cast<i64>(std::llround(flags.amount * kCoin));
    if (flags.amount == 0)
        for (const server::FoundBlock& block : blocks)
            if (block.state == "accepted" && (!flags.round || block.height == *flags.round)) {
                view.amount = block.reward;
                break;
            }
    if (flags.pplns > 0) {
        ADIT_TRY(const auto shares, store.newest_shares(flags.pplns));
        view.title = fmt::format("PPLNS, the last {} solutions", flags.pplns);
        view.credits = server::pplns(shares, flags.pplns, view.amount);
    } else {
        ADIT_TRY(const auto shares, store.round(flags.round));
        view.title = flags.round ? fmt::format("proportional, round of block {}", *flags.round)
                                 : std::string("proportional, the present round");
        view.credits = server::proportional(shares, view.amount);
    }
    return view;
}

json::object as_json(const View& view, const std::vector<server::FoundBlock>& blocks)
{
    json::object out;
    out["view"] = view.title;
    out["amount"] = json::decimal(amount_text(view.amount));
    json::array workers;
    for (const server::Credit& credit : view.credits) {
        json::object worker;
        worker["worker"] = credit.worker;
        worker["shares"] = credit.shares;
        worker["solutions"] = credit.weight;
        worker["amount"] = json::decimal(amount_text(credit.amount));
        workers.push_back(std::move(worker));
    }
    out["workers"] = std::move(workers);
    json::array found;
    for (const server::FoundBlock& block : blocks) {
        json::object one;
        one["hash"] = to_hex_reversed(block.hash.bytes);
        one["height"] = block.height;
        one["worker"] = block.worker;
        one["time_ms"] = block.at_unix_ms;
        one["reward"] = json::decimal(amount_text(block.reward));
        one["state"] = block.state;
        one["reason"] = block.reason;
        found.push_back(std::move(one));
    }
    out["blocks"] = std::move(found);
    return out;
}

void print(const View& view, const std::vector<server::FoundBlock>& blocks, u64 refused)
{
    const u64 total =
        std::accumulate(view.credits.begin(), view.credits.end(), u64{0},
                        [](u64 sum, const server::Credit& credit) { return sum + credit.weight; });
    fmt::print("{}: {} coins over {} solutions\n", view.title, amount_text(view.amount), total);
    fmt::print("  {:<48} {:>10} {:>14} {:>8} {:>18}\n", "worker", "shares", "solutions", "part",
               "amount");
    for (const server::Credit& credit : view.credits)
        fmt::print("  {:<48} {:>10} {:>14} {:>7.2f}% {:>18}\n", credit.worker, credit.shares,
                   credit.weight,
                   100.0 * static_cast<double>(credit.weight) / static_cast<double>(total),
                   amount_text(credit.amount));
    if (!blocks.empty()) fmt::print("blocks, newest first\n");
    for (const server::FoundBlock& block : blocks)
        fmt::print("  {:>8}  {:.16}…  {}  {:<9} {}{}\n", block.height,
                   to_hex_reversed(block.hash.bytes), time_text(block.at_unix_ms), block.state,
                   block.worker, block.reason.empty() ? "" : "  " + block.reason);
    if (refused > 0) fmt::print("  {} more came too late, or were refused\n", refused);
}

int run_shares(const SharesFlags& flags)
{
    const std::string file = flags.ledger.empty() ? default_ledger_file() : flags.ledger;
    auto store = server::ShareStore::open(file, server::ShareStore::Mode::read);
    if (!store) return complain(ExitCode::kNothingThere, "share ledger " + store.error().detail);
    auto blocks = store->blocks(flags.round ? kBlocksSearched : kBlocksShown);
    if (!blocks) return complain(ExitCode::kFailed, blocks.error().detail);
    const auto refused = store->blocks_refused();
    if (!refused) return complain(ExitCode::kFailed, refused.error().detail);
    const auto view = make_view(*store, flags, *blocks);
    if (!view) return complain(ExitCode::kFailed, view.error().detail);
    if (blocks->size() > kBlocksShown) blocks->resize(kBlocksShown);
    if (flags.json)
        fmt::print("{}\n", json::to_pretty_text(as_json(*view, *blocks)));
    else
        print(*view, *blocks, *refused);
    return ExitCode::kDone;
}

}  // namespace

void add_shares_command(CLI::App& pool, int& exit_code)
{
    auto* command = pool.add_subcommand(
        "shares", "Who has earned what: proportional over a round, or PPLNS; and the blocks found");
    const auto flags = std::make_shared<SharesFlags>();
    command->add_option("--ledger", flags->ledger, "The share ledger's file")->type_name("FILE");
    command->add_option("--pplns", flags->pplns, "Over the last so many solutions")
        ->type_name("SOLUTIONS");
    command
        ->add_option("--round", flags->round, "The round that block ended (default: the present)")
        ->type_name("HEIGHT");
    command
        ->add_option("--amount", flags->amount, "Coins to split (default: the last block's reward)")
        ->check(CLI::NonNegativeNumber)
        ->type_name("COINS");
    command->add_flag("--json", flags->json, "As JSON");
    command->callback([flags, &exit_code] { exit_code = run_shares(*flags); });
}

}  // namespace adit::stratum::app
