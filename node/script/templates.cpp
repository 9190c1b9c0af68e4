#include "node/script/templates.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"

namespace adit::node::script {
namespace {

// Offsets of the 20 bytes in the two hash forms, and their whole sizes.
constexpr std::size_t kPubkeyHashAt = 3;
constexpr std::size_t kPubkeyHashScriptBytes = 25;
constexpr std::size_t kScriptHashAt = 2;
constexpr std::size_t kScriptHashScriptBytes = 23;

bool is_pubkey_hash(ByteView s)
{
    return s.size() == kPubkeyHashScriptBytes && s[0] == OP_DUP && s[1] == OP_HASH160 &&
           s[2] == 20 && s[23] == OP_EQUALVERIFY && s[24] == OP_CHECKSIG;
}

bool is_script_hash(ByteView s)
{
    return s.size() == kScriptHashScriptBytes && s[0] == OP_HASH160 && s[1] == 20 &&
           s[22] == OP_EQUAL;
}

bool is_pubkey(ByteView s)
{
    if (s.size() == 35) return s[0] == 33 && (s[1] == 2 || s[1] == 3) && s[34] == OP_CHECKSIG;
    return s.size() == 67 && s[0] == 65 && s[1] == 4 && s[66] == OP_CHECKSIG;
}

/// RETURN, then nothing but pushes, within the usual size.
bool is_null_data(ByteView s)
{
    // RETURN, PUSHDATA1 and its length byte stand before the data.
    if (s.empty() || s[0] != OP_RETURN || s.size() > kNullDataBytesMax + 3) return false;
    return is_push_only(s.subspan(1));
}

Hash160 hash_at(ByteView script, std::size_t offset)
{
    Hash160 hash;
    std::copy_n(script.begin() + static_cast<std::ptrdiff_t>(offset), hash.size(), hash.begin());
    return hash;
}

}  // namespace

Script pay_to_pubkey_hash(const Hash160& hash)
{
    return ScriptBuilder()
        .op(OP_DUP)
        .op(OP_HASH160)
        .push(hash)
        .op(OP_EQUALVERIFY)
        .op(OP_CHECKSIG)
        .take();
}

Script pay_to_script_hash(const Hash160& hash)
{
    return ScriptBuilder().op(OP_HASH160).push(hash).op(OP_EQUAL).take();
}

Script pay_to_pubkey(ByteView public_key)
{
    return ScriptBuilder().push(public_key).op(OP_CHECKSIG).take();
}

Script null_data(ByteView data)
{
    ADIT_CHECK(data.size() <= kNullDataBytesMax);
    return ScriptBuilder().op(OP_RETURN).push(data).take();
}

Script pay_to(const Address& address)
{
    return address.kind == Address::Kind::script_hash ? pay_to_script_hash(address.hash)
                                                      : pay_to_pubkey_hash(address.hash);
}

std::string_view to_string(ScriptKind kind)
{
    switch (kind) {
        case ScriptKind::pubkey_hash: return "pubkeyhash";
        case ScriptKind::script_hash: return "scripthash";
        case ScriptKind::pubkey: return "pubkey";
        case ScriptKind::null_data: return "nulldata";
        case ScriptKind::other: break;
    }
    return "nonstandard";
}

ScriptKind kind_of(ByteView script_pubkey)
{
    if (is_pubkey_hash(script_pubkey)) return ScriptKind::pubkey_hash;
    if (is_script_hash(script_pubkey)) return ScriptKind::script_hash;
    if (is_pubkey(script_pubkey)) return ScriptKind::pubkey;
    return is_null_data(script_pubkey) ? ScriptKind::null_data : ScriptKind::other;
}

std::optional<Address> address_of(ByteView script_pubkey)
{
    switch (kind_of(script_pubkey)) {
        case ScriptKind::pubkey_hash:
            return Address{Address::Kind::pubkey_hash, hash_at(script_pubkey, kPubkeyHashAt)};
        case ScriptKind::script_hash:
            return Address{Address::Kind::script_hash, hash_at(script_pubkey, kScriptHashAt)};
        default: return std::nullopt;
    }
}

bool is_unspendable(ByteView script_pubkey)
{
    return (!script_pubkey.empty() && script_pubkey[0] == OP_RETURN) ||
           script_pubkey.size() > kScriptBytesMax;
}

std::optional<Multisig> multisig_of(ByteView script_pubkey)
{
    ScriptReader reader(script_pubkey);
    const auto number = [](const std::optional<Instruction>& step) -> std::size_t {
        if (!step || step->opcode < OP_1 || step->opcode > OP_16) return 0;
        return step->opcode - OP_1 + 1u;
    };
    Multisig multisig;
    multisig.required = number(reader.next());
    auto step = reader.next();
    for (; step && (step->data.size() == 33 || step->data.size() == 65); step = reader.next())
        multisig.keys.emplace_back(step->data.begin(), step->data.end());
    if (multisig.keys.empty() || number(step) != multisig.keys.size()) return std::nullopt;
    if (multisig.required == 0 || multisig.required > multisig.keys.size()) return std::nullopt;
    const auto last = reader.next();
    if (!last || last->opcode != OP_CHECKMULTISIG || reader.left() != 0) return std::nullopt;
    return multisig;
}

}  // namespace adit::node::script
