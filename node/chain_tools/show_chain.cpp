#include <fmt/chrono.h>
#include <fmt/format.h>

#include "kernels/base/hex.hpp"
#include "node/chain_tools/chain_tools.hpp"
#include "node/chain_tools/live_chains.hpp"
#include "node/consensus/check_header.hpp"
#include "node/consensus/subsidy.hpp"

namespace adit::node::chain_tools {
namespace {

using consensus::ChainSpec;

bool has_genesis(const ChainSpec& spec) { return !spec.genesis.transactions.empty(); }

std::string genesis_line(const ChainSpec& spec)
{
    const BlockHeader& header = spec.genesis.header;
    return fmt::format("{} of {:%F %H:%M:%S} UTC", to_hex_reversed(hash_of(header).bytes),
                       fmt::gmtime(static_cast<std::time_t>(header.time)));
}

std::string outside_the_id(const ChainSpec& spec)
{
    const auto& prefixes = spec.prefixes;
    std::string text = fmt::format(
        "name                              {}\n"
        "published_keys                    {}\n"
        "blocks.template_version           {}\n"
        "addresses.pubkey_hash             {} ({}…)\n"
        "addresses.script_hash             {} ({}…)\n"
        "network.magic                     {}\n"
        "network.p2p_port                  {}\n"
        "network.rpc_port                  {}\n"
        "network.max_reorg                 {}\n"
        "network.minimum_chain_work        {}\n"
        "network.foreign_peers             {}\n",
        spec.name, spec.published_keys, spec.template_version, to_hex(prefixes.pubkey_hash),
        to_text({Address::Kind::pubkey_hash, {}}, prefixes).substr(0, 2),
        to_hex(prefixes.script_hash),
        to_text({Address::Kind::script_hash, {}}, prefixes).substr(0, 2), to_hex(spec.magic),
        spec.p2p_port, spec.rpc_port, spec.max_reorg, spec.minimum_chain_work.to_hex(),
        spec.foreign_peers);
    for (const std::string& seed : spec.seeds)
        text += fmt::format("network.seeds{:>21}{}\n", "", seed);
    for (const auto& [height, hash] : spec.checkpoints)
        text += fmt::format("checkpoint {:<22} {}\n", height, to_hex_reversed(hash.bytes));
    for (const auto& upgrade : spec.upgrades)
        text += fmt::format("upgrade {:<25} from {}: header version at least {}\n", upgrade.name,
                            upgrade.from, upgrade.header_version_min);
    return text;
}

/// "key=value" lines as two columns.
std::string columns(std::string_view lines, bool with_genesis)
{
    std::string text;
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(end + 1);
        if (!with_genesis && line.starts_with("genesis.")) continue;
        const auto equals = line.find('=');
        const std::string_view value = line.substr(equals + 1);
        text += fmt::format("{:<33} {}\n", line.substr(0, equals),
                            value.empty() ? std::string_view("-") : value);
    }
    return text;
}

std::string split_line(std::string_view role, Amount amount, Amount subsidy,
                       std::string_view address)
{
    const double percent =
        subsidy == 0 ? 0 : 100.0 * static_cast<double>(amount) / static_cast<double>(subsidy);
    return fmt::format("  {:<13} {:>14} {:>6.2f} %  {}\n", role, format_amount(amount), percent,
                       address);
}

std::string split_at(const ChainSpec& spec, Height height)
{
    const consensus::RewardPlan plan = consensus::reward_plan(spec, height);
    std::string text =
        fmt::format("subsidy at height {}: {}\n", height.value, format_amount(plan.subsidy));
    text += split_line("miner", plan.miner, plan.subsidy, "(and the fees)");
    for (const auto& payee : plan.required)
        text += split_line(to_string(payee.role), payee.amount, plan.subsidy, payee.address);
    return text;
}

}  // namespace

std::string id_text(const ChainSpec& spec) { return to_hex(consensus::chain_id(spec).bytes); }

CheckReport check_chain(std::string_view name_or_path)
{
    const auto spec = consensus::find_spec(name_or_path);
    if (!spec) return {false, spec.error().text() + "\n"};
    std::string text = fmt::format("OK: {} is a chain, id {}\n", spec->name, id_text(*spec));
    const auto note = [&](std::string_view words) { text += fmt::format("note: {}\n", words); };
    if (const auto verdict = consensus::check_header(*spec, spec->genesis.header); !verdict)
        note(
            fmt::format("the genesis does not satisfy the chain's own rules ({}); it is taken as "
                        "given",
                        consensus::reject_word(verdict.error())));
    if (spec->published_keys) note("the role keys are published: coins paid to them are anybody's");
    if (spec->payees_share_outputs)
        note("one output may serve several payees: zend's rule, not ours");
    if (const auto user = chain_with_magic(spec->magic); user && !user->starts_with("adit"))
        note(fmt::format("its magic is that of {}", *user));
    for (const auto& prefix : {spec->prefixes.pubkey_hash, spec->prefixes.script_hash})
        if (const auto user = live_chain_with_prefix(prefix))
            note(fmt::format("its address prefix {} is that of {}", to_hex(prefix), *user));
    return {true, text};
}

Result<std::string, ToolError> show_chain(std::string_view name_or_path, Height height)
{
    const auto draft = consensus::find_draft(name_or_path);
    if (!draft) return ToolError{draft.error().text()};
    const ChainSpec& spec = draft->spec;
    std::string text = fmt::format("{}: {}\n\n", spec.name, spec.description);
    for (const std::string& lack : draft->missing) text += fmt::format("missing: {}\n", lack);
    if (draft->missing.empty()) text += fmt::format("id      {}\n", id_text(spec));
    if (has_genesis(spec)) text += fmt::format("genesis {}\n", genesis_line(spec));
    text += "\nWhat the id is made of\n\n" +
            columns(consensus::canonical_text(spec), has_genesis(spec));
    text += "\nWhat lies outside the id\n\n" + outside_the_id(spec);
    // A template's payees have no scripts to be paid by yet.
    if (draft->missing.empty()) text += "\n" + split_at(spec, height);
    return {boost::system::in_place_value, std::move(text)};
}

}  // namespace adit::node::chain_tools
