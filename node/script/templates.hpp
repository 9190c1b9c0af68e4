#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "node/primitives/address.hpp"
#include "node/script/script.hpp"

/// The usual shapes of output scripts: made here, recognised here.
namespace adit::node::script {

/// Most bytes behind OP_RETURN that count as the usual form.
inline constexpr std::size_t kNullDataBytesMax = 80;

Script pay_to_pubkey_hash(const Hash160& hash);  ///< DUP HASH160 <20> EQUALVERIFY CHECKSIG
Script pay_to_script_hash(const Hash160& hash);  ///< HASH160 <20> EQUAL
Script pay_to_pubkey(ByteView public_key);       ///< <33 or 65> CHECKSIG
Script null_data(ByteView data);                 ///< RETURN <data>, at most kNullDataBytesMax
Script pay_to(const Address& address);

enum class ScriptKind { pubkey_hash, script_hash, pubkey, null_data, other };
std::string_view to_string(ScriptKind kind);  ///< zcashd's words: "pubkeyhash", "nulldata" …

/// n of m keys, bare: <n> <key> … <key> <m> CHECKMULTISIG. nullopt for anything else, and for more
/// than 16 keys.
struct Multisig {
    std::size_t required = 0;
    std::vector<Bytes> keys;  ///< 33 or 65 bytes each
};
std::optional<Multisig> multisig_of(ByteView script_pubkey);

/// What shape a script has.
ScriptKind kind_of(ByteView script_pubkey);

/// The address of a pay-to-pubkey-hash or pay-to-script-hash output; nullopt for others.
std::optional<Address> address_of(ByteView script_pubkey);

/// Whether no input can ever spend it: it begins with RETURN or is longer than a script may be.
bool is_unspendable(ByteView script_pubkey);

}  // namespace adit::node::script
