#include <openssl/evp.h>

#include "kernels/base/check.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/crypto/ecdsa.hpp"
#include "node/script/machine.hpp"
#include "node/script/sighash.hpp"

// Opcodes that hash, and those that check signatures.
namespace adit::node::script {
namespace {

Bytes digest(const char* name, ByteView bytes)
{
    Bytes out(EVP_MAX_MD_SIZE);
    std::size_t size = 0;
    ADIT_CHECK(
        EVP_Q_digest(nullptr, name, nullptr, bytes.data(), bytes.size(), out.data(), &size) == 1);
    out.resize(size);
    return out;
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

}  // namespace

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

}  // namespace adit::node::script
