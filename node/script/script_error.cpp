#include "node/script/interpreter.hpp"

namespace adit::node::script {

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
