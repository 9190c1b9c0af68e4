#include "node/script/script_text.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"

namespace adit::node::script {
namespace {

struct TextRow {
    const char* hex;
    const char* text;
};

class ScriptText : public testing::TestWithParam<TextRow> {};

TEST_P(ScriptText, ReadsAsTheFieldWritesIt)
{
    EXPECT_EQ(to_text(*from_hex(GetParam().hex)), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ScriptText,
    testing::Values(
        TextRow{"", ""}, TextRow{"00", "0"}, TextRow{"4f5160", "-1 1 16"},
        TextRow{"76a914000102030405060708090a0b0c0d0e0f1011121388ac",
                "OP_DUP OP_HASH160 000102030405060708090a0b0c0d0e0f10111213 OP_EQUALVERIFY "
                "OP_CHECKSIG"},
        TextRow{"a914000102030405060708090a0b0c0d0e0f1011121387",
                "OP_HASH160 000102030405060708090a0b0c0d0e0f10111213 OP_EQUAL"},
        // The genesis coinbase script of the Zcash family's first blocks: two short pushes.
        TextRow{"04ffff071f0104", "520617983 4"}, TextRow{"0180", "0"}, TextRow{"0181", "-1"},
        TextRow{"02e803", "1000"}, TextRow{"02e883", "-1000"}, TextRow{"04ffffff7f", "2147483647"},
        TextRow{"0500000000ff", "00000000ff"}, TextRow{"4c0101", "1"}, TextRow{"4c00", "0"},
        TextRow{"6a0461626364", "OP_RETURN 1684234849"},
        TextRow{"b1b2", "OP_CHECKLOCKTIMEVERIFY OP_NOP3"},
        TextRow{"b9baff", "OP_NOP10 OP_UNKNOWN OP_UNKNOWN"},
        TextRow{"ac05ab", "OP_CHECKSIG [error]"}, TextRow{"4d01", "[error]"}));

}  // namespace
}  // namespace adit::node::script
