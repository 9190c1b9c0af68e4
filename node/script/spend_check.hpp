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
    const Transaction& tx_;
    std::size_t input_;
    SignatureMemory* memory_;
};

/// Whether input `input` of `tx` may spend `spent`.
Result<void, ScriptError> check_spend(const Transaction& tx, std::size_t input, const TxOut& spent,
                                      u32 flags, SignatureMemory* memory = nullptr);

}  // namespace adit::node::script
