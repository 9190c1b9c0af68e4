#include "node/consensus/spec.hpp"

#include "kernels/base/hex.hpp"
#include "kernels/hash/blake2b.hpp"

namespace adit::node::consensus {
namespace {

/// Key=value lines; the map sorts them.
using Lines = std::map<std::string, std::string>;

template <class Number>
std::string decimal(Number number)
{
    return std::to_string(static_cast<i64>(number));
}

std::string bits_hex(u32 bits)
{
    u8 bytes[4];
    store_be<u32>(bytes, bits);
    return to_hex(bytes);
}

void add_proof_of_work(const ChainSpec& spec, Lines& lines)
{
    lines["proof_of_work.n"] = decimal(spec.params.n);
    lines["proof_of_work.k"] = decimal(spec.params.k);
    lines["proof_of_work.twist"] = decimal(spec.params.twist);
    lines["proof_of_work.personalization"] = to_hex(as_bytes(spec.personalization.text()));
}

void add_difficulty(const DifficultyRule& rule, Lines& lines)
{
    lines["difficulty.limit"] = rule.limit.to_hex();
    lines["difficulty.limit_bits"] = bits_hex(rule.limit_bits);
    lines["difficulty.retarget"] = decimal(rule.retarget);
    lines["difficulty.spacing_s"] = decimal(rule.spacing_s);
    lines["difficulty.window"] = decimal(rule.window);
    lines["difficulty.damping"] = decimal(rule.damping);
    lines["difficulty.adjust_up_percent"] = decimal(rule.adjust_up_percent);
    lines["difficulty.adjust_down_percent"] = decimal(rule.adjust_down_percent);
    lines["difficulty.minimum_difficulty_after_s"] = decimal(rule.minimum_difficulty_after_s);
}

void add_time(const TimeRule& rule, Lines& lines)
{
    lines["time.median_span"] = decimal(rule.median_span);
    lines["time.ahead_of_median_max_s"] = decimal(rule.ahead_of_median_max_s);
    lines["time.ahead_of_median_from"] = decimal(rule.ahead_of_median_from);
    lines["time.ahead_of_clock_max_s"] = decimal(rule.ahead_of_clock_max_s);
}

void add_blocks(const ChainSpec& spec, Lines& lines)
{
    lines["blocks.header_version_min"] = decimal(spec.header_version_min);
    lines["blocks.block_bytes_max"] = decimal(spec.size.block_bytes_max);
    lines["blocks.transaction_bytes_max"] = decimal(spec.size.transaction_bytes_max);
    lines["blocks.block_sigops_max"] = decimal(spec.size.block_sigops_max);
    lines["blocks.coinbase_maturity"] = decimal(spec.coinbase_maturity);
}

void add_money(const ChainSpec& spec, Lines& lines)
{
    lines["subsidy.initial"] = decimal(spec.subsidy.initial);
    lines["subsidy.halving_interval"] = decimal(spec.subsidy.halving_interval);
    lines["subsidy.slow_start"] = decimal(spec.subsidy.slow_start);
    lines["subsidy.money_max"] = decimal(spec.money_max);
}

std::string_view to_string(PayeeKind kind)
{
    switch (kind) {
        case PayeeKind::address: break;
    }
    return "address";
}

void add_rewards(const ChainSpec& spec, Lines& lines)
{
    lines["subsidy.payees_share_outputs"] = decimal(spec.payees_share_outputs);
    for (const RewardEra& era : spec.reward_eras) {
        const std::string at = "reward." + decimal(era.from);
        lines[at] = "";  // an era without payees is a fact too: all to the miner
        for (const Payee& payee : era.payees) {
            const std::string key = at + "." + std::string(to_string(payee.role)) + ".";
            std::string scripts;
            for (const Script& script : payee.scripts)
                scripts += (scripts.empty() ? "" : ",") + to_hex(script);
            lines[key + "kind"] = to_string(payee.kind);
            lines[key + "share_bp"] = decimal(payee.share_bp);
            lines[key + "scripts"] = scripts;
            lines[key + "rotation_interval"] = decimal(payee.rotation_interval);
            lines[key + "rotation_from"] = decimal(payee.rotation_from);
        }
    }
}

}  // namespace

std::string_view to_string(Role role)
{
    switch (role) {
        case Role::treasury: return "treasury";
        case Role::secure_nodes: return "secure_nodes";
        case Role::super_nodes: break;
    }
    return "super_nodes";
}

std::string canonical_text(const ChainSpec& spec)
{
    Lines lines;
    lines["genesis.hash"] = to_hex_reversed(hash_of(spec.genesis.header).bytes);
    add_proof_of_work(spec, lines);
    add_difficulty(spec.difficulty, lines);
    add_time(spec.time, lines);
    add_blocks(spec, lines);
    add_money(spec, lines);
    add_rewards(spec, lines);
    std::string text;
    for (const auto& [key, value] : lines) text.append(key).append("=").append(value).append("\n");
    return text;
}

Hash256 chain_id(const ChainSpec& spec)
{
    Hash256 id;
    hash::blake2b({}, as_bytes(canonical_text(spec)), id.bytes);
    return id;
}

}  // namespace adit::node::consensus
