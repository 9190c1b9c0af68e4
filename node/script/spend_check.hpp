#pragma once

#include <functional>

#include "node/script/interpreter.hpp"

/// Scripts in the transaction they stand in.
namespace adit::node::script {

/// Remembers signatures already found good, so that a block does not repeat the mempool's work. Any
/// thread.
class SignatureMemory {
public:
    virtual ~SignatureMemory() = default;
    virtual bool knows(const Hash256& entry) const = 0;
    virtual void remember(const Hash256& entry) = 0;
};

/// The signature and lock time checks of one input. Holds references to what it is made of.
class InputContext final : public SpendContext {
public:
    InputContext(const Transaction& tx, std::size_t input, SignatureMemory* memory = nullptr)
        : tx_(tx), input_(input), memory_(memory)
    {}
    bool check_signature(ByteView signature_and_type, ByteView public_key,
                         ByteView script_code) const override;
    bool check_lock_time(i64 lock_time) const override;

private:
    /// Signature hashes made for this input. Each costs a walk over the whole transaction, and
    /// multisig or a script with many CHECKSIGs asks for the same one again and again.
    static constexpr std::size_t kMadeMax = 8;
    struct Made {
        u8 type = 0;
        Script code;
        Hash256 hash;
    };
    Hash256 hash_for(u8 type, ByteView script_code) const;

    const Transaction& tx_;
    std::size_t input_;
    SignatureMemory* memory_;
    mutable std::vector<Made> made_;  ///< one thread checks an input
    mutable std::size_t oldest_ = 0;
};

/// Whether input `input` of `tx` may spend `spent`.
Result<void, ScriptError> check_spend(const Transaction& tx, std::size_t input, const TxOut& spent,
                                      u32 flags, SignatureMemory* memory = nullptr);

}  // namespace adit::node::script
