#include "node/wallet/ledger.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "node/script/templates.hpp"

namespace adit::node::wallet {

void Ledger::connect(const Block& block, const BlockHash& hash, Height height, UnixTime now)
{
    ADIT_CHECK(height.value == (tip_ ? tip_->height.value + 1 : 0));
    tip_ = MinedAt{hash, height, 0, block.header.time};
    // What genesis pays is in no coin set, as in Bitcoin.
    if (height.value == 0) return;
    for (u32 i = 0; i < block.transactions.size(); ++i) {
        const Transaction& tx = block.transactions[i];
        const TxId txid = txid_of(tx);
        const bool known = transactions_.contains(txid);
        if (!known && !concerns(tx)) continue;
        WalletTransaction& entry = keep(tx, txid, now);
        entry.mined = MinedAt{hash, height, i, block.header.time};
        entry.abandoned = false;
        mined_at_[height.value].push_back(txid);
    }
}

void Ledger::disconnect(const std::optional<MinedAt>& parent)
{
    ADIT_CHECK(tip_);
    const auto at = mined_at_.find(tip_->height.value);
    if (at != mined_at_.end()) {
        for (const TxId& txid : at->second) transactions_.at(txid).mined.reset();
        mined_at_.erase(at);
    }
    tip_ = parent;
}

void Ledger::forget_chain()
{
    for (const auto& [height, txids] : mined_at_)
        for (const TxId& txid : txids) transactions_.at(txid).mined.reset();
    mined_at_.clear();
    tip_.reset();
}

bool Ledger::add_pending(const Transaction& tx, UnixTime now)
{
    const TxId txid = txid_of(tx);
    if (const auto at = transactions_.find(txid); at != transactions_.end()) {
        at->second.abandoned = false;
        return true;
    }
    if (!concerns(tx)) return false;
    keep(tx, txid, now);
    return true;
}

void Ledger::drop_pending(const TxId& txid)
{
    const auto at = transactions_.find(txid);
    if (at == transactions_.end() || at->second.mined || at->second.spends_ours) return;
    // Another pending one of the wallet's may spend it: that one keeps it.
    for (u32 i = 0; i < at->second.tx.outputs.size(); ++i)
        if (spenders_.contains({txid, i})) return;
    forget(txid);
}

void Ledger::forget(const TxId& txid)
{
    const auto at = transactions_.find(txid);
    if (at == transactions_.end()) return;
    const WalletTransaction& entry = at->second;
    ADIT_CHECK(!entry.mined);
    for (const TxIn& in : entry.tx.inputs) {
        const auto spenders = spenders_.find(in.prevout);
        if (spenders == spenders_.end()) continue;
        spenders->second.erase(txid);
        if (spenders->second.empty()) spenders_.erase(spenders);
    }
    for (u32 i = 0; i < entry.tx.outputs.size(); ++i) owned_.erase({txid, i});
    transactions_.erase(at);
}

bool Ledger::abandon(const TxId& txid)
{
    const auto at = transactions_.find(txid);
    if (at == transactions_.end() || at->second.mined) return false;
    at->second.abandoned = true;
    return true;
}

bool Ledger::concerns(const Transaction& tx) const
{
    return std::ranges::any_of(
               tx.outputs,
               [&](const TxOut& out) { return keys_.owner_of(out.script_pubkey).has_value(); }) ||
           std::ranges::any_of(tx.inputs,
                               [&](const TxIn& in) { return owned_.contains(in.prevout); });
}

WalletTransaction& Ledger::keep(const Transaction& tx, const TxId& txid, UnixTime now)
{
    const auto [at, fresh] = transactions_.try_emplace(txid);
    WalletTransaction& entry = at->second;
    if (!fresh) return entry;
    entry.tx = tx;
    entry.txid = txid;
    entry.received = now;
    entry.order = next_order_++;
    index(entry);
    entry.spends_ours =
        std::ranges::any_of(tx.inputs, [&](const TxIn& in) { return owned_.contains(in.prevout); });
    return entry;
}

void Ledger::index(const WalletTransaction& entry)
{
    for (u32 i = 0; i < entry.tx.outputs.size(); ++i) {
        const TxOut& out = entry.tx.outputs[i];
        const auto owner = keys_.owner_of(out.script_pubkey);
        if (!owner) continue;
        keys_.mark_used(*owner);
        owned_.emplace(OutPoint{entry.txid, i}, Owned{out, *owner});
    }
    if (entry.tx.is_coinbase()) return;
    for (const TxIn& in : entry.tx.inputs) spenders_[in.prevout].insert(entry.txid);
}

void Ledger::restore(std::optional<MinedAt> tip, std::vector<WalletTransaction> transactions)
{
    ADIT_CHECK(transactions_.empty());
    tip_ = tip;
    std::ranges::sort(transactions, {}, &WalletTransaction::order);
    for (WalletTransaction& entry : transactions) {
        const TxId txid = entry.txid;
        next_order_ = std::max(next_order_, entry.order + 1);
        if (entry.mined) mined_at_[entry.mined->height.value].push_back(txid);
        const auto [at, fresh] = transactions_.emplace(txid, std::move(entry));
        if (fresh) index(at->second);
    }
}

const WalletTransaction* Ledger::find(const TxId& txid) const
{
    const auto at = transactions_.find(txid);
    return at == transactions_.end() ? nullptr : &at->second;
}

bool Ledger::is_live(const WalletTransaction& tx) const
{
    Memo memo;
    return is_live(tx, memo);
}

bool Ledger::is_live(const WalletTransaction& tx, Memo& memo) const
{
    if (tx.mined) return true;
    if (tx.abandoned || tx.tx.is_coinbase()) return false;
    if (const auto known = memo.find(&tx); known != memo.end()) return known->second;
    bool live = true;
    for (const TxIn& in : tx.tx.inputs) {
        for (const TxId& rival : spenders_.at(in.prevout))
            if (rival != tx.txid && transactions_.at(rival).mined) live = false;
        if (const WalletTransaction* parent = find(in.prevout.txid);
            parent != nullptr && !is_live(*parent, memo))
            live = false;
    }
    memo[&tx] = live;
    return live;
}

i64 Ledger::confirmations(const WalletTransaction& tx) const
{
    if (!tx.mined) return is_live(tx) ? 0 : -1;
    return i64{tip_->height.value} - tx.mined->height.value + 1;
}

bool Ledger::is_mature(const WalletTransaction& tx) const
{
    if (!tx.tx.is_coinbase()) return true;
    // The next block may spend it.
    return tx.mined && tip_->height.value + 1 - tx.mined->height.value >= maturity_;
}

bool Ledger::is_trusted(const WalletTransaction& tx) const
{
    if (tx.mined) return true;
    return std::ranges::all_of(tx.tx.inputs,
                               [&](const TxIn& in) { return owned_.contains(in.prevout); });
}

bool Ledger::is_spent(const OutPoint& outpoint, Memo& memo) const
{
    const auto at = spenders_.find(outpoint);
    return at != spenders_.end() && std::ranges::any_of(at->second, [&](const TxId& txid) {
               return is_live(transactions_.at(txid), memo);
           });
}

std::vector<OwnedCoin> Ledger::coins() const
{
    std::vector<OwnedCoin> coins;
    Memo memo;
    for (const auto& [outpoint, owned] : owned_) {
        const WalletTransaction& tx = transactions_.at(outpoint.txid);
        if (!is_live(tx, memo) || is_spent(outpoint, memo)) continue;
        coins.push_back({outpoint, owned.out, owned.key,
                         tx.mined ? tip_->height.value - tx.mined->height.value + 1 : 0,
                         tx.tx.is_coinbase(), is_mature(tx), is_trusted(tx)});
    }
    return coins;
}

Balance Ledger::balance() const
{
    Balance sum;
    for (const OwnedCoin& coin : coins()) {
        Amount& part = !coin.trusted ? sum.pending : !coin.mature ? sum.immature : sum.spendable;
        part += coin.out.value;
    }
    return sum;
}

Amount Ledger::debit(const WalletTransaction& tx) const
{
    Amount sum = 0;
    for (const TxIn& in : tx.tx.inputs)
        if (const auto at = owned_.find(in.prevout); at != owned_.end())
            sum += at->second.out.value;
    return sum;
}

Amount Ledger::credit(const WalletTransaction& tx) const
{
    Amount sum = 0;
    for (u32 i = 0; i < tx.tx.outputs.size(); ++i)
        if (owned_.contains({tx.txid, i})) sum += tx.tx.outputs[i].value;
    return sum;
}

std::optional<Amount> Ledger::fee(const WalletTransaction& tx) const
{
    if (tx.tx.is_coinbase()) return std::nullopt;
    Amount fee = 0;
    for (const TxIn& in : tx.tx.inputs) {
        const auto at = owned_.find(in.prevout);
        if (at == owned_.end()) return std::nullopt;
        fee += at->second.out.value;
    }
    for (const TxOut& out : tx.tx.outputs) fee -= out.value;
    return fee;
}

std::vector<HistoryLine> Ledger::lines_of(const WalletTransaction& tx) const
{
    using Kind = HistoryLine::Kind;
    std::vector<HistoryLine> lines;
    const bool spends = debit(tx) > 0;
    const auto cost = fee(tx);
    Kind received = Kind::receive;
    if (tx.tx.is_coinbase())
        received = !tx.mined ? Kind::orphan : is_mature(tx) ? Kind::generate : Kind::immature;
    for (u32 i = 0; i < tx.tx.outputs.size(); ++i) {
        const TxOut& out = tx.tx.outputs[i];
        const auto owned = owned_.find({tx.txid, i});
        const bool ours = owned != owned_.end();
        if (spends && ours && owned->second.key.branch == KeyPlace::Branch::change) continue;
        const auto address = script::address_of(out.script_pubkey);
        if (spends)
            lines.push_back({Kind::send, &tx, i, address, -out.value,
                             cost ? std::optional(-*cost) : std::nullopt});
        if (ours) lines.push_back({received, &tx, i, address, out.value, std::nullopt});
    }
    return lines;
}

std::vector<HistoryLine> Ledger::history() const
{
    std::vector<const WalletTransaction*> order;
    order.reserve(transactions_.size());
    for (const auto& [txid, entry] : transactions_) order.push_back(&entry);
    std::ranges::sort(order, {}, &WalletTransaction::order);
    std::vector<HistoryLine> lines;
    for (const WalletTransaction* entry : order) {
        auto more = lines_of(*entry);
        lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
}

std::vector<TxId> Ledger::rivals_of(const WalletTransaction& tx) const
{
    std::set<TxId> rivals;
    if (tx.tx.is_coinbase()) return {};
    for (const TxIn& in : tx.tx.inputs)
        for (const TxId& txid : spenders_.at(in.prevout))
            if (txid != tx.txid) rivals.insert(txid);
    return {rivals.begin(), rivals.end()};
}

std::vector<Transaction> Ledger::own_pending() const
{
    std::vector<const WalletTransaction*> waiting;
    Memo memo;
    for (const auto& [txid, entry] : transactions_)
        if (!entry.mined && entry.spends_ours && is_live(entry, memo)) waiting.push_back(&entry);
    // A child is seen after its parent, or it would not have been ours.
    std::ranges::sort(waiting, {}, &WalletTransaction::order);
    std::vector<Transaction> transactions;
    transactions.reserve(waiting.size());
    for (const WalletTransaction* entry : waiting) transactions.push_back(entry->tx);
    return transactions;
}

}  // namespace adit::node::wallet
