#include <array>
#include <cstdio>

#include "kernels/base/hex.hpp"
#include "node/consensus/spec_file.hpp"

namespace adit::node::consensus {
namespace {

constexpr std::size_t kHexDigitsPerLine = 96;

/// A TOML basic string. Control characters and what TOML reserves are escaped.
std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<u8>(c) < 0x20 || c == 0x7f) {
            std::array<char, 8> escape;
            std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<u8>(c));
            out += escape.data();
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string bits_hex(u32 bits)
{
    u8 bytes[4];
    store_be<u32>(bytes, bits);
    return to_hex(bytes);
}

/// Collects lines; values come as TOML writes them.
class Page {
public:
    void section(const std::string& name) { out_ += "\n[" + name + "]\n"; }
    void entry_of(const std::string& list) { out_ += "\n[[" + list + "]]\n"; }
    void number(const char* key, i64 value) { line(key, std::to_string(value)); }
    void flag(const char* key, bool value) { line(key, value ? "true" : "false"); }
    void text(const char* key, std::string_view value) { line(key, quoted(value)); }
    void texts(const char* key, const std::vector<std::string>& values)
    {
        std::string list;
        for (const std::string& value : values) list += (list.empty() ? "" : ", ") + quoted(value);
        line(key, "[" + list + "]");
    }
    void long_hex(const char* key, ByteView bytes)
    {
        const std::string digits = to_hex(bytes);
        std::string lines = "\"\"\"\n";
        for (std::size_t at = 0; at < digits.size(); at += kHexDigitsPerLine)
            lines += digits.substr(at, kHexDigitsPerLine) + "\n";
        line(key, lines + "\"\"\"");
    }
    std::string take() { return std::move(out_); }

private:
    void line(const char* key, const std::string& value)
    {
        out_ += key;
        out_ += " = " + value + "\n";
    }

    std::string out_;
};

void write_rules(const ChainSpec& spec, Page& page)
{
    page.section("proof_of_work");
    page.number("n", spec.params.n);
    page.number("k", spec.params.k);
    page.text("personalization", spec.personalization.text());

    page.section("difficulty");
    page.text("limit", spec.difficulty.limit.to_hex());
    page.text("limit_bits", bits_hex(spec.difficulty.limit_bits));
    page.flag("retarget", spec.difficulty.retarget);
    page.number("spacing_s", spec.difficulty.spacing_s);
    page.number("window", spec.difficulty.window);
    page.number("damping", spec.difficulty.damping);
    page.number("adjust_up_percent", spec.difficulty.adjust_up_percent);
    page.number("adjust_down_percent", spec.difficulty.adjust_down_percent);
    page.number("minimum_difficulty_after_s", spec.difficulty.minimum_difficulty_after_s);

    page.section("time");
    page.number("median_span", spec.time.median_span);
    page.number("ahead_of_median_max_s", spec.time.ahead_of_median_max_s);
    page.number("ahead_of_median_from", spec.time.ahead_of_median_from);
    page.number("ahead_of_clock_max_s", spec.time.ahead_of_clock_max_s);

    page.section("blocks");
    page.number("header_version_min", spec.header_version_min);
    page.number("template_version", spec.template_version);
    page.number("block_bytes_max", spec.size.block_bytes_max);
    page.number("transaction_bytes_max", spec.size.transaction_bytes_max);
    page.number("block_sigops_max", spec.size.block_sigops_max);
    page.number("coinbase_maturity", spec.coinbase_maturity);

    page.section("subsidy");
    page.number("initial", spec.subsidy.initial);
    page.number("halving_interval", spec.subsidy.halving_interval);
    page.number("slow_start", spec.subsidy.slow_start);
    page.number("money_max", spec.money_max);
    if (spec.payees_share_outputs) page.flag("payees_share_outputs", true);
}

void write_rewards(const ChainSpec& spec, Page& page)
{
    for (const RewardEra& era : spec.reward_eras) {
        page.entry_of("reward");
        page.number("from", era.from);
        for (const Payee& payee : era.payees) {
            page.entry_of("reward.payees");
            page.text("role", to_string(payee.role));
            page.text("kind", "address");
            page.number("share_bp", payee.share_bp);
            page.texts("addresses", payee.addresses);
            if (payee.rotation_interval == 0) continue;
            page.number("rotation_interval", payee.rotation_interval);
            page.number("rotation_from", payee.rotation_from);
        }
    }
}

void write_network(const ChainSpec& spec, Page& page)
{
    page.section("addresses");
    page.text("pubkey_hash", to_hex(spec.prefixes.pubkey_hash));
    page.text("script_hash", to_hex(spec.prefixes.script_hash));
    page.text("secret_key", to_hex(ByteView(&spec.prefixes.secret_key, 1)));

    page.section("network");
    page.text("magic", to_hex(spec.magic));
    page.number("p2p_port", spec.p2p_port);
    page.number("rpc_port", spec.rpc_port);
    page.number("max_reorg", spec.max_reorg);
    if (!spec.minimum_chain_work.is_zero())
        page.text("minimum_chain_work", spec.minimum_chain_work.to_hex());
    page.flag("foreign_peers", spec.foreign_peers);
    page.texts("seeds", spec.seeds);

    for (const auto& [height, hash] : spec.checkpoints) {
        page.entry_of("checkpoints");
        page.number("height", height);
        page.text("hash", to_hex_reversed(hash.bytes));
    }
    for (const Upgrade& upgrade : spec.upgrades) {
        page.entry_of("upgrades");
        page.text("name", upgrade.name);
        page.number("from", upgrade.from);
        page.number("header_version_min", upgrade.header_version_min);
    }
}

}  // namespace

std::string to_toml(const ChainSpec& spec)
{
    Page page;
    page.text("name", spec.name);
    page.text("description", spec.description);
    page.flag("published_keys", spec.published_keys);
    write_rules(spec, page);
    write_rewards(spec, page);
    write_network(spec, page);
    if (!spec.genesis.transactions.empty()) {
        page.section("genesis");
        page.text("hash", to_hex_reversed(hash_of(spec.genesis.header).bytes));
        page.long_hex("block", to_bytes(spec.genesis));
    }
    return page.take();
}

}  // namespace adit::node::consensus
