#include "node/script/signer.hpp"

#include "kernels/hash/sha256d.hpp"
#include "node/crypto/ecdsa.hpp"
#include "node/script/spend_check.hpp"
#include "node/script/templates.hpp"

namespace adit::node::script {
namespace {

using Pushes = std::vector<Bytes>;

Pushes pushes_of(ByteView script)
{
    Pushes pushes;
    ScriptReader reader(script);
    while (const auto step = reader.next())
        pushes.emplace_back(step->data.begin(), step->data.end());
    return pushes;
}

/// One input being signed.
class Signing {
public:
    Signing(const Transaction& tx, std::size_t input, const Keyring& keys, u32 hash_type)
        : tx_(tx), input_(input), keys_(keys), hash_type_(hash_type)
    {
        there_ = pushes_of(tx.inputs[input].script_sig);
    }

    /// What a plain script wants before it; nullopt: not one we know, or a key is missing.
    std::optional<Pushes> answer(const Script& script) const
    {
        switch (kind_of(script)) {
            case ScriptKind::pubkey: {
                const auto push = ScriptReader(script).next();
                if (auto signature = sign(push->data, script)) return Pushes{*signature};
                return std::nullopt;
            }
            case ScriptKind::pubkey_hash: {
                const crypto::SecretKey* key = keys_.key(address_of(script)->hash);
                if (key == nullptr) return std::nullopt;
                const Bytes public_key = key->public_key().bytes;
                return Pushes{*sign(public_key, script), public_key};
            }
            default: return answer_multisig(script);
        }
    }

private:
    std::optional<Bytes> sign(ByteView public_key, const Script& script) const
    {
        const crypto::SecretKey* key = keys_.key(hash::hash160(public_key));
        if (key == nullptr) return std::nullopt;
        Bytes signature = crypto::sign(*key, signature_hash(tx_, input_, script, hash_type_));
        signature.push_back(static_cast<u8>(hash_type_));
        return signature;
    }

    /// A signature by this key that somebody put there before.
    std::optional<Bytes> find(ByteView public_key, const Script& script) const
    {
        const InputContext context(tx_, input_);
        for (const Bytes& push : there_)
            if (crypto::is_strict_der(push) && context.check_signature(push, public_key, script))
                return push;
        return std::nullopt;
    }

    std::optional<Pushes> answer_multisig(const Script& script) const
    {
        const auto multisig = multisig_of(script);
        if (!multisig) return std::nullopt;
        Pushes pushes{{}};  // the spare element that CHECKMULTISIG takes
        for (const Bytes& public_key : multisig->keys) {
            if (pushes.size() > multisig->required) break;
            auto signature = sign(public_key, script);
            if (!signature) signature = find(public_key, script);
            if (signature) pushes.push_back(std::move(*signature));
        }
        return pushes;
    }

    const Transaction& tx_;
    std::size_t input_;
    const Keyring& keys_;
    u32 hash_type_;
    Pushes there_;
};

}  // namespace

bool sign_input(Transaction& tx, std::size_t input, const TxOut& spent, const Keyring& keys,
                u32 hash_type)
{
    Script script = spent.script_pubkey;
    std::optional<Script> revealed;
    if (kind_of(script) == ScriptKind::script_hash) {
        const auto known = keys.scripts.find(address_of(script)->hash);
        if (known != keys.scripts.end()) revealed = script = known->second;
    }
    if (auto pushes = Signing(tx, input, keys, hash_type).answer(script)) {
        if (revealed) pushes->push_back(*revealed);
        ScriptBuilder made;
        for (const Bytes& push : *pushes) made.push(push);
        tx.inputs[input].script_sig = made.take();
    }
    return check_spend(tx, input, spent, kPolicyFlags).has_value();
}

}  // namespace adit::node::script
