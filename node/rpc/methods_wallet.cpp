#include <algorithm>

#include "kernels/base/hex.hpp"
#include "node/rpc/services.hpp"
#include "node/rpc/shapes.hpp"
#include "node/script/templates.hpp"

// The wallet, with zcashd's shapes. No call answers with a secret.
namespace adit::node::rpc {
namespace {

using wallet::HistoryLine;
using wallet::OwnedCoin;
using wallet::PaymentWish;
using wallet::Wallet;
using wallet::WalletError;
using wallet::WalletTransaction;

constexpr i64 kUnlockSecondsMax = 100'000'000;
constexpr i64 kConfirmationsMax = 9'999'999;
constexpr i64 kHistoryMax = 1'000'000;

RpcError to_rpc(const WalletError& error)
{
    switch (error.kind) {
        case WalletError::Kind::locked: return {RpcCode::wallet_locked, error.text};
        case WalletError::Kind::not_enough: return {RpcCode::insufficient_funds, error.text};
        case WalletError::Kind::still_reading: return {RpcCode::warming_up, error.text};
        case WalletError::Kind::refused:
        case WalletError::Kind::broken: break;
    }
    return {RpcCode::wallet, error.text};
}

/// Accounts are long gone from the family; only their two empty names are understood.
Result<void, RpcError> no_account(const Params& params, std::size_t place)
{
    ADIT_TRY(const auto account, params.text(place));
    if (account && !account->empty() && *account != "*")
        return RpcError{RpcCode::accounts_unsupported, "Accounts are not supported"};
    return {};
}

Result<i64, RpcError> number_within(const Params& params, std::size_t place, i64 otherwise,
                                    i64 most)
{
    ADIT_TRY(const auto number, params.integer(place));
    if (number.value_or(otherwise) < 0 || number.value_or(otherwise) > most)
        return RpcError{RpcCode::parameter, "a number is out of range"};
    return number.value_or(otherwise);
}

Result<Address, RpcError> address_named(const NodeServices& node, std::string_view text)
{
    const auto address = parse_address(text, node.spec().prefixes);
    // Not repeated: it may be a private key in the wrong place.
    if (!address) return RpcError{RpcCode::address_or_key, "Invalid address"};
    return *address;
}

std::string text_of(const NodeServices& node, const std::optional<Address>& address)
{
    return address ? to_text(*address, node.spec().prefixes) : "";
}

RpcResult getnewaddress(const NodeServices& node, Wallet& w, const Params& params)
{
    ADIT_CHECKED(no_account(params, 0));
    const auto address = w.new_address();
    if (!address) return to_rpc(address.error());
    return json::value(text_of(node, *address));
}

RpcResult getbalance(const Wallet& w, const Params& params)
{
    ADIT_CHECKED(no_account(params, 0));
    ADIT_TRY(const i64 least, number_within(params, 1, 1, kConfirmationsMax));
    ADIT_CHECKED(params.boolean(2));
    const auto balance = w.ledger().balance();
    if (least == 0) return coins_json(balance.spendable + balance.pending);
    if (least == 1) return coins_json(balance.spendable);
    Amount sum = 0;
    for (const OwnedCoin& coin : w.ledger().coins())
        if (coin.spendable() && coin.confirmations >= least) sum += coin.out.value;
    return coins_json(sum);
}

RpcResult getwalletinfo(const NodeServices& node, const Wallet& w)
{
    const auto balance = w.ledger().balance();
    i64 unlocked_until = 0;
    if (const auto until = w.unlocked_until())
        unlocked_until =
            node.clock.unix_time() +
            std::chrono::duration_cast<std::chrono::seconds>(*until - node.clock.now()).count();
    const auto& tip = w.ledger().tip();
    return json::value({{"walletversion", 1},
                        {"balance", coins_json(balance.spendable)},
                        {"unconfirmed_balance", coins_json(balance.pending)},
                        {"immature_balance", coins_json(balance.immature)},
                        {"txcount", w.ledger().size()},
                        {"keypoolsize", wallet::kGap},
                        {"unlocked_until", unlocked_until},
                        {"paytxfee", coins_json(wallet::kFeePerKbDefault)},
                        {"scanning", w.is_reading()},
                        {"scanned_height", tip ? i64{tip->height.value} : i64{-1}},
                        {"mining_address", text_of(node, w.mining_address())},
                        {"warnings", w.trouble()}});
}

Result<std::vector<Address>, RpcError> wanted_addresses(const NodeServices& node,
                                                        const Params& params, std::size_t place)
{
    std::vector<Address> wanted;
    const json::value* v = params.at(place);
    if (v == nullptr) return wanted;
    if (!v->is_array()) return RpcError{RpcCode::type, "addresses must be an array"};
    for (const json::value& one : v->get_array()) {
        if (!one.is_string()) return RpcError{RpcCode::type, "an address must be a string"};
        ADIT_TRY(const Address address, address_named(node, std::string_view(one.get_string())));
        wanted.push_back(address);
    }
    return wanted;
}

RpcResult listunspent(const NodeServices& node, const Wallet& w, const Params& params)
{
    ADIT_TRY(const i64 least, number_within(params, 0, 1, kConfirmationsMax));
    ADIT_TRY(const i64 most, number_within(params, 1, kConfirmationsMax, kConfirmationsMax));
    ADIT_TRY(const auto wanted, wanted_addresses(node, params, 2));
    json::array coins;
    for (const OwnedCoin& coin : w.ledger().coins()) {
        const Address address = w.keys().address_at(coin.key);
        if (!coin.mature || coin.confirmations < least || coin.confirmations > most) continue;
        if (!wanted.empty() && std::ranges::find(wanted, address) == wanted.end()) continue;
        coins.emplace_back(json::object{{"txid", hash_json(coin.outpoint.txid)},
                                        {"vout", coin.outpoint.index},
                                        {"generated", coin.coinbase},
                                        {"address", text_of(node, address)},
                                        {"account", ""},
                                        {"scriptPubKey", to_hex(coin.out.script_pubkey)},
                                        {"amount", coins_json(coin.out.value)},
                                        {"amountZat", coin.out.value},
                                        {"confirmations", coin.confirmations},
                                        {"spendable", coin.spendable()}});
    }
    return json::value(std::move(coins));
}

/// What is said of a transaction wherever it is told of.
void add_standing(json::object& o, const Wallet& w, const WalletTransaction& entry)
{
    o["confirmations"] = w.ledger().confirmations(entry);
    if (entry.tx.is_coinbase()) o["generated"] = true;
    UnixTime time = entry.received;
    if (entry.mined) {
        o["blockhash"] = hash_json(entry.mined->block);
        o["blockindex"] = entry.mined->index;
        o["blocktime"] = entry.mined->time;
        time = std::min<UnixTime>(time, entry.mined->time);
    }
    o["txid"] = hash_json(entry.txid);
    json::array rivals;
    for (const TxId& txid : w.ledger().rivals_of(entry)) rivals.push_back(hash_json(txid));
    o["walletconflicts"] = std::move(rivals);
    o["time"] = time;
    o["timereceived"] = entry.received;
    o["vjoinsplit"] = json::array{};
}

json::object line_json(const NodeServices& node, const HistoryLine& line)
{
    static constexpr const char* kWords[] = {"send", "receive", "generate", "immature", "orphan"};
    json::object o{{"account", ""},
                   {"address", text_of(node, line.address)},
                   {"category", kWords[static_cast<std::size_t>(line.kind)]},
                   {"amount", coins_json(line.amount)},
                   {"amountZat", line.amount},
                   {"vout", line.output}};
    if (line.fee) o["fee"] = coins_json(*line.fee);
    return o;
}

RpcResult listtransactions(const NodeServices& node, const Wallet& w, const Params& params)
{
    ADIT_CHECKED(no_account(params, 0));
    ADIT_TRY(const i64 count, number_within(params, 1, 10, kHistoryMax));
    ADIT_TRY(const i64 skip, number_within(params, 2, 0, kHistoryMax));
    ADIT_CHECKED(params.boolean(3));
    const auto lines = w.ledger().history();
    const i64 end = std::max<i64>(0, static_cast<i64>(lines.size()) - skip);
    json::array told;
    for (i64 i = std::max<i64>(0, end - count); i < end; ++i) {
        const HistoryLine& line = lines[static_cast<std::size_t>(i)];
        json::object o = line_json(node, line);
        add_standing(o, w, *line.tx);
        o["size"] = to_bytes(line.tx->tx).size();
        told.push_back(std::move(o));
    }
    return json::value(std::move(told));
}

RpcResult gettransaction(const NodeServices& node, const Wallet& w, const Params& params)
{
    ADIT_TRY(const Hash256 txid, params.hash(0));
    ADIT_CHECKED(params.boolean(1));
    const WalletTransaction* entry = w.ledger().find(TxId(txid));
    if (entry == nullptr)
        return RpcError{RpcCode::address_or_key, "Invalid or non-wallet transaction id"};
    const auto fee = w.ledger().fee(*entry);
    const Amount net = w.ledger().credit(*entry) - w.ledger().debit(*entry) + fee.value_or(0);
    json::object o{{"amount", coins_json(net)}, {"amountZat", net}};
    if (fee) o["fee"] = coins_json(-*fee);
    add_standing(o, w, *entry);
    json::array details;
    for (const HistoryLine& line : w.ledger().lines_of(*entry))
        details.push_back(line_json(node, line));
    o["details"] = std::move(details);
    o["hex"] = to_hex(to_bytes(entry->tx));
    return json::value(std::move(o));
}

RpcResult pay(const NodeServices& node, Wallet& w, PaymentWish wish)
{
    wish.fee_per_kb = std::max(wish.fee_per_kb, node.pool.pool().minimum_fee_per_kb());
    const auto txid = w.pay(wish);
    if (!txid) return to_rpc(txid.error());
    return hash_json(*txid);
}

RpcResult sendtoaddress(const NodeServices& node, Wallet& w, const Params& params)
{
    ADIT_TRY(const auto text, params.text(0));
    ADIT_TRY(const Address address, address_named(node, text.value_or("")));
    if (params.at(1) == nullptr) return RpcError{RpcCode::type, "Invalid amount"};
    ADIT_TRY(const Amount amount, amount_of(*params.at(1)));
    ADIT_CHECKED(params.text(2));
    ADIT_CHECKED(params.text(3));
    ADIT_TRY(const auto from_amount, params.boolean(4));
    ADIT_TRY(const i64 rate, number_within(params, 5, wallet::kFeePerKbDefault, wallet::kFeeMax));
    PaymentWish wish;
    wish.payees.push_back({address, amount});
    if (from_amount.value_or(false)) wish.fee_from.insert(0);
    wish.fee_per_kb = rate;
    return pay(node, w, std::move(wish));
}

RpcResult sendmany(const NodeServices& node, Wallet& w, const Params& params)
{
    ADIT_CHECKED(no_account(params, 0));
    ADIT_TRY(const json::object* amounts, params.object(1));
    ADIT_TRY(const i64 least, number_within(params, 2, 1, kConfirmationsMax));
    ADIT_CHECKED(params.text(3));
    ADIT_TRY(const auto carriers, wanted_addresses(node, params, 4));
    if (amounts == nullptr) return RpcError{RpcCode::type, "amounts must be an object"};
    PaymentWish wish;
    wish.confirmations_min = static_cast<u32>(least);
    for (const auto& [text, v] : *amounts) {
        ADIT_TRY(const Address address, address_named(node, std::string_view(text)));
        ADIT_TRY(const Amount amount, amount_of(v));
        for (const auto& payee : wish.payees)
            if (payee.address == address)
                return RpcError{RpcCode::parameter, "Invalid parameter, duplicated address"};
        if (std::ranges::find(carriers, address) != carriers.end())
            wish.fee_from.insert(wish.payees.size());
        wish.payees.push_back({address, amount});
    }
    if (wish.fee_from.size() != carriers.size())
        return RpcError{RpcCode::parameter, "subtractfeefromamount names nobody who is paid"};
    return pay(node, w, std::move(wish));
}

RpcResult abandontransaction(Wallet& w, const Params& params)
{
    ADIT_TRY(const Hash256 txid, params.hash(0));
    if (w.ledger().find(TxId(txid)) == nullptr)
        return RpcError{RpcCode::address_or_key, "Invalid or non-wallet transaction id"};
    if (const auto done = w.abandon(TxId(txid)); !done) return to_rpc(done.error());
    return json::value(nullptr);
}

/// Answers when scrypt is through; a wrong passphrase after its delay, always with the same words.
void walletpassphrase(const NodeServices& node, Wallet& w, const Params& params, Reply reply)
{
    const auto text = params.text(0);
    if (!text) return reply(text.error());
    const auto seconds = params.integer(1);
    if (!seconds) return reply(seconds.error());
    if (!*text || !*seconds || **seconds < 1 || **seconds > kUnlockSecondsMax)
        return reply(RpcError{RpcCode::parameter,
                              "give the passphrase, and for how many seconds: 1 to 100000000"});
    const bool begun = node.unlocker->start(
        w.key_file(), crypto::secret_copy(as_bytes(**text)),
        [&node, &w, seconds = std::chrono::seconds(**seconds),
         reply](const wallet::Unlocker::Outcome& outcome) {
            if (!*outcome)
                return reply(RpcError{RpcCode::wrong_passphrase,
                                      "Error: The wallet passphrase entered was incorrect."});
            w.unlock(std::move(**outcome), node.clock.now() + seconds);
            reply(json::value(nullptr));
        });
    if (!begun)
        reply(
            RpcError{RpcCode::wallet, "another passphrase is being tried: ask again in a moment"});
}

}  // namespace

void add_wallet_methods(MethodTable& table, NodeServices& node)
{
    static const RpcError kNone{RpcCode::no_wallet,
                                "this node has no wallet: stop it and make one with "
                                "`adit wallet new`"};
    using Call = std::function<RpcResult(Wallet&, const Params&)>;
    const auto add = [&](std::string_view name, Call call) {
        table.add(name, [&node, call = std::move(call)](const Params& params) -> RpcResult {
            if (node.wallet == nullptr) return kNone;
            return call(*node.wallet, params);
        });
    };
    add("abandontransaction", abandontransaction);
    add("getbalance", getbalance);
    add("getnewaddress",
        [&](Wallet& w, const Params& params) { return getnewaddress(node, w, params); });
    add("gettransaction",
        [&](Wallet& w, const Params& params) { return gettransaction(node, w, params); });
    add("getwalletinfo", [&](Wallet& w, const Params&) { return getwalletinfo(node, w); });
    add("listtransactions",
        [&](Wallet& w, const Params& params) { return listtransactions(node, w, params); });
    add("listunspent",
        [&](Wallet& w, const Params& params) { return listunspent(node, w, params); });
    add("sendmany", [&](Wallet& w, const Params& params) { return sendmany(node, w, params); });
    add("sendtoaddress",
        [&](Wallet& w, const Params& params) { return sendtoaddress(node, w, params); });
    add("walletlock", [](Wallet& w, const Params&) {
        w.lock();
        return json::value(nullptr);
    });
    table.add_waiting("walletpassphrase", [&](const Params& params, std::stop_token, Reply reply) {
        if (node.wallet == nullptr) return reply(kNone);
        walletpassphrase(node, *node.wallet, params, std::move(reply));
    });
}

}  // namespace adit::node::rpc
