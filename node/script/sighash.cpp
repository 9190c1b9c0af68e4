#include "node/script/sighash.hpp"

#include <algorithm>

#include "kernels/hash/sha256d.hpp"
#include "node/script/script.hpp"

namespace adit::node::script {
namespace {

constexpr u32 kTypeMask = 0x1f;

/// The script without CODESEPARATORs.
Script without_separators(ByteView script)
{
    Script kept;
    std::size_t start = 0;
    ScriptReader reader(script);
    while (const auto instruction = reader.next()) {
        const std::size_t end = script.size() - reader.left();
        if (instruction->opcode != OP_CODESEPARATOR)
            append(kept, script.subspan(start, end - start));
        start = end;
    }
    append(kept, script.subspan(start));
    return kept;
}

}  // namespace

Hash256 signature_hash(const Transaction& tx, std::size_t input, ByteView script_code,
                       u32 hash_type)
{
    const u32 kind = hash_type & kTypeMask;
    if (kind == kHashSingle && input >= tx.outputs.size()) {
        Hash256 one;
        one.bytes[0] = 1;
        return one;
    }
    const bool only_this = (hash_type & kHashAnyoneCanPay) != 0;
    const bool others_may_change = kind == kHashNone || kind == kHashSingle;
    const Script code = without_separators(script_code);
    static const Script kNothing;

    Writer w;
    w.number(tx.version);
    w.compact_size(only_this ? 1 : tx.inputs.size());
    for (std::size_t i = only_this ? input : 0; i < (only_this ? input + 1 : tx.inputs.size());
         ++i) {
        describe(w, tx.inputs[i].prevout);
        w.var_bytes(i == input ? code : kNothing);
        w.number(i != input && others_may_change ? u32{0} : tx.inputs[i].sequence);
    }
    const std::size_t outputs = kind == kHashNone     ? 0
                                : kind == kHashSingle ? input + 1
                                                      : tx.outputs.size();
    w.compact_size(outputs);
    static const TxOut kNobodys{-1, {}};
    for (std::size_t i = 0; i < outputs; ++i)
        describe(w, kind == kHashSingle && i != input ? kNobodys : tx.outputs[i]);
    w.number(tx.lock_time);
    w.number(hash_type);
    return hash::sha256d(w.take());
}

std::size_t remove_push(Script& script, ByteView push)
{
    if (push.empty()) return 0;
    std::size_t removed = 0;
    Script kept;
    const ByteView all = script;
    std::size_t at = 0;
    while (true) {
        while (all.size() - at >= push.size() && equal(all.subspan(at, push.size()), push)) {
            at += push.size();
            ++removed;
        }
        ScriptReader reader(all.subspan(at));
        if (!reader.next()) break;
        const std::size_t end = all.size() - reader.left();
        append(kept, all.subspan(at, end - at));
        at = end;
    }
    if (removed == 0) return 0;
    append(kept, all.subspan(at));
    script = std::move(kept);
    return removed;
}

}  // namespace adit::node::script
