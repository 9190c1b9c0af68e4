#include <algorithm>
#include <deque>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/rpc/services.hpp"
#include "node/rpc/shapes.hpp"
#include "node/script/signer.hpp"
#include "node/script/spend_check.hpp"
#include "node/script/templates.hpp"

// Transactions made, read, signed and handed in.
namespace adit::node::rpc {
namespace {

constexpr u32 kSequenceFinal = 0xffffffff;
constexpr Amount kHighFeeFactor = 10'000;  ///< times the relay fee: surely a mistake

Result<Transaction, RpcError> read_transaction(std::string_view hex)
{
    const auto bytes = from_hex(hex);
    auto tx = bytes ? from_bytes<Transaction>(*bytes) : std::nullopt;
    if (!tx) return RpcError{RpcCode::decode, "TX decode failed"};
    return std::move(*tx);
}

Result<Transaction, RpcError> transaction_param(const Params& params, std::size_t place)
{
    ADIT_TRY(const auto hex, params.text(place));
    return read_transaction(hex.value_or(""));
}

/// {"txid": "…", "vout": n, …}
Result<OutPoint, RpcError> outpoint_of(const json::value& v)
{
    const json::object* o = v.if_object();
    if (o == nullptr) return RpcError{RpcCode::type, "an input must be an object"};
    const auto txid = json::string_of(*o, "txid");
    const auto hash = hash_from_hex_reversed(txid.value_or(""));
    if (!hash) return RpcError{RpcCode::parameter, "Invalid parameter, txid must be 64 hex digits"};
    const auto vout = json::integer_of(*o, "vout");
    if (!vout) return RpcError{RpcCode::parameter, "Invalid parameter, missing vout key"};
    if (*vout < 0 || *vout > kSequenceFinal)
        return RpcError{RpcCode::parameter, "Invalid parameter, vout must be positive"};
    return OutPoint{TxId(*hash), static_cast<u32>(*vout)};
}

Result<Script, RpcError> script_member(const json::object& o, std::string_view key)
{
    const auto bytes = from_hex(json::string_of(o, key).value_or(""));
    if (!bytes || bytes->empty())
        return RpcError{RpcCode::decode, std::string(key) + " must be hex"};
    return *bytes;
}

// Looking up

struct Found {
    Transaction tx;
    const chain::BlockNode* block = nullptr;  ///< null: it waits
};

Result<std::optional<Found>, RpcError> find_in(const NodeServices& node, const chain::BlockNode& at,
                                               const TxId& txid)
{
    const auto block = node.chain.block_of(at);
    if (!block) return database_error(block.error());
    if (*block)
        for (const Transaction& tx : (**block).transactions)
            if (txid_of(tx) == txid) return std::optional(Found{tx, &at});
    return std::optional<Found>();
}

/// Waiting, in the block named, or in the block of an output nobody has spent: this node keeps no
/// index of all transactions.
Result<Found, RpcError> find_transaction(const NodeServices& node, const TxId& txid,
                                         const chain::BlockNode* in_block)
{
    if (in_block != nullptr) {
        ADIT_TRY(auto found, find_in(node, *in_block, txid));
        if (found) return std::move(*found);
        return RpcError{RpcCode::address_or_key, "No such transaction found in the provided block"};
    }
    if (const auto* waiting = node.pool.pool().find(txid)) return Found{*waiting->tx, nullptr};
    ADIT_TRY(const auto* at, block_with_coin_of(node, txid));
    if (at != nullptr) {
        ADIT_TRY(auto found, find_in(node, *at, txid));
        if (found) return std::move(*found);
    }
    return RpcError{RpcCode::address_or_key,
                    "No information available about transaction: it does not wait, and all its "
                    "outputs are spent; name its block as third parameter"};
}

RpcResult getrawtransaction(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const Hash256 txid, params.hash(0));
    ADIT_TRY(const auto verbose, params.level(1, 1));
    const chain::BlockNode* in_block = nullptr;
    if (params.at(2) != nullptr) {
        ADIT_TRY(const Hash256 hash, params.hash(2));
        in_block = node.chain.find(BlockHash(hash));
        if (in_block == nullptr) return RpcError{RpcCode::address_or_key, "Block hash not found"};
    }
    ADIT_TRY(const Found found, find_transaction(node, TxId(txid), in_block));
    const std::string hex = to_hex(to_bytes(found.tx));
    if (verbose.value_or(0) == 0) return json::value(hex);
    json::object o{{"hex", hex}};
    for (const auto& member : transaction_json(node.spec(), found.tx))
        o[member.key()] = member.value();
    if (found.block == nullptr) return json::value(std::move(o));
    o["blockhash"] = hash_json(found.block->hash);
    const i64 confirmations = std::max<i64>(confirmations_of(*found.block, node.tip()), 0);
    o["height"] = confirmations == 0 ? i64{-1} : i64{found.block->height.value};
    o["confirmations"] = confirmations;
    o["time"] = found.block->time;
    o["blocktime"] = found.block->time;
    return json::value(std::move(o));
}

// Making

Result<void, RpcError> add_output(const NodeServices& node, std::string_view key,
                                  const json::value& value, Transaction& tx)
{
    if (key == "data") {
        const auto data =
            value.is_string() ? from_hex(std::string_view(value.get_string())) : std::nullopt;
        if (!data || data->size() > script::kNullDataBytesMax)
            return RpcError{RpcCode::parameter, "data must be hex, at most 80 bytes"};
        tx.outputs.push_back({0, script::null_data(*data)});
        return {};
    }
    const auto address = parse_address(key, node.spec().prefixes);
    if (!address) return RpcError{RpcCode::address_or_key, "Invalid address: " + std::string(key)};
    Script script = script::pay_to(*address);
    for (const TxOut& out : tx.outputs)
        if (out.script_pubkey == script)
            return RpcError{RpcCode::parameter,
                            "Invalid parameter, duplicated address: " + std::string(key)};
    ADIT_TRY(const Amount amount, amount_of(value));
    tx.outputs.push_back({amount, std::move(script)});
    return {};
}

RpcResult createrawtransaction(const NodeServices& node, const Params& params)
{
    const json::value* inputs = params.at(0);
    if (inputs == nullptr || !inputs->is_array())
        return RpcError{RpcCode::type, "inputs must be an array"};
    ADIT_TRY(const json::object* outputs, params.object(1));
    if (outputs == nullptr) return RpcError{RpcCode::type, "outputs must be an object"};
    ADIT_TRY(const auto lock_time, params.integer(2));
    Transaction tx;
    if (lock_time.value_or(0) < 0 || lock_time.value_or(0) > kSequenceFinal)
        return RpcError{RpcCode::parameter, "Invalid parameter, locktime out of range"};
    tx.lock_time = static_cast<u32>(lock_time.value_or(0));
    for (const json::value& v : inputs->get_array()) {
        ADIT_TRY(const OutPoint outpoint, outpoint_of(v));
        // With a final sequence a lock time would bind nobody.
        const i64 fallback = tx.lock_time != 0 ? kSequenceFinal - 1 : kSequenceFinal;
        const i64 sequence = json::integer_of(v.get_object(), "sequence").value_or(fallback);
        if (sequence < 0 || sequence > kSequenceFinal)
            return RpcError{RpcCode::parameter, "Invalid parameter, sequence number out of range"};
        tx.inputs.push_back({outpoint, {}, static_cast<u32>(sequence)});
    }
    for (const auto& member : *outputs)
        ADIT_CHECKED(add_output(node, member.key(), member.value(), tx));
    return json::value(to_hex(to_bytes(tx)));
}

// Signing

struct SignRequest {
    Transaction tx;
    std::map<OutPoint, TxOut> outputs;  ///< those named in the call
    std::deque<crypto::SecretKey> keys;
    script::Keyring ring;
    u32 hash_type = script::kHashAll;
};

Result<u32, RpcError> hash_type_of(std::optional<std::string_view> word)
{
    const std::string_view text = word.value_or("ALL");
    const std::size_t mark = text.find('|');
    if (mark != std::string_view::npos && text.substr(mark) != "|ANYONECANPAY")
        return RpcError{RpcCode::parameter, "Invalid sighash param"};
    const u32 flag = mark == std::string_view::npos ? 0 : u32{script::kHashAnyoneCanPay};
    const std::string_view base = text.substr(0, mark);
    if (base == "ALL") return script::kHashAll | flag;
    if (base == "NONE") return script::kHashNone | flag;
    if (base == "SINGLE") return script::kHashSingle | flag;
    return RpcError{RpcCode::parameter, "Invalid sighash param"};
}

Result<void, RpcError> read_outputs(const json::value* list, SignRequest& request)
{
    if (list == nullptr) return {};
    if (!list->is_array()) return RpcError{RpcCode::type, "prevtxs must be an array"};
    for (const json::value& v : list->get_array()) {
        ADIT_TRY(const OutPoint outpoint, outpoint_of(v));
        const json::object& o = v.get_object();
        TxOut out;
        ADIT_TRY(out.script_pubkey, script_member(o, "scriptPubKey"));
        if (const json::value* amount = json::member_of(o, "amount"); amount != nullptr) {
            ADIT_TRY(out.value, amount_of(*amount));
        }
        request.outputs[outpoint] = out;
        if (json::member_of(o, "redeemScript") == nullptr) continue;
        ADIT_TRY(const Script redeem, script_member(o, "redeemScript"));
        request.ring.scripts[hash::hash160(redeem)] = redeem;
    }
    return {};
}

Result<void, RpcError> read_keys(const NodeServices& node, const json::value* list,
                                 SignRequest& request)
{
    if (list == nullptr || !list->is_array())
        return RpcError{RpcCode::parameter,
                        "give the private keys to sign with as third parameter: [\"KEY\", …]"};
    for (const json::value& v : list->get_array()) {
        auto key = v.is_string() ? crypto::SecretKey::from_wif(std::string_view(v.get_string()),
                                                               node.spec().prefixes.secret_key)
                                 : std::nullopt;
        if (!key) return RpcError{RpcCode::address_or_key, "Invalid private key"};
        request.keys.push_back(std::move(*key));
    }
    request.ring.key = [&request](const Hash160& hash) -> const crypto::SecretKey* {
        for (const crypto::SecretKey& key : request.keys)
            if (key.public_key().hash() == hash) return &key;
        return nullptr;
    };
    return {};
}

json::object sign_problem(const TxIn& in, std::string_view text)
{
    return {{"txid", hash_json(in.prevout.txid)},
            {"vout", in.prevout.index},
            {"scriptSig", to_hex(in.script_sig)},
            {"sequence", in.sequence},
            {"error", boost::json::string(text.data(), text.size())}};
}

RpcResult signrawtransaction(const NodeServices& node, const Params& params)
{
    SignRequest request;
    ADIT_TRY(request.tx, transaction_param(params, 0));
    ADIT_CHECKED(read_outputs(params.at(1), request));
    ADIT_CHECKED(read_keys(node, params.at(2), request));
    ADIT_TRY(const auto word, params.text(3));
    ADIT_TRY(request.hash_type, hash_type_of(word));

    json::array problems;
    Transaction& tx = request.tx;
    for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
        const OutPoint& prevout = tx.inputs[i].prevout;
        std::optional<TxOut> spent;
        if (const auto named = request.outputs.find(prevout); named != request.outputs.end())
            spent = named->second;
        else if (const auto coin = node.pool.pool().coin(prevout))
            spent = coin->out;
        if (!spent) {
            problems.emplace_back(sign_problem(tx.inputs[i], "Input not found or already spent"));
            continue;
        }
        const bool outputless = (request.hash_type & 0x1f) == script::kHashSingle &&
                                i >= tx.outputs.size();  // would sign the number one
        if (!outputless && script::sign_input(tx, i, *spent, request.ring, request.hash_type))
            continue;
        const auto verdict = script::check_spend(tx, i, *spent, script::kPolicyFlags);
        problems.emplace_back(sign_problem(
            tx.inputs[i], verdict ? "no output to sign" : script::sentence(verdict.error())));
    }
    json::object answer{{"hex", to_hex(to_bytes(tx))}, {"complete", problems.empty()}};
    if (!problems.empty()) answer["errors"] = std::move(problems);
    return json::value(std::move(answer));
}

