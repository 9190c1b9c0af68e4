#include "node/script/interpreter.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/crypto/ecdsa.hpp"
#include "node/script/script_number.hpp"
#include "node/script/sighash.hpp"
#include "node/script/templates.hpp"

namespace adit::node::script {
namespace {

using Step = Result<void, ScriptError>;

const Bytes kTrue{1};
const Bytes kFalse{};

Bytes digest(const char* name, ByteView bytes)
{
    Bytes out(EVP_MAX_MD_SIZE);
    std::size_t size = 0;
    ADIT_CHECK(
        EVP_Q_digest(nullptr, name, nullptr, bytes.data(), bytes.size(), out.data(), &size) == 1);
    out.resize(size);
    return out;
}

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

/// A signature as a plain push, the way it stands in a script that holds itself.
Bytes plain_push(ByteView data)
{
    Writer w;
    if (data.size() < OP_PUSHDATA1) {
        w.number(static_cast<u8>(data.size()));
    } else if (data.size() <= 0xff) {
        w.number(u8{OP_PUSHDATA1}), w.number(static_cast<u8>(data.size()));
    } else {
        w.number(u8{OP_PUSHDATA2}), w.number(static_cast<u16>(data.size()));
    }
    w.raw(data);
    return w.take();
}

Step check_signature_form(ByteView signature, u32 flags)
{
    if (signature.empty()) return {};  // a cheap way to say no
    if ((flags & (kStrictDer | kLowS | kStrictEncoding)) != 0 && !crypto::is_strict_der(signature))
        return ScriptError::sig_der;
    if ((flags & kLowS) != 0 && !crypto::has_low_s(signature.first(signature.size() - 1)))
        return ScriptError::sig_high_s;
    const u32 type = signature.back() & ~u32{kHashAnyoneCanPay};
    if ((flags & kStrictEncoding) != 0 && (type < kHashAll || type > kHashSingle))
        return ScriptError::sig_hash_type;
    return {};
}

Step check_key_form(ByteView key, u32 flags)
{
    if ((flags & kStrictEncoding) == 0) return {};
    const bool compressed = key.size() == 33 && (key[0] == 2 || key[0] == 3);
    const bool whole = key.size() == 65 && key[0] == 4;
    if (!compressed && !whole) return ScriptError::pubkey_type;
    return {};
}

/// One run of one script.
class Machine {
public:
    Machine(Stack& stack, ByteView script, u32 flags, const SpendContext& context)
        : stack_(stack), script_(script), flags_(flags), context_(context)
    {}

    Step run()
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

private:
    bool running() const
    {
        return std::find(branches_.begin(), branches_.end(), false) == branches_.end();
    }

    Step take(const Instruction& step)
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
        if (step.opcode >= OP_SIZE && step.opcode <= OP_EQUALVERIFY)
            return compare_bytes(step.opcode);
        if (step.opcode >= OP_1ADD && step.opcode <= OP_WITHIN) return arithmetic(step.opcode);
        if (step.opcode >= OP_RIPEMD160 && step.opcode <= OP_HASH256) return hash(step.opcode);
        if (step.opcode >= OP_CODESEPARATOR && step.opcode <= OP_CHECKMULTISIGVERIFY)
            return signatures(step.opcode);
        return upgradable(step.opcode);
    }

    Step flow(u8 opcode)
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

    Step upgradable(u8 opcode)
    {
        if (opcode == OP_CHECKLOCKTIMEVERIFY && (flags_ & kCheckLockTime) != 0) return lock_time();
        if (opcode < OP_NOP1 || opcode > OP_NOP10) return ScriptError::bad_opcode;
        if ((flags_ & kDiscourageUpgradableNops) != 0)
            return ScriptError::discourage_upgradable_nops;
        return {};
    }

