#pragma once

#include "node/script/interpreter.hpp"
#include "node/script/script_number.hpp"

/// Inside the room: the stack machine's workings, by families of opcodes.
namespace adit::node::script {

using Step = Result<void, ScriptError>;

/// One run of one script.
class Machine {
public:
    Machine(Stack& stack, ByteView script, u32 flags, const SpendContext& context)
        : stack_(stack), script_(script), flags_(flags), context_(context)
    {}

    Step run();

private:
    bool running() const;
    Step take(const Instruction& step);
    Step flow(u8 opcode);
    Step upgradable(u8 opcode);
    Step lock_time();
    Step shuffle(u8 opcode);
    Step compare_bytes(u8 opcode);
    Step arithmetic(u8 opcode);
    Step unary(u8 opcode);
    Step hash(u8 opcode);
    Step signatures(u8 opcode);
    Step check_sig(u8 opcode);
    Step check_multisig(u8 opcode);

    bool minimal() const { return (flags_ & kMinimalData) != 0; }
    bool has(std::size_t count) const { return stack_.size() >= count; }
    Bytes& top(std::size_t below = 0) { return stack_[stack_.size() - 1 - below]; }
    void push(Bytes bytes) { stack_.push_back(std::move(bytes)); }
    void push_bool(bool value) { stack_.push_back(value ? Bytes{1} : Bytes{}); }
    void pop(std::size_t count) { stack_.resize(stack_.size() - count); }
    std::optional<i64> number_at(std::size_t below)
    {
        return read_number(top(below), kOperandBytesMax, minimal());
    }

    /// Takes the top away, which must be true.
    Step pop_true(ScriptError error)
    {
        if (!has(1)) return ScriptError::invalid_stack_operation;
        if (!as_bool(top())) return error;
        pop(1);
        return {};
    }

    /// What a signature here covers: from behind the last CODESEPARATOR that ran.
    ByteView code() const { return script_.subspan(code_start_); }

    Stack& stack_;
    Stack alt_;
    ByteView script_;
    u32 flags_;
    const SpendContext& context_;
    std::vector<bool> branches_;  ///< of the IFs around this place: whether each runs
    int operations_ = 0;
    std::size_t end_ = 0;  ///< behind the current instruction
    std::size_t code_start_ = 0;
};

}  // namespace adit::node::script
