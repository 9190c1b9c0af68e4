#include "node/script/interpreter.hpp"

#include <algorithm>

#include "node/script/machine.hpp"
#include "node/script/templates.hpp"

namespace adit::node::script {
namespace {

bool is_disabled(u8 opcode)
{
    return (opcode >= OP_CAT && opcode <= OP_RIGHT) || (opcode >= OP_INVERT && opcode <= OP_XOR) ||
           opcode == OP_2MUL || opcode == OP_2DIV || (opcode >= OP_MUL && opcode <= OP_RSHIFT);
}

/// Whether data was pushed in the shortest way.
bool is_minimal_push(const Instruction& step)
{
    const std::size_t size = step.data.size();
    if (size == 0) return step.opcode == OP_0;
    if (size == 1 && step.data[0] >= 1 && step.data[0] <= 16)
        return step.opcode == OP_1 + step.data[0] - 1;
    if (size == 1 && step.data[0] == 0x81) return step.opcode == OP_1NEGATE;
    if (size < OP_PUSHDATA1) return step.opcode == size;
    if (size <= 0xff) return step.opcode == OP_PUSHDATA1;
    if (size <= 0xffff) return step.opcode == OP_PUSHDATA2;
    return true;
}

}  // namespace

Step Machine::run()
{
    if (script_.size() > kScriptBytesMax) return ScriptError::script_size;
    ScriptReader reader(script_);
    while (const auto step = reader.next()) {
        end_ = script_.size() - reader.left();
        ADIT_CHECKED(take(*step));
        if (stack_.size() + alt_.size() > kStackMax) return ScriptError::stack_size;
    }
    if (reader.broken()) return ScriptError::bad_opcode;
    if (!branches_.empty()) return ScriptError::unbalanced_conditional;
    return {};
}

bool Machine::running() const
{
    return std::find(branches_.begin(), branches_.end(), false) == branches_.end();
}

Step Machine::take(const Instruction& step)
{
    if (step.data.size() > kPushBytesMax) return ScriptError::push_size;
    if (step.opcode > OP_16 && ++operations_ > kOperationsMax) return ScriptError::op_count;
    if (is_disabled(step.opcode)) return ScriptError::disabled_opcode;
    const bool conditional = step.opcode >= OP_IF && step.opcode <= OP_ENDIF;
    if (!running() && !conditional) return {};
    if (step.opcode <= OP_PUSHDATA4) {
        if ((flags_ & kMinimalData) != 0 && !is_minimal_push(step))
            return ScriptError::minimal_data;
        push(Bytes(step.data.begin(), step.data.end()));
        return {};
    }
    if (step.opcode == OP_1NEGATE || (step.opcode >= OP_1 && step.opcode <= OP_16)) {
        push(write_number(step.opcode - (OP_1 - 1)));
        return {};
    }
    if (step.opcode <= OP_RETURN) return flow(step.opcode);
    if (step.opcode <= OP_TUCK) return shuffle(step.opcode);
    if (step.opcode >= OP_SIZE && step.opcode <= OP_EQUALVERIFY) return compare_bytes(step.opcode);
    if (step.opcode >= OP_1ADD && step.opcode <= OP_WITHIN) return arithmetic(step.opcode);
    if (step.opcode >= OP_RIPEMD160 && step.opcode <= OP_HASH256) return hash(step.opcode);
    if (step.opcode >= OP_CODESEPARATOR && step.opcode <= OP_CHECKMULTISIGVERIFY)
        return signatures(step.opcode);
    return upgradable(step.opcode);
}

Step Machine::flow(u8 opcode)
{
    switch (opcode) {
        case OP_NOP: return {};
        case OP_IF:
        case OP_NOTIF: {
            bool taken = false;
            if (running()) {
                if (stack_.empty()) return ScriptError::unbalanced_conditional;
                taken = as_bool(top()) == (opcode == OP_IF);
                stack_.pop_back();
            }
            branches_.push_back(taken);
            return {};
        }
        case OP_ELSE:
            if (branches_.empty()) return ScriptError::unbalanced_conditional;
            branches_.back() = !branches_.back();
            return {};
        case OP_ENDIF:
            if (branches_.empty()) return ScriptError::unbalanced_conditional;
            branches_.pop_back();
            return {};
        case OP_VERIFY: return pop_true(ScriptError::verify);
        case OP_RETURN: return ScriptError::op_return;
        default: return ScriptError::bad_opcode;  // RESERVED, VER, VERIF, VERNOTIF
    }
}

Step Machine::upgradable(u8 opcode)
{
    if (opcode == OP_CHECKLOCKTIMEVERIFY && (flags_ & kCheckLockTime) != 0) return lock_time();
    if (opcode < OP_NOP1 || opcode > OP_NOP10) return ScriptError::bad_opcode;
    if ((flags_ & kDiscourageUpgradableNops) != 0) return ScriptError::discourage_upgradable_nops;
    return {};
}

Step Machine::lock_time()
{
    if (stack_.empty()) return ScriptError::invalid_stack_operation;
    const auto wanted = read_number(top(), kLockTimeBytesMax, minimal());
    if (!wanted) return ScriptError::number;
    if (*wanted < 0) return ScriptError::negative_lock_time;
    if (!context_.check_lock_time(*wanted)) return ScriptError::unsatisfied_lock_time;
    return {};
}

Result<void, ScriptError> run(Stack& stack, ByteView script, u32 flags, const SpendContext& context)
{
    return Machine(stack, script, flags, context).run();
}

Result<void, ScriptError> verify_spend(ByteView script_sig, ByteView script_pubkey, u32 flags,
                                       const SpendContext& context)
{
    if ((flags & kSigPushOnly) != 0 && !is_push_only(script_sig)) return ScriptError::sig_push_only;
    Stack stack;
    ADIT_CHECKED(run(stack, script_sig, flags, context));
    Stack pushed = stack;
    ADIT_CHECKED(run(stack, script_pubkey, flags, context));
    if (stack.empty() || !as_bool(stack.back())) return ScriptError::eval_false;

    if ((flags & kPayToScriptHash) != 0 && kind_of(script_pubkey) == ScriptKind::script_hash) {
        if (!is_push_only(script_sig)) return ScriptError::sig_push_only;
        stack = std::move(pushed);
        const Bytes redeem_script = std::move(stack.back());  // the hash matched, so there is one
        stack.pop_back();
        ADIT_CHECKED(run(stack, redeem_script, flags, context));
        if (stack.empty() || !as_bool(stack.back())) return ScriptError::eval_false;
    }
    if ((flags & kCleanStack) != 0 && stack.size() != 1) return ScriptError::clean_stack;
    return {};
}

}  // namespace adit::node::script
