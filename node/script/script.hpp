#pragma once

#include <optional>

#include "node/primitives/transaction.hpp"
#include "node/script/opcodes.hpp"

/// Scripts as bytes with meaning: opcodes, pushes, a walk over them, and the sigop count. The
/// numbers are Bitcoin's. What a script does when run is the interpreter's matter.
namespace adit::node::script {

inline constexpr std::size_t kScriptBytesMax = 10'000;
inline constexpr std::size_t kPushBytesMax = 520;

/// Puts a script together. Pushes are always the shortest form there is.
class ScriptBuilder {
public:
    ScriptBuilder& op(Opcode opcode);
    ScriptBuilder& push(ByteView data);     ///< up to 2^32-1 bytes; OP_0, OP_1 … where they fit
    ScriptBuilder& push_number(i64 value);  ///< little-endian sign-magnitude, no spare bytes
    Script take() { return std::move(script_); }

private:
    Script script_;
};

/// The push of its height that a coinbase script must begin with (BIP 34).
Script height_push(Height height);

/// One step of a script: an opcode, and the bytes it pushes when it is a push.
struct Instruction {
    u8 opcode = 0;
    ByteView data;

    bool is_push() const { return opcode <= OP_16; }
};

/// Walks over a script it does not own. `next` gives nullopt at the end and for a push that runs
/// past it; `broken` tells the two apart.
class ScriptReader {
public:
    explicit ScriptReader(ByteView script) : rest_(script) {}
    std::optional<Instruction> next();
    bool broken() const { return broken_; }
    std::size_t left() const { return rest_.size(); }  ///< bytes behind what `next` gave last

private:
    ByteView rest_;
    bool broken_ = false;
};

/// Signature checks as blocks count them: CHECKSIG 1, CHECKMULTISIG 20, everything up to the first
/// broken push. `accurate`: CHECKMULTISIG counts the number of keys pushed just before it.
u32 count_sigops(ByteView script, bool accurate = false);

/// Sigops of the script that a pay-to-script-hash input reveals; 0 for other outputs.
u32 count_script_hash_sigops(ByteView script_sig, ByteView script_pubkey);

/// Nothing but pushes, none of them broken.
bool is_push_only(ByteView script);

}  // namespace adit::node::script
