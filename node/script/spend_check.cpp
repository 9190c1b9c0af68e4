#include "node/script/spend_check.hpp"

#include "kernels/hash/sha256d.hpp"
#include "node/crypto/ecdsa.hpp"
#include "node/script/sighash.hpp"

namespace adit::node::script {
namespace {

constexpr i64 kLockTimeThreshold = 500'000'000;  ///< below: a height; from here: Unix seconds
constexpr u32 kSequenceFinal = 0xffffffff;

}  // namespace

bool InputContext::check_signature(ByteView signature_and_type, ByteView public_key,
                                   ByteView script_code) const
{
    const u8 type = signature_and_type.back();
    const ByteView signature = signature_and_type.first(signature_and_type.size() - 1);
    const Hash256 hash = hash_for(type, script_code);
    if (memory_ == nullptr) return crypto::verify(public_key, hash, signature);

    Bytes text(hash.bytes.begin(), hash.bytes.end());
    append(text, public_key);
    append(text, signature);
    const Hash256 entry = hash::sha256(text);
    if (memory_->knows(entry)) return true;
    if (!crypto::verify(public_key, hash, signature)) return false;
    memory_->remember(entry);
    return true;
}

Hash256 InputContext::hash_for(u8 type, ByteView script_code) const
{
    for (const Made& made : made_)
        if (made.type == type && equal(made.code, script_code)) return made.hash;
    Made made{type, Script(script_code.begin(), script_code.end()),
              signature_hash(tx_, input_, script_code, type)};
    if (made_.size() < kMadeMax) return made_.emplace_back(std::move(made)).hash;
    oldest_ = (oldest_ + 1) % kMadeMax;
    return (made_[oldest_] = std::move(made)).hash;
}

bool InputContext::check_lock_time(i64 lock_time) const
{
    // Heights compare with heights, times with times; and the transaction's own lock time must
    // bind.
    const i64 own = tx_.lock_time;
    if ((own < kLockTimeThreshold) != (lock_time < kLockTimeThreshold)) return false;
    return lock_time <= own && tx_.inputs[input_].sequence != kSequenceFinal;
}

Result<void, ScriptError> check_spend(const Transaction& tx, std::size_t input, const TxOut& spent,
                                      u32 flags, SignatureMemory* memory)
{
    return verify_spend(tx.inputs[input].script_sig, spent.script_pubkey, flags,
                        InputContext(tx, input, memory));
}

}  // namespace adit::node::script
