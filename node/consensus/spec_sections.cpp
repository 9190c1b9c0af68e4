#include <algorithm>

#include "kernels/base/compact.hpp"
#include "kernels/base/hex.hpp"
#include "node/consensus/spec_fields.hpp"
#include "node/consensus/subsidy.hpp"
#include "node/script/templates.hpp"

/// A spec file's sections, one function each: what a field may be, and how fields bear on each
/// other.
namespace adit::node::consensus {
namespace {

constexpr i64 kU32Max = 0xffffffff;
constexpr i64 kMoneyLimit = i64{1} << 62;    // two sums of it still fit an Amount
constexpr i64 kBlockBytesLimit = 2'000'000;  // a block is one message of the peers' wire
constexpr std::size_t kNameBytesMax = 32;
constexpr std::size_t kTextBytesMax = 200;
constexpr std::size_t kAddressesMax = 1000;  // of one payee
constexpr std::size_t kSeedsMax = 64;
constexpr std::size_t kSeedBytesMax = 253;  // a host name
constexpr Role kRoles[] = {Role::treasury, Role::secure_nodes, Role::super_nodes};

bool is_name(std::string_view text)
{
    return !text.empty() && text[0] != '-' && text.size() <= kNameBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

void read_identity(SpecFields& root, ChainSpec& spec)
{
    spec.name = root.text("name", kTextBytesMax);
    if (!is_name(spec.name))
        root.fail("name", "must be 1 … 32 letters, digits, - or _, and begin with no -");
    spec.description = root.text("description", kTextBytesMax);
    spec.published_keys = root.flag("published_keys");
}

void read_proof_of_work(SpecFields fields, ChainSpec& spec)
{
    const u32 n = fields.integer<u32>("n", 0, kU32Max);
    const u32 k = fields.integer<u32>("k", 0, kU32Max);
    if (const auto params = equihash::find_params(n, k)) {
        spec.params = *params;
    } else {
        fields.fail("n", "no such Equihash (n,k); known are " + equihash::known_params_text());
    }
    const auto tag =
        equihash::Personalization::from_text(fields.text("personalization", kTextBytesMax));
    if (!tag) fields.fail("personalization", "must be exactly 8 bytes");
    spec.personalization = tag.value_or(equihash::Personalization{});
}

void read_difficulty(SpecFields fields, DifficultyRule& rule)
{
    const std::string limit = fields.text("limit", kTextBytesMax);
    if (const auto target = U256::from_hex(limit); target && !target->is_zero())
        rule.limit = *target;
    else
        fields.fail("limit", "must be 64 hex digits, the largest first, and not zero");
    rule.limit_bits = load_be<u32>(fields.hex("limit_bits", 4).data());
    if (rule.limit_bits != encode_compact(rule.limit))
        fields.fail("limit_bits", "is not the compact form of `limit`");
    rule.retarget = fields.flag("retarget");
    rule.spacing_s = fields.integer<u32>("spacing_s", 1, 86'400);
    rule.window = fields.integer<u32>("window", 1, 1000);
    rule.damping = fields.integer<u32>("damping", 1, 100);
    rule.adjust_up_percent = fields.integer<u32>("adjust_up_percent", 0, 99);
    rule.adjust_down_percent = fields.integer<u32>("adjust_down_percent", 0, 1000);
    rule.minimum_difficulty_after_s =
        fields.integer<u32>("minimum_difficulty_after_s", 0, 7 * 86'400);
    if (!rule.retarget && rule.minimum_difficulty_after_s != 0)
        fields.fail("minimum_difficulty_after_s", "must be 0 where `retarget` is false");
    if (rule.limit > ~U256{} / rule.window)
        fields.fail("window", "times `limit` must be below 2^256");
}

void read_time(SpecFields fields, TimeRule& rule)
{
    rule.median_span = fields.integer<u32>("median_span", 1, 101);
    rule.ahead_of_median_max_s = fields.integer<u32>("ahead_of_median_max_s", 0, kU32Max);
    rule.ahead_of_median_from = fields.integer<u32>("ahead_of_median_from", 1, kU32Max);
    rule.ahead_of_clock_max_s = fields.integer<u32>("ahead_of_clock_max_s", 1, 86'400);
}

void read_blocks(SpecFields fields, ChainSpec& spec)
{
    spec.header_version_min = fields.integer<i32>("header_version_min", 1, 0x7fffffff);
    spec.template_version = fields.integer<i32>("template_version", 1, 0x7fffffff);
    if (spec.template_version < spec.header_version_min)
        fields.fail("template_version", "is below `header_version_min`");
    SizeRule& size = spec.size;
    size.block_bytes_max = fields.integer<u32>("block_bytes_max", 10'000, kBlockBytesLimit);
    size.transaction_bytes_max =
        fields.integer<u32>("transaction_bytes_max", 1000, size.block_bytes_max);
    size.block_sigops_max = fields.integer<u32>("block_sigops_max", 100, kU32Max);
    spec.coinbase_maturity = fields.integer<u32>("coinbase_maturity", 1, kU32Max);
}

void read_subsidy(SpecFields fields, ChainSpec& spec)
{
    SubsidyRule& rule = spec.subsidy;
    spec.money_max = fields.integer<Amount>("money_max", 0, kMoneyLimit);
    rule.initial = fields.integer<Amount>("initial", 0, spec.money_max);
    rule.halving_interval = fields.integer<u32>("halving_interval", 1, kU32Max);
    rule.slow_start = fields.integer<u32>("slow_start", 0, 1'000'000);
    if (fields.has("payees_share_outputs"))
        spec.payees_share_outputs = fields.flag("payees_share_outputs");
    if (rule.slow_start % 2 != 0) fields.fail("slow_start", "must be even");
    const Amount issued = issued_up_to(rule, Height(kU32Max));
    if (issued > spec.money_max)
        fields.fail("money_max",
                    "is less than what will be issued in all, " + std::to_string(issued));
}

void read_prefixes(SpecFields fields, AddressPrefixes& prefixes)
{
    const auto pair = [&](std::string_view key) {
        const Bytes bytes = fields.hex(key, 2);
        return std::array<u8, 2>{bytes[0], bytes[1]};
    };
    prefixes.pubkey_hash = pair("pubkey_hash");
    prefixes.script_hash = pair("script_hash");
    prefixes.secret_key = fields.hex("secret_key", 1)[0];
    if (prefixes.pubkey_hash == prefixes.script_hash)
        fields.fail("script_hash", "must differ from `pubkey_hash`");
}

void read_network(SpecFields fields, ChainSpec& spec)
{
    const Bytes magic = fields.hex("magic", 4);
    std::copy(magic.begin(), magic.end(), spec.magic.begin());
    spec.p2p_port = fields.integer<u16>("p2p_port", 1, 0xffff);
    spec.rpc_port = fields.integer<u16>("rpc_port", 1, 0xffff);
    if (spec.p2p_port == spec.rpc_port) fields.fail("rpc_port", "must differ from `p2p_port`");
    spec.max_reorg = fields.integer<u32>("max_reorg", 1, kU32Max);
    if (fields.has("minimum_chain_work")) {
        const auto work = U256::from_hex(fields.text("minimum_chain_work", kTextBytesMax));
        if (!work)
            fields.fail("minimum_chain_work",
                        "must be 64 hex digits: `chainwork` as getblockchaininfo shows it");
        spec.minimum_chain_work = work.value_or(U256{});
    }
    spec.foreign_peers = fields.flag("foreign_peers");
    spec.seeds = fields.texts("seeds", kSeedsMax);
    for (const std::string& seed : spec.seeds)
        if (seed.empty() || seed.size() > kSeedBytesMax)
            fields.fail("seeds", "a seed is no host name");
}

Payee read_payee(SpecFields& fields, u32 era_from, const AddressPrefixes& prefixes,
                 std::vector<std::string>& missing)
{
    Payee payee;
    const std::string role = fields.text("role", kTextBytesMax);
    const auto* found = std::find_if(std::begin(kRoles), std::end(kRoles),
                                     [&](Role known) { return to_string(known) == role; });
    if (found == std::end(kRoles))
        fields.fail("role", "must be \"treasury\", \"secure_nodes\" or \"super_nodes\"");
    else
        payee.role = *found;
    if (fields.text("kind", kTextBytesMax) != "address") fields.fail("kind", "must be \"address\"");
    payee.share_bp = fields.integer<BasisPoints>("share_bp", 0, 10'000);

    payee.addresses = fields.texts("addresses", kAddressesMax);
    for (const std::string& text : payee.addresses) {
        const auto address = parse_address(text, prefixes);
        if (!address)
            fields.fail("addresses", "`" + text.substr(0, kTextBytesMax) +
                                         "` is no address with the prefixes of [addresses]");
        else
            payee.scripts.push_back(script::pay_to(*address));
    }
    if (payee.addresses.empty())
        missing.push_back("the address of " + role + " from height " + std::to_string(era_from));

    if (fields.has("rotation_interval"))
        payee.rotation_interval = fields.integer<u32>("rotation_interval", 0, kU32Max);
    if (payee.rotation_interval != 0) {
        payee.rotation_from = era_from;
        if (fields.has("rotation_from"))
            payee.rotation_from = fields.integer<u32>("rotation_from", 0, era_from);
    } else if (fields.has("rotation_from")) {
        fields.fail("rotation_from", "has no meaning without a `rotation_interval`");
    } else if (payee.addresses.size() > 1) {
        fields.fail("addresses", "several need a `rotation_interval`, in blocks");
    }
    return payee;
}

void read_rewards(SpecFields& root, ChainSpec& spec, std::vector<std::string>& missing)
{
    for (SpecFields& fields : root.tables("reward", {"from", "payees"})) {
        RewardEra era{fields.integer<u32>("from", 1, kU32Max), {}};
        for (SpecFields& entry : fields.tables("payees", {"role", "kind", "share_bp", "addresses",
                                                          "rotation_interval", "rotation_from"})) {
            Payee payee = read_payee(entry, era.from, spec.prefixes, missing);
            for (const Payee& earlier : era.payees)
                if (earlier.role == payee.role)
                    entry.fail("role", "stands twice in one era; a role is paid once a block");
            era.payees.push_back(std::move(payee));
        }
        BasisPoints sum = 0;
        for (const Payee& payee : era.payees) sum += payee.share_bp;
        if (sum > 10'000)
            fields.fail("payees",
                        "together take " + std::to_string(sum) + " of 10000 basis points");
        for (const RewardEra& earlier : spec.reward_eras)
            if (earlier.from == era.from) fields.fail("from", "another era begins there too");
        std::sort(era.payees.begin(), era.payees.end(),
                  [](const Payee& a, const Payee& b) { return a.role < b.role; });
        spec.reward_eras.push_back(std::move(era));
    }
    std::sort(spec.reward_eras.begin(), spec.reward_eras.end(),
              [](const RewardEra& a, const RewardEra& b) { return a.from < b.from; });
}

void read_checkpoints(SpecFields& root, ChainSpec& spec)
{
    for (SpecFields& fields : root.tables("checkpoints", {"height", "hash"})) {
        const u32 height = fields.integer<u32>("height", 1, kU32Max);
        const auto hash = hash_from_hex_reversed(fields.text("hash", kTextBytesMax));
        if (!hash) fields.fail("hash", "must be 64 hex digits, as block hashes are shown");
        if (!spec.checkpoints.emplace(height, hash.value_or(Hash256{})).second)
            fields.fail("height", "has a checkpoint already");
    }
}

void read_upgrades(SpecFields& root, ChainSpec& spec)
{
    for (SpecFields& fields : root.tables("upgrades", {"name", "from", "header_version_min"})) {
        Upgrade upgrade;
        upgrade.name = fields.text("name", kTextBytesMax);
        upgrade.from = fields.integer<u32>("from", 1, kU32Max);
        upgrade.header_version_min =
            fields.integer<i32>("header_version_min", spec.header_version_min, 0x7fffffff);
        if (upgrade.header_version_min > spec.template_version)
            fields.fail("header_version_min",
                        "is above `blocks.template_version`: our own blocks "
                        "would be refused");
        if (!spec.upgrades.empty() && upgrade.from <= spec.upgrades.back().from)
            fields.fail("from", "must be above the upgrade before it");
        spec.upgrades.push_back(std::move(upgrade));
    }
}

/// Taken as given, whatever the rules would say of it: only what later rules lean on is checked.
void read_genesis(SpecFields fields, ChainSpec& spec)
{
    const auto hash = hash_from_hex_reversed(fields.text("hash", kTextBytesMax));
    if (!hash) return fields.fail("hash", "must be 64 hex digits, as block hashes are shown");
    auto block = from_bytes<Block>(fields.hex("block", 0));
    if (!block)
        return fields.fail("block", "is no block: header, solution and transactions in hex");
    const BlockHash found = hash_of(block->header);
    if (found != BlockHash(*hash))
        return fields.fail("hash", "is not that of `block`, " + to_hex_reversed(found.bytes));
    if (block->transactions.size() != 1 || !block->transactions[0].is_coinbase())
        return fields.fail("block", "must hold one transaction, a coinbase");
    if (merkle_root_of(block->transactions).root != block->header.merkle_root)
        return fields.fail("block", "its merkle root is not that of its transaction");
    const CompactTarget target = decode_compact(block->header.bits);
    if (!target.usable() || target.target > spec.difficulty.limit)
        return fields.fail("block", "its bits are above `difficulty.limit`");
    spec.genesis = std::move(*block);
}

}  // namespace

SpecDraft read_sections(const toml::table& toml, SpecReading& reading)
{
    SpecDraft draft;
    ChainSpec& spec = draft.spec;
    SpecFields root(
        toml, "", reading,
        {"name", "description", "published_keys", "proof_of_work", "difficulty", "time", "blocks",
         "subsidy", "reward", "addresses", "network", "checkpoints", "upgrades", "genesis"});
    read_identity(root, spec);
    read_proof_of_work(root.table("proof_of_work", {"n", "k", "personalization"}), spec);
    read_difficulty(root.table("difficulty", {"limit", "limit_bits", "retarget", "spacing_s",
                                              "window", "damping", "adjust_up_percent",
                                              "adjust_down_percent", "minimum_difficulty_after_s"}),
                    spec.difficulty);
    read_time(root.table("time", {"median_span", "ahead_of_median_max_s", "ahead_of_median_from",
                                  "ahead_of_clock_max_s"}),
              spec.time);
    read_blocks(
        root.table("blocks", {"header_version_min", "template_version", "block_bytes_max",
                              "transaction_bytes_max", "block_sigops_max", "coinbase_maturity"}),
        spec);
    read_subsidy(root.table("subsidy", {"initial", "halving_interval", "slow_start", "money_max",
                                        "payees_share_outputs"}),
                 spec);
    read_prefixes(root.table("addresses", {"pubkey_hash", "script_hash", "secret_key"}),
                  spec.prefixes);
    read_network(root.table("network", {"magic", "p2p_port", "rpc_port", "max_reorg",
                                        "minimum_chain_work", "foreign_peers", "seeds"}),
                 spec);
    read_rewards(root, spec, draft.missing);
    read_checkpoints(root, spec);
    read_upgrades(root, spec);
    if (root.has("genesis"))
        read_genesis(root.table("genesis", {"hash", "block"}), spec);
    else
        draft.missing.push_back("a genesis block");
    return draft;
}

}  // namespace adit::node::consensus
