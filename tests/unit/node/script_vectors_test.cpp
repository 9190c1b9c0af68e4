// The interpreter against Bitcoin's published vectors from before segregated witness.

#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <sstream>

#include "kernels/base/check.hpp"
#include "kernels/base/hex.hpp"
#include "node/consensus/check_tx.hpp"
#include "node/crypto/ecdsa.hpp"
#include "node/script/script_number.hpp"
#include "node/script/script_text.hpp"
#include "node/script/sighash.hpp"
#include "node/script/spend_check.hpp"
#include "tests/support/vectors.hpp"

namespace adit::node::script {
namespace {

u32 flags_of(std::string_view words)
{
    static const std::map<std::string, u32, std::less<>> kWords{
        {"P2SH", kPayToScriptHash},
        {"STRICTENC", kStrictEncoding},
        {"DERSIG", kStrictDer},
        {"LOW_S", kLowS},
        {"NULLDUMMY", kNullDummy},
        {"SIGPUSHONLY", kSigPushOnly},
        {"MINIMALDATA", kMinimalData},
        {"DISCOURAGE_UPGRADABLE_NOPS", kDiscourageUpgradableNops},
        {"CLEANSTACK", kCleanStack},
        {"CHECKLOCKTIMEVERIFY", kCheckLockTime},
        {"NONE", kNoFlags}};
    u32 flags = 0;
    std::istringstream list{std::string(words)};
    for (std::string word; std::getline(list, word, ',');) flags |= kWords.at(word);
    return flags;
}

/// The vectors' own notation: numbers, 0x… raw bytes, 'text', opcode words with or without OP_.
Script script_of(std::string_view text)
{
    static const auto kOpcodes = [] {
        std::map<std::string, u8, std::less<>> opcodes;
        for (int opcode = OP_NOP; opcode <= OP_NOP10; ++opcode) {
            const std::string name(opcode_name(static_cast<u8>(opcode)));
            if (name == "OP_UNKNOWN") continue;
            opcodes[name] = static_cast<u8>(opcode);
            opcodes[name.substr(3)] = static_cast<u8>(opcode);
        }
        for (int i = 1; i <= 10; ++i)
            opcodes["NOP" + std::to_string(i)] = static_cast<u8>(OP_NOP1 + i - 1);
        opcodes["RESERVED"] = OP_RESERVED;
        opcodes["CHECKLOCKTIMEVERIFY"] = OP_CHECKLOCKTIMEVERIFY;
        return opcodes;
    }();
    Script script;
    std::istringstream words{std::string(text)};
    for (std::string word; words >> word;) {
        i64 number = 0;
        const auto end = std::from_chars(word.data(), word.data() + word.size(), number);
        if (end.ec == std::errc{} && end.ptr == word.data() + word.size()) {
            append(script, ScriptBuilder().push_number(number).take());
        } else if (word.starts_with("0x")) {
            append(script, *from_hex(word.substr(2)));
        } else if (word.starts_with('\'')) {
            // Written without the shortest forms for single bytes.
            const Bytes bytes(word.begin() + 1, word.end() - 1);
            if (bytes.size() <= 1 && !bytes.empty())
                script.push_back(1), append(script, bytes);
            else
                append(script, ScriptBuilder().push(bytes).take());
        } else {
            const auto at = kOpcodes.find(word);
            if (at == kOpcodes.end()) base::check_failed(__FILE__, __LINE__, word.c_str());
            script.push_back(at->second);
        }
    }
    return script;
}

/// A transaction that pays `script_pubkey`, and one that spends it with `script_sig`.
Transaction crediting(const Script& script_pubkey)
{
    Transaction tx;
    tx.inputs.resize(1);
    tx.inputs[0].script_sig = {OP_0, OP_0};
    tx.outputs = {TxOut{0, script_pubkey}};
    return tx;
}

Transaction spending(const Script& script_sig, const Transaction& credit)
{
    Transaction tx;
    tx.inputs = {TxIn{{txid_of(credit), 0}, script_sig, 0xffffffff}};
    tx.outputs = {TxOut{0, {}}};
    return tx;
}

int check_script_file(const char* name, bool valid)
{
    int cases = 0;
    const json::value vectors = test::load_vectors(name);
    for (const auto& entry : vectors.as_array()) {
        const auto& row = entry.as_array();
        if (row.size() < 3) continue;
        ++cases;
        const Script script_sig = script_of(row[0].as_string());
        const Script script_pubkey = script_of(row[1].as_string());
        const Transaction tx = spending(script_sig, crediting(script_pubkey));
        const auto verdict =
            check_spend(tx, 0, TxOut{0, script_pubkey}, flags_of(row[2].as_string()));
        EXPECT_EQ(static_cast<bool>(verdict), valid)
            << json::to_text(entry)
            << (verdict ? "" : std::string(" ") + std::string(to_string(verdict.error())));
    }
    return cases;
}

TEST(ScriptVectors, ValidOnesPass)
{
    EXPECT_GT(check_script_file("script/bitcoin-script_valid.json", true), 500);
}
TEST(ScriptVectors, InvalidOnesFail)
{
    EXPECT_GT(check_script_file("script/bitcoin-script_invalid.json", false), 380);
}

/// Whether every input of a vector's transaction may spend what the vector says it spends.
bool inputs_pass(const json::array& row)
{
    std::map<OutPoint, Script> outputs;
    for (const auto& entry : row[0].as_array()) {
        const auto& input = entry.as_array();
        OutPoint outpoint;
        outpoint.txid = TxId(*hash_from_hex_reversed(input[0].as_string()));
        outpoint.index = static_cast<u32>(input[1].as_int64());
        outputs[outpoint] = script_of(input[2].as_string());
    }
    const auto tx = from_bytes<Transaction>(*from_hex(row[1].as_string()));
    if (!tx) return false;
    consensus::ChainSpec spec;
    spec.money_max = 21'000'000 * kCoin;
    spec.size.transaction_bytes_max = 1'000'000;
    // These are Bitcoin's and of any version; ours must be 1.
    Transaction version_one = *tx;
    version_one.version = 1;
    if (!consensus::check_tx(spec, version_one)) return false;
    for (std::size_t i = 0; i < tx->inputs.size(); ++i) {
        const auto spent = outputs.find(tx->inputs[i].prevout);
        if (spent == outputs.end()) return false;
        if (!check_spend(*tx, i, TxOut{0, spent->second}, flags_of(row[2].as_string())))
            return false;
    }
    return true;
}

int check_transaction_file(const char* name, bool valid)
{
    int cases = 0;
    const json::value vectors = test::load_vectors(name);
    for (const auto& entry : vectors.as_array()) {
        const auto& row = entry.as_array();
        if (row.size() != 3 || !row[0].is_array()) continue;
        ++cases;
        EXPECT_EQ(inputs_pass(row), valid) << json::to_text(entry);
    }
    return cases;
}

TEST(TransactionVectors, ValidOnesPass)
{
    EXPECT_GT(check_transaction_file("script/bitcoin-tx_valid.json", true), 50);
}
TEST(TransactionVectors, InvalidOnesFail)
{
    EXPECT_GT(check_transaction_file("script/bitcoin-tx_invalid.json", false), 40);
}

TEST(SighashVectors, AllAgree)
{
    int cases = 0;
    const json::value vectors = test::load_vectors("script/bitcoin-sighash.json");
    for (const auto& entry : vectors.as_array()) {
        const auto& row = entry.as_array();
        if (row.size() != 5) continue;
        ++cases;
        const auto tx = from_bytes<Transaction>(*from_hex(row[0].as_string()));
        ASSERT_TRUE(tx);
        const Hash256 hash =
            signature_hash(*tx, static_cast<std::size_t>(row[2].as_int64()),
                           *from_hex(row[1].as_string()), static_cast<u32>(row[3].as_int64()));
        EXPECT_EQ(to_hex_reversed(hash.bytes), row[4].as_string());
    }
    EXPECT_EQ(cases, 500);
}

TEST(InputContext, RemembersEachHashByItsTypeAndScript)
{
    // More of them than are remembered, asked for again in another order.
    Transaction tx;
    tx.inputs.resize(2);
    tx.outputs.resize(2);
    const auto key = crypto::SecretKey::generate(crypto::system_random());
    const Bytes public_key = key.public_key().bytes;
    const InputContext context(tx, 1);
    struct Signed {
        Bytes signature;
        Script code;
    };
    std::vector<Signed> all;
    for (const u32 type : {1u, 2u, 3u, 0x81u, 0x82u, 0x83u})
        for (const u8 opcode : {OP_1, OP_DUP, OP_CODESEPARATOR}) {
            const Script code{opcode, opcode};
            Bytes signature = crypto::sign(key, signature_hash(tx, 1, code, type));
            signature.push_back(static_cast<u8>(type));
            all.push_back({signature, code});
        }
    for (int round = 0; round < 3; ++round)
        for (std::size_t i = 0; i < all.size(); ++i) {
            const Signed& one = all[round == 1 ? all.size() - 1 - i : i];
            EXPECT_TRUE(context.check_signature(one.signature, public_key, one.code));
            EXPECT_FALSE(context.check_signature(one.signature, public_key, Script{OP_NOP}));
            Bytes other_type = one.signature;
            other_type.back() ^= 0x40;
            EXPECT_FALSE(context.check_signature(other_type, public_key, one.code));
        }
}

TEST(ScriptNumber, RoundTripsAndKnowsItsLimits)
{
    struct Row {
        i64 value;
        const char* hex;
    };
    for (const Row& row : {Row{0, ""}, Row{1, "01"}, Row{-1, "81"}, Row{127, "7f"},
                           Row{128, "8000"}, Row{-128, "8080"}, Row{255, "ff00"}, Row{256, "0001"},
                           Row{0x7fffffff, "ffffff7f"}, Row{-0x7fffffff, "ffffffff"}}) {
        EXPECT_EQ(to_hex(write_number(row.value)), row.hex);
        EXPECT_EQ(read_number(*from_hex(row.hex), 4, true), row.value);
    }
    EXPECT_FALSE(read_number(*from_hex("0000000080"), 4, false)) << "five bytes";
    EXPECT_EQ(read_number(*from_hex("0100"), 4, false), 1);
    EXPECT_FALSE(read_number(*from_hex("0100"), 4, true)) << "a spare byte";
    EXPECT_FALSE(read_number(*from_hex("80"), 4, true)) << "minus zero";
    EXPECT_FALSE(as_bool(*from_hex("80")));
    EXPECT_FALSE(as_bool(*from_hex("000080")));
    EXPECT_TRUE(as_bool(*from_hex("8000")));
}

TEST(Ecdsa, SignsWhatItVerifies)
{
    const auto key = crypto::SecretKey::generate(crypto::system_random());
    Hash256 hash;
    hash.bytes.fill(7);
    const Bytes signature = crypto::sign(key, hash);
    const Bytes public_key = key.public_key().bytes;
    EXPECT_TRUE(crypto::verify(public_key, hash, signature));
    EXPECT_TRUE(crypto::has_low_s(signature));
    Bytes typed = signature;
    typed.push_back(1);
    EXPECT_TRUE(crypto::is_strict_der(typed));
    hash.bytes[0] ^= 1;
    EXPECT_FALSE(crypto::verify(public_key, hash, signature));
    EXPECT_FALSE(crypto::verify({}, hash, signature));
    EXPECT_FALSE(crypto::verify(public_key, hash, {}));
}

}  // namespace
}  // namespace adit::node::script
