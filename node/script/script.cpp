#include "node/script/script.hpp"

#include "kernels/base/endian.hpp"
#include "node/script/script_number.hpp"
#include "node/script/templates.hpp"

namespace adit::node::script {
namespace {

constexpr u32 kMultisigSigops = 20;  // counted when the number of keys is not known

/// OP_1 … OP_16 as numbers; nullopt for other opcodes.
std::optional<u32> small_number(u8 opcode)
{
    if (opcode < OP_1 || opcode > OP_16) return std::nullopt;
    return opcode - OP_1 + 1u;
}

/// Bytes of the length field behind a push opcode.
std::size_t length_bytes(u8 opcode)
{
    if (opcode == OP_PUSHDATA1) return 1;
    if (opcode == OP_PUSHDATA2) return 2;
    return opcode == OP_PUSHDATA4 ? 4 : 0;
}

}  // namespace

ScriptBuilder& ScriptBuilder::op(Opcode opcode)
{
    script_.push_back(opcode);
    return *this;
}

ScriptBuilder& ScriptBuilder::push(ByteView data)
{
    if (data.empty()) return op(OP_0);
    if (data.size() == 1 && data[0] >= 1 && data[0] <= 16)
        return op(static_cast<Opcode>(OP_1 + data[0] - 1));
    if (data.size() == 1 && data[0] == 0x81) return op(OP_1NEGATE);
    Writer prefix;
    if (data.size() < OP_PUSHDATA1) {
        prefix.number(static_cast<u8>(data.size()));
    } else if (data.size() <= 0xff) {
        prefix.number(u8{OP_PUSHDATA1}), prefix.number(static_cast<u8>(data.size()));
    } else if (data.size() <= 0xffff) {
        prefix.number(u8{OP_PUSHDATA2}), prefix.number(static_cast<u16>(data.size()));
    } else {
        prefix.number(u8{OP_PUSHDATA4}), prefix.number(static_cast<u32>(data.size()));
    }
    append(script_, prefix.take());
    append(script_, data);
    return *this;
}

ScriptBuilder& ScriptBuilder::push_number(i64 value) { return push(write_number(value)); }

Script height_push(Height height) { return ScriptBuilder().push_number(height.value).take(); }

std::optional<Instruction> ScriptReader::next()
{
    if (rest_.empty() || broken_) return std::nullopt;
    Instruction step{rest_[0], {}};
    rest_ = rest_.subspan(1);
    if (step.opcode > OP_PUSHDATA4) return step;

    std::size_t size = step.opcode;
    if (const std::size_t field = length_bytes(step.opcode); field != 0) {
        if (rest_.size() < field) {
            broken_ = true;
            return std::nullopt;
        }
        size = 0;
        for (std::size_t i = field; i-- > 0;) size = size << 8 | rest_[i];
        rest_ = rest_.subspan(field);
    }
    if (rest_.size() < size) {
        broken_ = true;
        return std::nullopt;
    }
    step.data = rest_.first(size);
    rest_ = rest_.subspan(size);
    return step;
}

u32 count_sigops(ByteView script, bool accurate)
{
    u32 count = 0;
    u8 before = OP_0;
    ScriptReader reader(script);
    while (const auto step = reader.next()) {
        if (step->opcode == OP_CHECKSIG || step->opcode == OP_CHECKSIGVERIFY) ++count;
        if (step->opcode == OP_CHECKMULTISIG || step->opcode == OP_CHECKMULTISIGVERIFY) {
            const auto keys = accurate ? small_number(before) : std::nullopt;
            count += keys.value_or(kMultisigSigops);
        }
        before = step->opcode;
    }
    return count;
}

u32 count_script_hash_sigops(ByteView script_sig, ByteView script_pubkey)
{
    if (kind_of(script_pubkey) != ScriptKind::script_hash) return 0;
    ByteView revealed;
    ScriptReader reader(script_sig);
    while (const auto step = reader.next()) {
        if (!step->is_push()) return 0;
        revealed = step->data;
    }
    return reader.broken() ? 0 : count_sigops(revealed, true);
}

bool is_push_only(ByteView script)
{
    ScriptReader reader(script);
    while (const auto step = reader.next())
        if (!step->is_push()) return false;
    return !reader.broken();
}

}  // namespace adit::node::script