// Handing in

/// zcashd's number before a refusal's word (BIP 61).
int reject_code(const mempool::TxRefusal& refusal)
{
    if (refusal.word == "dust") return 0x41;
    if (refusal.word.find("fee") != std::string::npos || refusal.word == "mempool full")
        return 0x42;
    if (refusal.word == "txn-already-in-mempool" || refusal.word == "txn-already-known" ||
        refusal.word == "txn-mempool-conflict")
        return 0x12;
    return refusal.points > 0 ? 0x10 : 0x40;
}

RpcError rejected(const mempool::TxRefusal& refusal)
{
    if (refusal.missing_inputs) return {RpcCode::verify, "Missing inputs"};
    std::string text = std::to_string(reject_code(refusal)) + ": " + refusal.word;
    if (!refusal.detail.empty()) text += " (" + refusal.detail + ")";
    return {RpcCode::rejected, std::move(text)};
}

bool is_absurd(Amount fee, const Transaction& tx)
{
    const std::size_t bytes = to_bytes(tx).size();
    return fee > mempool::fee_for(bytes, mempool::kRelayFeePerKb) * kHighFeeFactor;
}

RpcResult sendrawtransaction(NodeServices& node, const Params& params)
{
    ADIT_TRY(const Transaction tx, transaction_param(params, 0));
    ADIT_TRY(const auto allow_high_fees, params.boolean(1));
    const TxId txid = txid_of(tx);
    if (node.pool.pool().find(txid) != nullptr) {
        if (node.network != nullptr) node.network->relay(txid);
        return hash_json(txid);
    }
    const auto fee = node.pool.test(tx);
    if (!fee && fee.error().word == "txn-already-known")
        return RpcError{RpcCode::already_in_chain, "transaction already in block chain"};
    if (!fee) return rejected(fee.error());
    if (!allow_high_fees.value_or(false) && is_absurd(*fee, tx))
        return RpcError{RpcCode::rejected, "256: absurdly-high-fee"};
    if (const auto taken = node.pool.submit(tx); !taken) return rejected(taken.error());
    return hash_json(txid);
}

