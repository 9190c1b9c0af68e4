#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "kernels/base/compact.hpp"
#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/consensus/check_header.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/consensus/subsidy.hpp"
#include "node/crypto/keys.hpp"
#include "node/script/templates.hpp"

namespace adit::node::consensus {
namespace {

std::string toml_of(std::string_view name)
{
    for (const BuiltInSpec& spec : built_in_specs())
        if (spec.name == name) return std::string(spec.toml);
    return {};
}

ChainSpec spec_of(std::string_view name)
{
    auto spec = find_spec(name);
    EXPECT_TRUE(spec) << spec.error().text();
    return spec ? *spec : ChainSpec{};
}

const char* const kWholeChains[] = {"test", "regtest", "local"};

TEST(BuiltInSpecs, AreFourAndMainIsATemplate)
{
    ASSERT_EQ(built_in_specs().size(), 4u);
    for (const BuiltInSpec& built_in : built_in_specs()) {
        const auto draft = find_draft(built_in.name);
        ASSERT_TRUE(draft) << draft.error().text();
        EXPECT_EQ(draft->spec.name, built_in.name);
    }
    const auto main = find_spec("main");
    ASSERT_FALSE(main);
    EXPECT_EQ(
        main.error().text(),
        "built-in main: a template, no chain yet: it lacks the address of treasury from "
        "height 1, the address of secure_nodes from height 1, the address of super_nodes from "
        "height 1, a genesis block; `adit chain new --preset main --name NAME` fills it in");
}

TEST(BuiltInSpecs, AllPay60_10_10_20FromHeight1)
{
    for (const char* name : kWholeChains) {
        for (const u32 height : {1u, 2u, 1000u}) {
            const RewardPlan plan = reward_plan(spec_of(name), Height(height));
            EXPECT_EQ(plan.subsidy, 12'5000'0000) << name;
            EXPECT_EQ(plan.miner, 7'5000'0000) << name;
            ASSERT_EQ(plan.required.size(), 3u) << name;
            EXPECT_EQ(plan.required[0].amount, 2'5000'0000) << name;
            EXPECT_EQ(plan.required[1].amount, 1'2500'0000) << name;
            EXPECT_EQ(plan.required[2].amount, 1'2500'0000) << name;
        }
    }
    const auto main = find_draft("main");
    ASSERT_TRUE(main);
    const auto& payees = main->spec.reward_eras.at(0).payees;
    EXPECT_EQ(payees.at(0).share_bp, 2000);
    EXPECT_EQ(payees.at(1).share_bp + payees.at(2).share_bp, 2000);
}

// Nobody is paid in secret: every role key is the SHA-256 of a text that stands in the file.
TEST(BuiltInSpecs, TheirRoleKeysArePublished)
{
    for (const char* name : kWholeChains) {
        const ChainSpec spec = spec_of(name);
        const std::string toml = toml_of(name);
        EXPECT_TRUE(spec.published_keys);
        for (const Payee& payee : spec.reward_eras.at(0).payees) {
            const std::string seed =
                "adit " + std::string(name) + " " + std::string(to_string(payee.role));
            const auto key = crypto::SecretKey::from_bytes(hash::sha256(as_bytes(seed)).bytes);
            ASSERT_TRUE(key);
            const Address address{Address::Kind::pubkey_hash, key->public_key().hash()};
            EXPECT_EQ(payee.scripts, std::vector<Script>{script::pay_to(address)});
            EXPECT_NE(
                toml.find("# key: \"" + seed + "\", " + key->to_wif(spec.prefixes.secret_key)),
                std::string::npos)
                << seed;
        }
    }
}

TEST(BuiltInSpecs, TheirGenesisSatisfiesTheirOwnRules)
{
    std::set<BlockHash> hashes;
    for (const char* name : kWholeChains) {
        const ChainSpec spec = spec_of(name);
        const Verdict verdict = check_header(spec, spec.genesis.header);
        EXPECT_TRUE(verdict) << name << " " << reject_word(verdict.error());
        EXPECT_EQ(spec.genesis.header.bits, spec.difficulty.limit_bits);
        EXPECT_TRUE(spec.genesis.header.prev.is_zero());
        hashes.insert(hash_of(spec.genesis.header));
    }
    EXPECT_EQ(hashes.size(), std::size(kWholeChains));
}

TEST(BuiltInSpecs, ShareNoMagicPortOrPrefix)
{
    std::set<std::string> marks;
    std::size_t expected = 0;
    const auto add = [&](const std::string& mark) { marks.insert(mark), ++expected; };
    // The prefixes and magics of live chains (their nodes' chain parameters).
    for (const char* live : {"24e92764", "fa1af9bf", "aae83f5f", "63617368", "bff2cde6", "2f54cc9d",
                             "f9eee48d", "f9beb4d9", "1cb8",     "1cbd",     "1d25",     "1cba",
                             "2089",     "2096",     "2098",     "2092",     "key80",    "keyef",
                             "keybc",    "8233",     "18233",    "18232",    "9033",     "8231",
                             "19033",    "18231",    "19133",    "7770",     "7771"})
        add(live);
    for (const BuiltInSpec& built_in : built_in_specs()) {
        const ChainSpec spec = find_draft(built_in.name)->spec;
        add(to_hex(spec.magic));
        add(to_hex(spec.prefixes.pubkey_hash));
        add(to_hex(spec.prefixes.script_hash));
        add("key" + to_hex(ByteView(&spec.prefixes.secret_key, 1)));
        add(std::to_string(spec.p2p_port));
        add(std::to_string(spec.rpc_port));
    }
    EXPECT_EQ(marks.size(), expected);
}

TEST(BuiltInSpecs, AddressesBeginWithReadableLetters)
{
    const std::pair<const char*, std::pair<const char*, const char*>> letters[] = {
        {"main", {"ad", "as"}},
        {"test", {"Td", "Ts"}},
        {"regtest", {"Rd", "Rs"}},
        {"local", {"Ld", "Ls"}}};
    for (const auto& [name, starts] : letters) {
        const AddressPrefixes prefixes = find_draft(name)->spec.prefixes;
        for (const u8 byte : {u8{0}, u8{0x7f}, u8{0xff}}) {
            Hash160 hash;
            hash.fill(byte);
            EXPECT_EQ(to_text({Address::Kind::pubkey_hash, hash}, prefixes).substr(0, 2),
                      starts.first);
            EXPECT_EQ(to_text({Address::Kind::script_hash, hash}, prefixes).substr(0, 2),
                      starts.second);
        }
    }
}

// Change these only together with the chains themselves: peers of the old ids become strangers.
TEST(ChainId, OfTheBuiltInChainsStaysWhatItIs)
{
    EXPECT_EQ(to_hex(chain_id(spec_of("regtest")).bytes),
              "25b6d36ebfe9a6c548b6c2ca931e11b9577d6e6fdda4174175556db2cd30acb9");
    EXPECT_EQ(to_hex(chain_id(spec_of("local")).bytes),
              "f9a6fd42736965d1cc9fce9db22c7ae02dbc6d5a7b6d1aa90c142a5064b37362");
    EXPECT_EQ(to_hex(chain_id(spec_of("test")).bytes),
              "62da10b726e5f493519f2a23fbd5649afe0dd3ba5775ec8714b680bfd353a666");
}

TEST(ChainId, IsTheHashOfSortedLines)
{
    const ChainSpec spec = spec_of("regtest");
    const std::string text = canonical_text(spec);
    std::vector<std::string> lines;
    std::vector<std::string> keys;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
        lines.push_back(text.substr(at, text.find('\n', at) - at));
    for (const std::string& line : lines) keys.push_back(line.substr(0, line.find('=')));
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    const auto has = [&](const std::string& line) {
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    };
    EXPECT_TRUE(has("genesis.hash=" + to_hex_reversed(hash_of(spec.genesis.header).bytes)));
    EXPECT_TRUE(has("difficulty.limit_bits=200f0f0f"));
    EXPECT_TRUE(has("proof_of_work.personalization=5a63617368506f57"));
    EXPECT_TRUE(has("reward.1.treasury.share_bp=2000"));
    EXPECT_TRUE(has("subsidy.initial=1250000000"));
}

TEST(ChainId, CommentsAndOrderLeaveNoTrace)
{
    std::string toml = toml_of("regtest");
    const Hash256 id = chain_id(*parse_spec(toml, "as it is"));
    // A section and a payee moved to the end, comments and spaces everywhere else.
    const auto move_to_end = [&](std::string_view begin, std::string_view next) {
        const std::size_t from = toml.find(begin);
        const std::size_t to = toml.find(next, from + 1);
        const std::string part = toml.substr(from, to - from);
        toml.erase(from, to - from);
        toml += "\n# moved\n" + part;
    };
    move_to_end("[difficulty]", "\n[time]");
    move_to_end("[[reward]]", "\n[addresses]");
    const std::size_t treasury = toml.find("[[reward.payees]]\nrole = \"treasury\"");
    const std::size_t secure = toml.find("[[reward.payees]]\nrole = \"secure_nodes\"");
    ASSERT_NE(treasury, std::string::npos);
    const std::string part = toml.substr(treasury, secure - treasury);
    toml.erase(treasury, secure - treasury);
    toml += "\n" + part;
    const auto moved = parse_spec(toml, "moved");
    ASSERT_TRUE(moved) << moved.error().text();
    EXPECT_EQ(chain_id(*moved), id);
    EXPECT_EQ(*moved, spec_of("regtest"));
}

/// One change each; `consensus` says whether the chain becomes another one.
struct FieldChange {
    const char* name;
    bool consensus;
    void (*change)(ChainSpec&);
};
const FieldChange kFieldChanges[] = {
    {"genesis", true, [](ChainSpec& s) { s.genesis.header.time++; }},
    {"params", true,
     [](ChainSpec& s) {
         s.params = {96, 5};
     }},
    {"personalization", true, [](ChainSpec& s) { s.personalization.tag[0] = 'z'; }},
    {"limit", true, [](ChainSpec& s) { s.difficulty.limit = s.difficulty.limit >> 1; }},
    {"limit_bits", true, [](ChainSpec& s) { --s.difficulty.limit_bits; }},
    {"retarget", true, [](ChainSpec& s) { s.difficulty.retarget ^= true; }},
    {"spacing", true, [](ChainSpec& s) { ++s.difficulty.spacing_s; }},
    {"window", true, [](ChainSpec& s) { ++s.difficulty.window; }},
    {"damping", true, [](ChainSpec& s) { ++s.difficulty.damping; }},
    {"up", true, [](ChainSpec& s) { ++s.difficulty.adjust_up_percent; }},
    {"down", true, [](ChainSpec& s) { ++s.difficulty.adjust_down_percent; }},
    {"minimum", true, [](ChainSpec& s) { ++s.difficulty.minimum_difficulty_after_s; }},
    {"median_span", true, [](ChainSpec& s) { ++s.time.median_span; }},
    {"ahead_of_median", true, [](ChainSpec& s) { ++s.time.ahead_of_median_max_s; }},
    {"ahead_from", true, [](ChainSpec& s) { ++s.time.ahead_of_median_from; }},
    {"ahead_of_clock", true, [](ChainSpec& s) { ++s.time.ahead_of_clock_max_s; }},
    {"initial", true, [](ChainSpec& s) { ++s.subsidy.initial; }},
    {"halving", true, [](ChainSpec& s) { ++s.subsidy.halving_interval; }},
    {"slow_start", true, [](ChainSpec& s) { s.subsidy.slow_start += 2; }},
    {"money_max", true, [](ChainSpec& s) { ++s.money_max; }},
    {"share_outputs", true, [](ChainSpec& s) { s.payees_share_outputs ^= true; }},
    {"version_min", true, [](ChainSpec& s) { ++s.header_version_min; }},
    {"block_bytes", true, [](ChainSpec& s) { --s.size.block_bytes_max; }},
    {"tx_bytes", true, [](ChainSpec& s) { --s.size.transaction_bytes_max; }},
    {"sigops", true, [](ChainSpec& s) { --s.size.block_sigops_max; }},
    {"maturity", true, [](ChainSpec& s) { ++s.coinbase_maturity; }},
    {"era_from", true, [](ChainSpec& s) { ++s.reward_eras[0].from; }},
    {"era_added", true,
     [](ChainSpec& s) {
         s.reward_eras.push_back({100, {}});
     }},
    {"share", true, [](ChainSpec& s) { ++s.reward_eras[0].payees[0].share_bp; }},
    {"script", true, [](ChainSpec& s) { s.reward_eras[0].payees[1].scripts[0][5] ^= 1; }},
    {"rotation", true, [](ChainSpec& s) { ++s.reward_eras[0].payees[2].rotation_interval; }},
    {"rotation_from", true, [](ChainSpec& s) { ++s.reward_eras[0].payees[2].rotation_from; }},
    {"name", false, [](ChainSpec& s) { s.name = "other"; }},
    {"description", false, [](ChainSpec& s) { s.description = "other"; }},
    {"template_version", false, [](ChainSpec& s) { ++s.template_version; }},
    {"magic", false, [](ChainSpec& s) { s.magic[0] ^= 1; }},
    {"ports", false, [](ChainSpec& s) { ++s.p2p_port, ++s.rpc_port; }},
    {"max_reorg", false, [](ChainSpec& s) { ++s.max_reorg; }},
    {"minimum_work", false, [](ChainSpec& s) { s.minimum_chain_work = U256(9); }},
    {"foreign_peers", false, [](ChainSpec& s) { s.foreign_peers ^= true; }},
    {"seeds", false, [](ChainSpec& s) { s.seeds.push_back("seed.example"); }},
    {"checkpoints", false, [](ChainSpec& s) { s.checkpoints[5] = {}; }},
    {"upgrades", false,
     [](ChainSpec& s) {
         s.upgrades.push_back({"five", 9, 5});
     }},
    {"prefixes", false, [](ChainSpec& s) { s.prefixes.secret_key ^= 1; }},
};

TEST(ChainId, CoversEveryConsensusFieldAndNothingElse)
{
    const ChainSpec plain = spec_of("regtest");
    std::set<Hash256> ids{chain_id(plain)};
    for (const FieldChange& field : kFieldChanges) {
        ChainSpec changed = plain;
        field.change(changed);
        if (field.consensus)
            EXPECT_TRUE(ids.insert(chain_id(changed)).second) << field.name;
        else
            EXPECT_EQ(chain_id(changed), chain_id(plain)) << field.name;
    }
}

TEST(SpecFile, WhatIsWrittenReadsBackTheSame)
{
    ChainSpec full = spec_of("regtest");
    full.name = "Full_1-x";
    full.description = "quotes \" and \\ and a\ttab, äöü, a line\nmore";
    full.seeds = {"seed.example", "[2001:db8::1]:9"};
    full.checkpoints[7] = hash_of(full.genesis.header);
    full.template_version = 9;
    full.upgrades = {{"first", 10, 5}, {"second", 20, 9}};
    full.payees_share_outputs = true;
    full.minimum_chain_work = U256(0x1234) << 200;
    Payee& payee = full.reward_eras[0].payees[0];
    payee.addresses.push_back(full.reward_eras[0].payees[1].addresses[0]);
    payee.scripts.push_back(full.reward_eras[0].payees[1].scripts[0]);
    payee.rotation_interval = 100;
    payee.rotation_from = 0;
    full.reward_eras.push_back({50, {}});
    for (const ChainSpec& spec :
         {full, spec_of("regtest"), spec_of("local"), spec_of("test"),
          spec_of(std::string(ADIT_TEST_SPECS_DIR) + "/zend-regtest.toml")}) {
        const auto back = parse_spec(to_toml(spec), spec.name);
        ASSERT_TRUE(back) << back.error().text();
        EXPECT_EQ(*back, spec);
    }
    const auto main = find_draft("main");
    const auto back = parse_draft(to_toml(main->spec), "main");
    ASSERT_TRUE(back);
    EXPECT_EQ(back->spec, main->spec);
    EXPECT_EQ(back->missing, main->missing);
}

/// An edit of regtest.toml: the first `from` becomes `to`; the error must name the line where the
/// edit stands, or one so many below it, this field, and say these words.
struct BadEdit {
    const char* from;
    const char* to;
    const char* field;
    const char* words;
    u32 lines_below = 0;
};
void PrintTo(const BadEdit& edit, std::ostream* out) { *out << edit.from << " -> " << edit.to; }
class BadSpec : public testing::TestWithParam<BadEdit> {};

TEST_P(BadSpec, IsRefusedByFileLineFieldAndReason)
{
    const BadEdit& edit = GetParam();
    std::string toml = toml_of("regtest");
    const std::size_t at = toml.find(edit.from);
    ASSERT_NE(at, std::string::npos) << edit.from;
    toml.replace(at, std::string_view(edit.from).size(), edit.to);
    const auto line =
        1 + edit.lines_below +
        std::count(toml.begin(), toml.begin() + static_cast<std::ptrdiff_t>(at), '\n');

    const auto spec = parse_spec(toml, "my.toml");
    ASSERT_FALSE(spec);
    const SpecError& error = spec.error();
    EXPECT_EQ(error.line, static_cast<u32>(line)) << error.text();
    EXPECT_EQ(error.field, edit.field) << error.text();
    EXPECT_NE(error.why.find(edit.words), std::string::npos) << error.text();
    EXPECT_EQ(error.text().find('\n'), std::string::npos);
    EXPECT_TRUE(error.text().starts_with("my.toml:" + std::to_string(line) + ": ")) << error.text();
}

INSTANTIATE_TEST_SUITE_P(
    Edits, BadSpec,
    testing::Values(
        BadEdit{"name = \"regtest\"", "name = \"reg test\"", "name", "letters, digits"},
        BadEdit{"name = \"regtest\"", "name = \"../x\"", "name", "letters, digits"},
        BadEdit{"name = \"regtest\"", "name = \"-x\"", "name", "begin with no -"},
        BadEdit{"name = \"regtest\"", "name = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "name", "32"},
        BadEdit{"name = \"regtest\"", "name = 7", "name", "a text in quotes"},
        BadEdit{"published_keys = true", "published_keys = 1", "published_keys", "true or false"},
        BadEdit{"published_keys", "publish_keys", "publish_keys", "did you mean `published_keys`"},
        BadEdit{"[time]", "[tiem]", "tiem", "did you mean `time`"},
        BadEdit{"n = 48", "n = 49", "proof_of_work.n", "known are"},
        BadEdit{"n = 48", "n = \"48\"", "proof_of_work.n", "an integer"},
        BadEdit{"n = 48", "n = 48.0", "proof_of_work.n", "an integer"},
        BadEdit{"\"ZcashPoW\"", "\"ZcashPo\"", "proof_of_work.personalization", "8 bytes"},
        BadEdit{"limit = \"0f0f", "limit = \"0f0", "difficulty.limit", "64 hex digits"},
        BadEdit{"limit = \"0f0f", "limit = \"ff0f", "difficulty.limit_bits", "compact form", 1},
        BadEdit{"limit_bits = \"200f0f0f\"", "limit_bits = \"200f0f0e\"", "difficulty.limit_bits",
                "compact form"},
        BadEdit{"limit_bits = \"200f0f0f\"", "limit_bits = \"200f0f\"", "difficulty.limit_bits",
                "must have 8"},
        BadEdit{"limit_bits = \"200f0f0f\"", "limit_bits = \"200f0f0g\"", "difficulty.limit_bits",
                "hex digits"},
        BadEdit{"window = 17 ", "window = 18 ", "difficulty.window", "below 2^256"},
        BadEdit{"window = 17 ", "window = 0 ", "difficulty.window", "1 … 1000"},
        BadEdit{"spacing_s = 150", "spacing_s = 0", "difficulty.spacing_s", "is 0, must be 1"},
        BadEdit{"spacing_s = 150", "spacing_s = -5", "difficulty.spacing_s", "is -5"},
        BadEdit{"damping = 4", "damping = 0", "difficulty.damping", "1 … 100"},
        BadEdit{"adjust_up_percent = 16", "adjust_up_percent = 100", "difficulty.adjust_up_percent",
                "0 … 99"},
        BadEdit{"minimum_difficulty_after_s = 0 ", "minimum_difficulty_after_s = 60",
                "difficulty.minimum_difficulty_after_s", "`retarget` is false"},
        BadEdit{"median_span = 11", "median_span = 0", "time.median_span", "1 … 101"},
        BadEdit{"header_version_min = 4", "header_version_min = 5", "blocks.template_version",
                "below `header_version_min`", 1},
        BadEdit{"block_bytes_max = 2_000_000", "block_bytes_max = 2_000_001",
                "blocks.block_bytes_max", "2000000"},
        BadEdit{"coinbase_maturity = 100", "coinbase_maturity = 0", "blocks.coinbase_maturity",
                "is 0"},
        BadEdit{"slow_start = 0 ", "slow_start = 1 ", "subsidy.slow_start", "even"},
        BadEdit{"halving_interval = 2000", "halving_interval = 0", "subsidy.halving_interval",
                "is 0"},
        BadEdit{"money_max = 2_100_000_000_000_000", "money_max = 2_000_000_000",
                "subsidy.money_max", "will be issued"},
        BadEdit{"initial = 1_250_000_000", "initial = 12.5", "subsidy.initial", "an integer"},
        BadEdit{"from = 1\n", "from = 0\n", "reward[0].from", "is 0"},
        BadEdit{"role = \"secure_nodes\"", "role = \"treasury\"", "reward[0].payees[1].role",
                "twice in one era"},
        BadEdit{"role = \"treasury\"", "role = \"miner\"", "reward[0].payees[0].role",
                "\"super_nodes\""},
        BadEdit{"kind = \"address\"", "kind = \"node\"", "reward[0].payees[0].kind", "\"address\""},
        BadEdit{"share_bp = 2000", "share_bp = 10_001", "reward[0].payees[0].share_bp", "10000"},
        BadEdit{"addresses = [\"Rd", "addresses = [\"Td", "reward[0].payees[0].addresses",
                "is no address"},
        BadEdit{"addresses = [\"Rd", "addresses = [7, \"Rd", "reward[0].payees[0].addresses",
                "texts in quotes"},
        BadEdit{"share_bp = 2000", "rotation_from = 1\nshare_bp = 2000",
                "reward[0].payees[0].rotation_from", "without a `rotation_interval`"},
        BadEdit{"pubkey_hash = \"0ddd\"", "pubkey_hash = \"0e00\"", "addresses.script_hash",
                "must differ", 1},
        BadEdit{"secret_key = \"db\"", "secret_key = \"db00\"", "addresses.secret_key",
                "must have 2"},
        BadEdit{"magic = \"ad17c6f2\"", "magic = \"ad17c6\"", "network.magic", "must have 8"},
        BadEdit{"p2p_port = 23233", "p2p_port = 0", "network.p2p_port", "1 … 65535"},
        BadEdit{"rpc_port = 23232", "rpc_port = 23233", "network.rpc_port", "must differ"},
        BadEdit{"seeds = []", "seeds = []\nminimum_chain_work = \"ff\"",
                "network.minimum_chain_work", "64 hex digits", 1},
        BadEdit{"seeds = []", "seeds = []\nminimum_chain_work = 255", "network.minimum_chain_work",
                "a text in quotes", 1},
        BadEdit{"seeds = []", "seeds = [\"\"]", "network.seeds", "no host name"},
        BadEdit{"seeds = []", "seeds = \"x\"", "network.seeds", "a list of texts"},
        BadEdit{"[genesis]\n", "[[checkpoints]]\nheight = 1\nhash = \"00\"\n\n[genesis]\n",
                "checkpoints[0].hash", "64 hex digits", 2},
        BadEdit{"k = 5\n", "k = 5\nk = 5\n", "", "redefine", 1},
        BadEdit{"k = 5\n", "k = \n", "", ""}));

// Edits whose error stands on another line than the edit.
TEST(SpecFile, NamesTheLineOfTheTableThatLacksAField)
{
    std::string toml = toml_of("regtest");
    const std::size_t at = toml.find("damping = 4\n");
    toml.erase(at, std::string_view("damping = 4\n").size());
    const auto line =
        1 + std::count(toml.begin(),
                       toml.begin() + static_cast<std::ptrdiff_t>(toml.find("[difficulty]")), '\n');
    const auto spec = parse_spec(toml, "my.toml");
    ASSERT_FALSE(spec);
    EXPECT_EQ(spec.error().text(),
              "my.toml:" + std::to_string(line) + ": difficulty.damping: missing");
}

TEST(SpecFile, ChecksTheGenesisAgainstItself)
{
    const ChainSpec spec = spec_of("regtest");
    const auto refused = [&](auto change) {
        ChainSpec changed = spec;
        change(changed.genesis);
        const auto back = parse_spec(to_toml(changed), "x");
        return back ? std::string("accepted") : back.error().field + ": " + back.error().why;
    };
    EXPECT_EQ(refused([](Block&) {}), "accepted");
    EXPECT_EQ(refused([](Block& b) { b.transactions[0].lock_time = 1; }),
              "genesis.block: its merkle root is not that of its transaction");
    EXPECT_EQ(refused([](Block& b) { b.transactions.push_back(Transaction(b.transactions[0])); }),
              "genesis.block: must hold one transaction, a coinbase");
    EXPECT_EQ(refused([](Block& b) { b.header.bits = 0x207f'ffff; }),
              "genesis.block: its bits are above `difficulty.limit`");
    EXPECT_EQ(refused([](Block& b) { b.header.solution.clear(); }), "accepted") << "taken as given";

    std::string toml = to_toml(spec);
    toml.replace(toml.rfind("hash = \"") + 8, 2, "ff");
    const auto wrong_hash = parse_spec(toml, "x");
    ASSERT_FALSE(wrong_hash);
    EXPECT_EQ(wrong_hash.error().why,
              "is not that of `block`, " + to_hex_reversed(hash_of(spec.genesis.header).bytes));
    toml = to_toml(spec);
    toml.insert(toml.rfind("\"\"\""), "00");
    EXPECT_FALSE(parse_spec(toml, "x")) << "a byte behind the block";
}

TEST(SpecFile, IsFoundByNameOrPath)
{
    const auto typo = find_spec("locla");
    ASSERT_FALSE(typo);
    EXPECT_EQ(typo.error().text(),
              "locla: no chain of that name and no file that can be read; the chains are main test "
              "regtest local; did you mean `local`?");
    const auto absent = find_spec("/nowhere/my.toml");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().text().find("did you mean"), std::string::npos);

    const auto path = std::filesystem::path(testing::TempDir()) / "adit_spec_test.toml";
    std::ofstream(path) << toml_of("regtest");
    const auto read = find_spec(path.string());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(*read, spec_of("regtest"));
    std::ofstream(path) << std::string(kSpecFileBytesMax + 1, '#');
    const auto huge = find_spec(path.string());
    ASSERT_FALSE(huge);
    EXPECT_NE(huge.error().why.find("1 MiB"), std::string::npos);
    std::filesystem::remove(path);
    EXPECT_FALSE(find_spec(testing::TempDir())) << "a folder is no spec";
}

}  // namespace
}  // namespace adit::node::consensus