    Step lock_time()
    {
        if (stack_.empty()) return ScriptError::invalid_stack_operation;
        const auto wanted = read_number(top(), kLockTimeBytesMax, minimal());
        if (!wanted) return ScriptError::number;
        if (*wanted < 0) return ScriptError::negative_lock_time;
        if (!context_.check_lock_time(*wanted)) return ScriptError::unsatisfied_lock_time;
        return {};
    }

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
    void push_bool(bool value) { stack_.push_back(value ? kTrue : kFalse); }
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

Step Machine::hash(u8 opcode)
{
    if (!has(1)) return ScriptError::invalid_stack_operation;
    const Bytes input = std::move(top());
    const auto copy = [](const auto& array) { return Bytes(array.begin(), array.end()); };
    switch (opcode) {
        case OP_RIPEMD160: top() = digest("RIPEMD160", input); break;
        case OP_SHA1: top() = digest("SHA1", input); break;
        case OP_SHA256: top() = copy(hash::sha256(input).bytes); break;
        case OP_HASH160: top() = copy(hash::hash160(input)); break;
        default: top() = copy(hash::sha256d(input).bytes); break;  // HASH256
    }
    return {};
}

Step Machine::signatures(u8 opcode)
{
    switch (opcode) {
        case OP_CODESEPARATOR: code_start_ = end_; return {};
        case OP_CHECKSIG:
        case OP_CHECKSIGVERIFY: return check_sig(opcode);
        default: return check_multisig(opcode);
    }
}

Step Machine::check_sig(u8 opcode)
{
    if (!has(2)) return ScriptError::invalid_stack_operation;
    const Bytes signature = top(1);
    const Bytes key = top();
    Script script_code(code().begin(), code().end());
    remove_push(script_code, plain_push(signature));
    ADIT_CHECKED(check_signature_form(signature, flags_));
    ADIT_CHECKED(check_key_form(key, flags_));
    const bool good = !signature.empty() && context_.check_signature(signature, key, script_code);
    pop(2);
    push_bool(good);
    return opcode == OP_CHECKSIGVERIFY ? pop_true(ScriptError::check_sig_verify) : Step{};
}

Step Machine::check_multisig(u8 opcode)
{
    // From the top: count of keys, keys, count of signatures, signatures, one spare element.
    if (!has(1)) return ScriptError::invalid_stack_operation;
    const auto keys = number_at(0);
    if (!keys) return ScriptError::number;
    if (*keys < 0 || *keys > kMultisigKeysMax) return ScriptError::pubkey_count;
    operations_ += static_cast<int>(*keys);
    if (operations_ > kOperationsMax) return ScriptError::op_count;
    const auto key_count = static_cast<std::size_t>(*keys);
    if (!has(key_count + 2)) return ScriptError::invalid_stack_operation;
    const auto signatures = number_at(key_count + 1);
    if (!signatures) return ScriptError::number;
    if (*signatures < 0 || *signatures > *keys) return ScriptError::sig_count;
    const auto signature_count = static_cast<std::size_t>(*signatures);
    const std::size_t spare = key_count + signature_count + 2;
    if (!has(spare + 1)) return ScriptError::invalid_stack_operation;

    const std::size_t first_signature = key_count + 2;
    Script script_code(code().begin(), code().end());
    for (std::size_t i = 0; i < signature_count; ++i)
        remove_push(script_code, plain_push(top(first_signature + i)));

    // Both lists from the top down, each signature by a later key than the one before.
    std::size_t used = 0;
    std::size_t matched = 0;
    while (matched < signature_count && signature_count - matched <= key_count - used) {
        const Bytes& signature = top(first_signature + matched);
        const Bytes& key = top(1 + used);
        ADIT_CHECKED(check_signature_form(signature, flags_));
        ADIT_CHECKED(check_key_form(key, flags_));
        if (!signature.empty() && context_.check_signature(signature, key, script_code)) ++matched;
        ++used;
    }
    if ((flags_ & kNullDummy) != 0 && !top(spare).empty()) return ScriptError::sig_null_dummy;
    pop(spare + 1);
    push_bool(matched == signature_count);
    return opcode == OP_CHECKMULTISIGVERIFY ? pop_true(ScriptError::check_multisig_verify) : Step{};
}

}  // namespace

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

std::string_view to_string(ScriptError error)
{
    static constexpr std::string_view kWords[]{"eval_false",
                                               "op_return",
                                               "script_size",
                                               "push_size",
                                               "op_count",
                                               "stack_size",
                                               "sig_count",
                                               "pubkey_count",
                                               "verify",
                                               "equal_verify",
                                               "check_sig_verify",
                                               "check_multisig_verify",
                                               "num_equal_verify",
                                               "bad_opcode",
                                               "disabled_opcode",
                                               "invalid_stack_operation",
                                               "invalid_alt_stack_operation",
                                               "unbalanced_conditional",
                                               "number",
                                               "negative_lock_time",
                                               "unsatisfied_lock_time",
                                               "sig_hash_type",
                                               "sig_der",
                                               "minimal_data",
                                               "sig_push_only",
                                               "sig_high_s",
                                               "sig_null_dummy",
                                               "pubkey_type",
                                               "clean_stack",
                                               "discourage_upgradable_nops"};
    static_assert(std::size(kWords) ==
                  static_cast<std::size_t>(ScriptError::discourage_upgradable_nops) + 1);
    return kWords[static_cast<std::size_t>(error)];
}

std::string_view sentence(ScriptError error)
{
    static constexpr std::string_view kSentences[]{
        "Script evaluated without error but finished with a false/empty top stack element",
        "OP_RETURN was encountered",
        "Script is too big",
        "Push value size limit exceeded",
        "Operation limit exceeded",
        "Stack size limit exceeded",
        "Signature count negative or greater than pubkey count",
        "Pubkey count negative or limit exceeded",
        "Script failed an OP_VERIFY operation",
        "Script failed an OP_EQUALVERIFY operation",
        "Script failed an OP_CHECKSIGVERIFY operation",
        "Script failed an OP_CHECKMULTISIGVERIFY operation",
        "Script failed an OP_NUMEQUALVERIFY operation",
        "Opcode missing or not understood",
        "Attempted to use a disabled opcode",
        "Operation not valid with the current stack size",
        "Operation not valid with the current altstack size",
        "Invalid OP_IF construction",
        "Number too long or not minimally encoded",
        "Negative locktime",
        "Locktime requirement not satisfied",
        "Signature hash type missing or not understood",
        "Non-canonical DER signature",
        "Data push larger than necessary",
        "Only push operators allowed in signature scripts",
        "Non-canonical signature: S value is unnecessarily high",
        "Dummy CHECKMULTISIG argument must be zero",
        "Public key is neither compressed or uncompressed",
        "Extra items left on stack after execution",
        "NOPx reserved for soft-fork upgrades"};
    static_assert(std::size(kSentences) ==
                  static_cast<std::size_t>(ScriptError::discourage_upgradable_nops) + 1);
    return kSentences[static_cast<std::size_t>(error)];
}

}  // namespace adit::node::script