RpcResult testmempoolaccept(NodeServices& node, const Params& params)
{
    const json::value* list = params.at(0);
    if (list == nullptr || !list->is_array() || list->get_array().empty())
        return RpcError{RpcCode::type, "rawtxs must be an array of hex texts"};
    json::array answers;
    for (const json::value& v : list->get_array()) {
        ADIT_TRY(const Transaction tx,
                 read_transaction(v.is_string() ? std::string_view(v.get_string()) : ""));
        const auto fee = node.pool.test(tx);
        json::object answer{{"txid", hash_json(txid_of(tx))}, {"allowed", fee.has_value()}};
        if (fee) {
            answer["size"] = to_bytes(tx).size();
            answer["fees"] = json::object{{"base", coins_json(*fee)}};
        } else {
            const mempool::TxRefusal& refusal = fee.error();
            answer["reject-reason"] =
                refusal.missing_inputs ? std::string("missing-inputs") : refusal.word;
        }
        answers.emplace_back(std::move(answer));
    }
    return json::value(std::move(answers));
}

RpcResult decodescript(const NodeServices& node, const Params& params)
{
    ADIT_TRY(const auto hex, params.text(0));
    const auto bytes = from_hex(hex.value_or(""));
    if (!bytes) return RpcError{RpcCode::decode, "argument must be hexadecimal string"};
    json::object o = script_pubkey_json(node.spec(), *bytes);
    const Address address{Address::Kind::script_hash, hash::hash160(*bytes)};
    o["p2sh"] = to_text(address, node.spec().prefixes);
    return json::value(std::move(o));
}

}  // namespace

