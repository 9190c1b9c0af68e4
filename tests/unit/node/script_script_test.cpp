#include "node/script/script.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "node/script/templates.hpp"

namespace adit::node::script {
namespace {

std::string pushed(const Bytes& data) { return to_hex(ScriptBuilder().push(data).take()); }

TEST(Pushes, AreTheShortestThereIs)
{
    EXPECT_EQ(pushed({}), "00");
    EXPECT_EQ(pushed({0}), "0100");
    EXPECT_EQ(pushed({1}), "51");
    EXPECT_EQ(pushed({16}), "60");
    EXPECT_EQ(pushed({17}), "0111");
    EXPECT_EQ(pushed({0x81}), "4f");
    EXPECT_EQ(pushed({1, 0}), "020100");
    EXPECT_EQ(pushed(Bytes(75)).substr(0, 4), "4b00");
    EXPECT_EQ(pushed(Bytes(76)).substr(0, 6), "4c4c00");
    EXPECT_EQ(pushed(Bytes(255)).substr(0, 6), "4cff00");
    EXPECT_EQ(pushed(Bytes(256)).substr(0, 8), "4d000100");
    EXPECT_EQ(pushed(Bytes(65536)).substr(0, 12), "4e0000010000");
}

struct HeightRow {
    u32 height;
    const char* script;
};
// BIP 34's form; 227931 is Bitcoin's first block under it.
class HeightPush : public testing::TestWithParam<HeightRow> {};
TEST_P(HeightPush, IsMinimal)
{
    EXPECT_EQ(to_hex(height_push(Height(GetParam().height))), GetParam().script);
}
INSTANTIATE_TEST_SUITE_P(Heights, HeightPush,
                         testing::Values(HeightRow{0, "00"}, HeightRow{1, "51"},
                                         HeightRow{16, "60"}, HeightRow{17, "0111"},
                                         HeightRow{127, "017f"}, HeightRow{128, "028000"},
                                         HeightRow{32767, "02ff7f"}, HeightRow{32768, "03008000"},
                                         HeightRow{227931, "035b7a03"},
                                         HeightRow{0xffffffff, "05ffffffff00"}));

TEST(Pushes, NumbersAreSignMagnitude)
{
    const auto number = [](i64 value) { return to_hex(ScriptBuilder().push_number(value).take()); };
    EXPECT_EQ(number(0), "00");
    EXPECT_EQ(number(-1), "4f");
    EXPECT_EQ(number(-127), "01ff");
    EXPECT_EQ(number(-128), "028080");
    EXPECT_EQ(number(-255), "02ff80");
    EXPECT_EQ(number(INT64_MIN), "09000000000000008080");
}

TEST(ScriptReader, WalksAndStopsAtABrokenPush)
{
    const Script script = *from_hex("0051024142764c0143");
    ScriptReader reader(script);
    std::vector<std::string> seen;
    while (const auto step = reader.next())
        seen.push_back(std::to_string(step->opcode) + ":" + to_hex(step->data));
    EXPECT_EQ(seen, (std::vector<std::string>{"0:", "81:", "2:4142", "118:", "76:43"}));
    EXPECT_FALSE(reader.broken());

    for (const char* broken :
         {"01", "4c", "4c02aa", "4d", "4d00", "4d0100", "4e000000", "4effffffff", "4b00"}) {
        const Script bad = *from_hex(broken);
        ScriptReader cut(bad);
        EXPECT_FALSE(cut.next()) << broken;
        EXPECT_TRUE(cut.broken()) << broken;
        EXPECT_FALSE(cut.next()) << broken;
    }
}

TEST(Sigops, AreCountedAsBlocksDo)
{
    const auto count = [](const char* script, bool accurate = false) {
        return count_sigops(*from_hex(script), accurate);
    };
    EXPECT_EQ(count(""), 0u);
    EXPECT_EQ(count("ac"), 1u);
    EXPECT_EQ(count("acadac"), 3u);
    EXPECT_EQ(count("52ae"), 20u);
    EXPECT_EQ(count("52ae", true), 2u);
    EXPECT_EQ(count("52af60ae", true), 18u);
    EXPECT_EQ(count("ae", true), 20u);
    EXPECT_EQ(count("01acac"), 1u) << "pushed bytes are no opcodes";
    EXPECT_EQ(count("ac05acacac"), 1u) << "up to the broken push";
}

TEST(Sigops, OfARevealedScript)
{
    const Script redeem = *from_hex("5252ae");
    const Script out = pay_to_script_hash(Hash160{});
    const Script reveal = ScriptBuilder().op(OP_0).push(redeem).take();
    EXPECT_EQ(count_script_hash_sigops(reveal, out), 2u);
    EXPECT_EQ(count_script_hash_sigops(reveal, pay_to_pubkey_hash(Hash160{})), 0u);
    EXPECT_EQ(count_script_hash_sigops({}, out), 0u);
    EXPECT_EQ(count_script_hash_sigops(*from_hex("acae"), out), 0u) << "not pushes alone";
}

TEST(Templates, AreBuiltAndRecognised)
{
    Hash160 hash{};
    hash[0] = 0xaa, hash[19] = 0xbb;
    const auto key33 = Bytes(33, 2);
    Bytes key65(65, 4);
    struct Row {
        Script script;
        ScriptKind kind;
    };
    const Row rows[] = {
        {pay_to_pubkey_hash(hash), ScriptKind::pubkey_hash},
        {pay_to_script_hash(hash), ScriptKind::script_hash},
        {pay_to_pubkey(key33), ScriptKind::pubkey},
        {pay_to_pubkey(key65), ScriptKind::pubkey},
        {null_data(as_bytes("hello")), ScriptKind::null_data},
        {null_data(Bytes(kNullDataBytesMax, 1)), ScriptKind::null_data},
        {*from_hex("6a"), ScriptKind::null_data},
        {*from_hex("6aac"), ScriptKind::other},
        {*from_hex("6a02aa"), ScriptKind::other},
        {{}, ScriptKind::other},
        {*from_hex("51"), ScriptKind::other},
    };
    for (const Row& row : rows) EXPECT_EQ(kind_of(row.script), row.kind) << to_hex(row.script);

    EXPECT_EQ(to_hex(rows[0].script), "76a914aa" + std::string(36, '0') + "bb88ac");
    EXPECT_EQ(to_hex(rows[1].script), "a914aa" + std::string(36, '0') + "bb87");
    EXPECT_EQ(address_of(rows[0].script), (Address{Address::Kind::pubkey_hash, hash}));
    EXPECT_EQ(address_of(rows[1].script), (Address{Address::Kind::script_hash, hash}));
    EXPECT_FALSE(address_of(rows[2].script));
    for (const Address& address :
         {Address{Address::Kind::pubkey_hash, hash}, Address{Address::Kind::script_hash, hash}})
        EXPECT_EQ(address_of(pay_to(address)), address);
}

TEST(Templates, EveryOtherLengthAndByteIsAnotherShape)
{
    for (const Script& good : {pay_to_pubkey_hash(Hash160{}), pay_to_script_hash(Hash160{})}) {
        Script longer = good;
        longer.push_back(0);
        EXPECT_EQ(kind_of(longer), ScriptKind::other);
        EXPECT_EQ(kind_of(ByteView(good).first(good.size() - 1)), ScriptKind::other);
    }
    EXPECT_TRUE(is_unspendable(*from_hex("6a")));
    EXPECT_TRUE(is_unspendable(Script(kScriptBytesMax + 1, OP_1)));
    EXPECT_FALSE(is_unspendable(Script(kScriptBytesMax, OP_1)));
    EXPECT_FALSE(is_unspendable({}));
}

}  // namespace
}  // namespace adit::node::script
