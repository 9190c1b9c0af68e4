#include <algorithm>

#include "node/script/machine.hpp"

// Opcodes that move, compare and count what is on the stack.
namespace adit::node::script {

Step Machine::shuffle(u8 opcode)
{
    // Elements each needs, from TOALTSTACK on.
    static constexpr std::size_t kNeeds[]{1, 0, 2, 2, 3, 4, 6, 4, 1, 0, 1, 1, 2, 2, 2, 2, 3, 2, 2};
    if (!has(kNeeds[opcode - OP_TOALTSTACK])) return ScriptError::invalid_stack_operation;
    switch (opcode) {
        case OP_TOALTSTACK:
            alt_.push_back(top());
            pop(1);
            break;
        case OP_FROMALTSTACK:
            if (alt_.empty()) return ScriptError::invalid_alt_stack_operation;
            push(alt_.back());
            alt_.pop_back();
            break;
        case OP_2DROP: pop(2); break;
        case OP_2DUP:
            push(Bytes(top(1)));
            push(Bytes(top(1)));
            break;
        case OP_3DUP:
            for (int i = 0; i < 3; ++i) push(Bytes(top(2)));
            break;
        case OP_2OVER:
            push(Bytes(top(3)));
            push(Bytes(top(3)));
            break;
        case OP_2ROT: std::rotate(stack_.end() - 6, stack_.end() - 4, stack_.end()); break;
        case OP_2SWAP: std::rotate(stack_.end() - 4, stack_.end() - 2, stack_.end()); break;
        case OP_IFDUP:
            if (as_bool(top())) push(Bytes(top()));
            break;
        case OP_DEPTH: push(write_number(static_cast<i64>(stack_.size()))); break;
        case OP_DROP: pop(1); break;
        case OP_DUP: push(Bytes(top())); break;
        case OP_NIP: stack_.erase(stack_.end() - 2); break;
        case OP_OVER: push(Bytes(top(1))); break;
        case OP_PICK:
        case OP_ROLL: {
            const auto depth = number_at(0);
            if (!depth) return ScriptError::number;
            pop(1);
            if (*depth < 0 || !has(static_cast<std::size_t>(*depth) + 1))
                return ScriptError::invalid_stack_operation;
            const auto at = stack_.end() - 1 - *depth;
            Bytes element = *at;
            if (opcode == OP_ROLL) stack_.erase(at);
            push(std::move(element));
            break;
        }
        case OP_ROT: std::rotate(stack_.end() - 3, stack_.end() - 2, stack_.end()); break;
        case OP_SWAP: std::swap(top(), top(1)); break;
        case OP_TUCK: stack_.insert(stack_.end() - 2, Bytes(top())); break;
        default: return ScriptError::bad_opcode;
    }
    return {};
}

Step Machine::compare_bytes(u8 opcode)
{
    if (opcode == OP_SIZE) {
        if (!has(1)) return ScriptError::invalid_stack_operation;
        push(write_number(static_cast<i64>(top().size())));
        return {};
    }
    if (opcode != OP_EQUAL && opcode != OP_EQUALVERIFY) return ScriptError::bad_opcode;
    if (!has(2)) return ScriptError::invalid_stack_operation;
    const bool same = top() == top(1);
    pop(2);
    push_bool(same);
    return opcode == OP_EQUALVERIFY ? pop_true(ScriptError::equal_verify) : Step{};
}

Step Machine::unary(u8 opcode)
{
    if (!has(1)) return ScriptError::invalid_stack_operation;
    const auto a = number_at(0);
    if (!a) return ScriptError::number;
    i64 result = 0;
    switch (opcode) {
        case OP_1ADD: result = *a + 1; break;
        case OP_1SUB: result = *a - 1; break;
        case OP_NEGATE: result = -*a; break;
        case OP_ABS: result = *a < 0 ? -*a : *a; break;
        case OP_NOT: result = *a == 0 ? 1 : 0; break;
        default: result = *a != 0 ? 1 : 0; break;  // 0NOTEQUAL
    }
    pop(1);
    push(write_number(result));
    return {};
}

Step Machine::arithmetic(u8 opcode)
{
    if (opcode <= OP_0NOTEQUAL) return unary(opcode);
    const std::size_t needs = opcode == OP_WITHIN ? 3 : 2;
    if (!has(needs)) return ScriptError::invalid_stack_operation;
    const auto a = number_at(needs - 1);
    const auto b = number_at(needs - 2);
    const auto c = opcode == OP_WITHIN ? number_at(0) : std::optional<i64>{0};
    if (!a || !b || !c) return ScriptError::number;
    pop(needs);
    switch (opcode) {
        case OP_ADD: push(write_number(*a + *b)); break;
        case OP_SUB: push(write_number(*a - *b)); break;
        case OP_BOOLAND: push_bool(*a != 0 && *b != 0); break;
        case OP_BOOLOR: push_bool(*a != 0 || *b != 0); break;
        case OP_NUMEQUAL:
        case OP_NUMEQUALVERIFY: push_bool(*a == *b); break;
        case OP_NUMNOTEQUAL: push_bool(*a != *b); break;
        case OP_LESSTHAN: push_bool(*a < *b); break;
        case OP_GREATERTHAN: push_bool(*a > *b); break;
        case OP_LESSTHANOREQUAL: push_bool(*a <= *b); break;
        case OP_GREATERTHANOREQUAL: push_bool(*a >= *b); break;
        case OP_MIN: push(write_number(std::min(*a, *b))); break;
        case OP_MAX: push(write_number(std::max(*a, *b))); break;
        default: push_bool(*b <= *a && *a < *c); break;  // WITHIN
    }
    return opcode == OP_NUMEQUALVERIFY ? pop_true(ScriptError::num_equal_verify) : Step{};
}

}  // namespace adit::node::script
