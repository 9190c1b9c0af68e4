#include "node/script/script_text.hpp"

#include <array>

#include "kernels/base/hex.hpp"
#include "node/script/script.hpp"

namespace adit::node::script {
namespace {

constexpr u8 kFirstNamed = 0x4f;

// clang-format off
constexpr std::array<std::string_view, 0xba - kFirstNamed> kNames{
    "-1", "OP_RESERVED", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13",
    "14", "15", "16", "OP_NOP", "OP_VER", "OP_IF", "OP_NOTIF", "OP_VERIF", "OP_VERNOTIF",
    "OP_ELSE", "OP_ENDIF", "OP_VERIFY", "OP_RETURN", "OP_TOALTSTACK", "OP_FROMALTSTACK",
    "OP_2DROP", "OP_2DUP", "OP_3DUP", "OP_2OVER", "OP_2ROT", "OP_2SWAP", "OP_IFDUP", "OP_DEPTH",
    "OP_DROP", "OP_DUP", "OP_NIP", "OP_OVER", "OP_PICK", "OP_ROLL", "OP_ROT", "OP_SWAP",
    "OP_TUCK", "OP_CAT", "OP_SUBSTR", "OP_LEFT", "OP_RIGHT", "OP_SIZE", "OP_INVERT", "OP_AND",
    "OP_OR", "OP_XOR", "OP_EQUAL", "OP_EQUALVERIFY", "OP_RESERVED1", "OP_RESERVED2", "OP_1ADD",
    "OP_1SUB", "OP_2MUL", "OP_2DIV", "OP_NEGATE", "OP_ABS", "OP_NOT", "OP_0NOTEQUAL", "OP_ADD",
    "OP_SUB", "OP_MUL", "OP_DIV", "OP_MOD", "OP_LSHIFT", "OP_RSHIFT", "OP_BOOLAND", "OP_BOOLOR",
    "OP_NUMEQUAL", "OP_NUMEQUALVERIFY", "OP_NUMNOTEQUAL", "OP_LESSTHAN", "OP_GREATERTHAN",
    "OP_LESSTHANOREQUAL", "OP_GREATERTHANOREQUAL", "OP_MIN", "OP_MAX", "OP_WITHIN",
    "OP_RIPEMD160", "OP_SHA1", "OP_SHA256", "OP_HASH160", "OP_HASH256", "OP_CODESEPARATOR",
    "OP_CHECKSIG", "OP_CHECKSIGVERIFY", "OP_CHECKMULTISIG", "OP_CHECKMULTISIGVERIFY", "OP_NOP1",
    "OP_CHECKLOCKTIMEVERIFY", "OP_NOP3", "OP_NOP4", "OP_NOP5", "OP_NOP6", "OP_NOP7", "OP_NOP8",
    "OP_NOP9", "OP_NOP10",
};
// clang-format on
static_assert(kNames[OP_1 - kFirstNamed] == "1" && kNames[OP_RETURN - kFirstNamed] == "OP_RETURN");
static_assert(kNames[OP_DUP - kFirstNamed] == "OP_DUP" && kNames.back() == "OP_NOP10");
static_assert(kNames[OP_CHECKSIG - kFirstNamed] == "OP_CHECKSIG");

/// A script number: little-endian, the top bit of the last byte is the sign.
i64 number_of(ByteView bytes)
{
    i64 value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= i64{bytes[i]} << (8 * i);
    if (bytes.empty() || bytes.back() < 0x80) return value;
    return -(value & ~(i64{0x80} << (8 * (bytes.size() - 1))));
}

}  // namespace

std::string_view opcode_name(u8 opcode)
{
    if (opcode == OP_0) return "0";
    if (opcode < kFirstNamed || opcode - kFirstNamed >= static_cast<int>(kNames.size()))
        return "OP_UNKNOWN";
    return kNames[opcode - kFirstNamed];
}

std::string to_text(ByteView script)
{
    std::string text;
    const auto word = [&](std::string_view w) {
        if (!text.empty()) text += ' ';
        text += w;
    };
    ScriptReader reader(script);
    while (const auto step = reader.next()) {
        if (step->opcode == OP_0 || step->opcode > OP_PUSHDATA4)
            word(opcode_name(step->opcode));
        else
            word(step->data.size() <= 4 ? std::to_string(number_of(step->data))
                                        : to_hex(step->data));
    }
    if (reader.broken()) word("[error]");
    return text;
}

}  // namespace adit::node::script
