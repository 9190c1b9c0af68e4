#include "node/rpc/shapes.hpp"

#include <fmt/format.h>

#include "kernels/base/hex.hpp"
#include "node/consensus/difficulty.hpp"
#include "node/crypto/keys.hpp"
#include "node/script/script_text.hpp"
#include "node/script/templates.hpp"

namespace adit::node::rpc {
namespace {

/// The one address whose key or script spends it; for a bare public key the address of that key.
std::optional<Address> payee_of(ByteView script)
{
    if (const auto address = script::address_of(script)) return address;
    if (script::kind_of(script) != script::ScriptKind::pubkey) return std::nullopt;
    const auto push = script::ScriptReader(script).next();
    const crypto::PublicKey key{Bytes(push->data.begin(), push->data.end())};
    return Address{Address::Kind::pubkey_hash, key.hash()};
}

json::object input_json(const Transaction& tx, const TxIn& in)
{
    if (tx.is_coinbase()) return {{"coinbase", to_hex(in.script_sig)}, {"sequence", in.sequence}};
    return {{"txid", hash_json(in.prevout.txid)},
            {"vout", in.prevout.index},
            {"scriptSig",
             json::object{{"asm", script::to_text(in.script_sig)}, {"hex", to_hex(in.script_sig)}}},
            {"sequence", in.sequence}};
}

}  // namespace

json::value coins_json(Amount amount) { return json::decimal(format_amount(amount)); }
json::value hash_json(const Hash256& hash) { return json::value(to_hex_reversed(hash.bytes)); }
std::string bits_text(u32 bits) { return fmt::format("{:08x}", bits); }

i64 confirmations_of(const chain::BlockNode& node, const chain::BlockNode& tip)
{
    if (!tip.descends_from(node)) return -1;
    return i64{tip.height.value} - node.height.value + 1;
}

json::object header_json(const consensus::ChainSpec& spec, const BlockHeader& header,
                         const chain::BlockNode& node, const chain::BlockNode& tip)
{
    json::object o{{"hash", hash_json(node.hash)},
                   {"confirmations", confirmations_of(node, tip)},
                   {"height", node.height.value},
                   {"version", header.version},
                   {"merkleroot", hash_json(header.merkle_root)},
                   {"reserved", hash_json(header.reserved)},
                   {"time", header.time},
                   {"mediantime", node.median_time(spec.time.median_span)},
                   {"nonce", to_hex_reversed(header.nonce)},
                   {"solution", to_hex(header.solution)},
                   {"bits", bits_text(header.bits)},
                   {"difficulty", consensus::difficulty_of(spec, header.bits)},
                   {"chainwork", node.total_work.to_hex()}};
    if (node.parent != nullptr) o["previousblockhash"] = hash_json(node.parent->hash);
    const Height above(node.height.value + 1);
    if (tip.descends_from(node) && above <= tip.height)
        o["nextblockhash"] = hash_json(tip.ancestor(above)->hash);
    return o;
}

json::object block_json(const consensus::ChainSpec& spec, const Block& block,
                        const chain::BlockNode& node, const chain::BlockNode& tip,
                        bool with_transactions)
{
    json::object o = header_json(spec, block.header, node, tip);
    o["size"] = to_bytes(block).size();
    json::array txs;
    for (const Transaction& tx : block.transactions) {
        if (with_transactions)
            txs.emplace_back(transaction_json(spec, tx));
        else
            txs.emplace_back(hash_json(txid_of(tx)));
    }
    o["tx"] = std::move(txs);
    return o;
}

json::object transaction_json(const consensus::ChainSpec& spec, const Transaction& tx)
{
    json::array inputs;
    for (const TxIn& in : tx.inputs) inputs.emplace_back(input_json(tx, in));
    json::array outputs;
    for (std::size_t n = 0; n < tx.outputs.size(); ++n) {
        const TxOut& out = tx.outputs[n];
        outputs.emplace_back(
            json::object{{"value", coins_json(out.value)},
                         {"valueZat", out.value},
                         {"n", n},
                         {"scriptPubKey", script_pubkey_json(spec, out.script_pubkey)}});
    }
    return {{"txid", hash_json(txid_of(tx))}, {"version", tx.version},
            {"locktime", tx.lock_time},       {"vin", std::move(inputs)},
            {"vout", std::move(outputs)},     {"vjoinsplit", json::array{}}};
}

json::object script_pubkey_json(const consensus::ChainSpec& spec, ByteView script)
{
    const std::string_view kind = to_string(script::kind_of(script));
    json::object o{{"asm", script::to_text(script)},
                   {"hex", to_hex(script)},
                   {"type", boost::json::string(kind.data(), kind.size())}};
    if (const auto multisig = script::multisig_of(script)) {
        o["type"] = "multisig";
        o["reqSigs"] = multisig->required;
        json::array addresses;
        for (const Bytes& key : multisig->keys)
            addresses.emplace_back(to_text(
                Address{Address::Kind::pubkey_hash, crypto::PublicKey{key}.hash()}, spec.prefixes));
        o["addresses"] = std::move(addresses);
    } else if (const auto payee = payee_of(script)) {
        o["reqSigs"] = 1;
        o["addresses"] = json::array{json::value(to_text(*payee, spec.prefixes))};
    }
    return o;
}

}  // namespace adit::node::rpc