Result<const chain::BlockNode*, RpcError> block_with_coin_of(const NodeServices& node,
                                                             const TxId& txid)
{
    constexpr u32 kOutputsLookedAt = 1'000;
    for (u32 i = 0; i < kOutputsLookedAt; ++i) {
        const auto found = node.chain.coin({txid, i});
        if (!found) return database_error(found.error());
        if (found->coin) return found->as_of->ancestor(found->coin->height);
    }
    return nullptr;
}

void add_transaction_methods(MethodTable& table, NodeServices& node)
{
    table.add("createrawtransaction",
              [&](const Params& params) { return createrawtransaction(node, params); });
    table.add("decoderawtransaction", [&](const Params& params) -> RpcResult {
        ADIT_TRY(const Transaction tx, transaction_param(params, 0));
        return json::value(transaction_json(node.spec(), tx));
    });
    table.add("decodescript", [&](const Params& params) { return decodescript(node, params); });
    table.add("getrawtransaction",
              [&](const Params& params) { return getrawtransaction(node, params); });
    table.add("sendrawtransaction",
              [&](const Params& params) { return sendrawtransaction(node, params); });
    table.add("signrawtransaction",
              [&](const Params& params) { return signrawtransaction(node, params); });
    table.add("testmempoolaccept",
              [&](const Params& params) { return testmempoolaccept(node, params); });
}

}  // namespace adit::node::rpc
