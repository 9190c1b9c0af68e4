#pragma once

#include <string_view>
#include <vector>

#include "kernels/base/result.hpp"
#include "node/script/script.hpp"

/// The stack machine, with Bitcoin's rules from before segregated witness. Limits first.
namespace adit::node::script {

inline constexpr int kOperationsMax = 201;  ///< counted opcodes, and each key of CHECKMULTISIG
inline constexpr int kMultisigKeysMax = 20;
inline constexpr std::size_t kStackMax = 1'000;  ///< elements of both stacks together

/// Rules that may be on or off.
enum Flags : u32 {
    kNoFlags = 0,
    kPayToScriptHash = 1u << 0,  ///< BIP 16
    kStrictEncoding = 1u << 1,   ///< known hash types and key forms only
    kStrictDer = 1u << 2,        ///< BIP 66
    kLowS = 1u << 3,             ///< BIP 62, rule 5
    kNullDummy = 1u << 4,        ///< CHECKMULTISIG's spare element is empty
    kSigPushOnly = 1u << 5,      ///< BIP 62, rule 2
    kMinimalData = 1u << 6,      ///< BIP 62, rules 3 and 4
    kDiscourageUpgradableNops = 1u << 7,
    kCleanStack = 1u << 8,     ///< BIP 62, rule 6; needs kPayToScriptHash
    kCheckLockTime = 1u << 9,  ///< BIP 65
};

/// What every block must keep / what we relay and put into our blocks.
inline constexpr u32 kConsensusFlags = kPayToScriptHash | kStrictDer | kCheckLockTime;
inline constexpr u32 kPolicyFlags = kConsensusFlags | kStrictEncoding | kLowS | kNullDummy |
                                    kMinimalData | kDiscourageUpgradableNops | kCleanStack;

enum class ScriptError {
    eval_false,
    op_return,
    script_size,
    push_size,
    op_count,
    stack_size,
    sig_count,
    pubkey_count,
    verify,
    equal_verify,
    check_sig_verify,
    check_multisig_verify,
    num_equal_verify,
    bad_opcode,
    disabled_opcode,
    invalid_stack_operation,
    invalid_alt_stack_operation,
    unbalanced_conditional,
    number,
    negative_lock_time,
    unsatisfied_lock_time,
    sig_hash_type,
    sig_der,
    minimal_data,
    sig_push_only,
    sig_high_s,
    sig_null_dummy,
    pubkey_type,
    clean_stack,
    discourage_upgradable_nops,
};
/// A word for logs: "sig_der".
std::string_view to_string(ScriptError error);
/// The family's sentence, as in "mandatory-script-verify-flag-failed (…)".
std::string_view sentence(ScriptError error);

/// What a script may ask about the transaction around it.
class SpendContext {
public:
    virtual ~SpendContext() = default;
    /// @param signature_and_type  never empty; the last byte is the hash type
    virtual bool check_signature(ByteView signature_and_type, ByteView public_key,
                                 ByteView script_code) const = 0;
    virtual bool check_lock_time(i64 lock_time) const = 0;
};

using Stack = std::vector<Bytes>;

/// Runs one script on a stack.
Result<void, ScriptError> run(Stack& stack, ByteView script, u32 flags,
                              const SpendContext& context);

/// Whether `script_sig` may spend an output with `script_pubkey`, pay-to-script-hash included.
Result<void, ScriptError> verify_spend(ByteView script_sig, ByteView script_pubkey, u32 flags,
                                       const SpendContext& context);

}  // namespace adit::node::script
