#pragma once

#include <functional>
#include <map>
#include <optional>

#include "node/crypto/keys.hpp"
#include "node/script/sighash.hpp"

/// Making the scripts that spend the usual outputs.
namespace adit::node::script {

/// What a signer knows: keys and revealed scripts by the hash an output names them with. Owns none
/// of them.
struct Keyring {
    std::function<const crypto::SecretKey*(const Hash160&)> key;  ///< null: not known
    std::map<Hash160, Script> scripts;                            ///< of pay-to-script-hash outputs
};

/// Puts into input `input` of `tx` what spends `spent`, as far as the keys go; signatures that are
/// there already are kept (several people sign a multisig input in turn).
/// @param hash_type  kHashAll and its kin
/// @return whether the input may spend now, by what we relay
bool sign_input(Transaction& tx, std::size_t input, const TxOut& spent, const Keyring& keys,
                u32 hash_type = kHashAll);

}  // namespace adit::node::script
