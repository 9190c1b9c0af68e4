#include "node/mempool/mempool.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "node/consensus/check_inputs.hpp"
#include "node/consensus/check_tx.hpp"
#include "node/mempool/signature_cache.hpp"

namespace adit::node::mempool {
namespace {

constexpr std::size_t kRefusedMax = 50'000;
constexpr u32 kFormat = 1;
/// A coin made by the pool is in no block yet: never immature, never a coinbase.
constexpr Height kPoolHeight{0};

TxRefusal refusal(consensus::BlockError error)
{
    return {std::string(consensus::reject_word(error)),
            {},
            consensus::misbehaviour_points(error),
            false};
}

TxRefusal policy_refusal(std::string word, std::string detail = {})
{
    return {std::move(word), std::move(detail), 0, false};
}

/// a/b < c/d for positive denominators, exactly.
bool rate_less(Amount a, std::size_t b, Amount c, std::size_t d)
{
    return static_cast<__int128>(a) * static_cast<__int128>(d) <
           static_cast<__int128>(c) * static_cast<__int128>(b);
}

}  // namespace

/// The chain's coins and, above them, the outputs of waiting transactions.
class Mempool::WithPool final : public consensus::CoinView {
public:
    explicit WithPool(const Mempool& pool) : pool_(pool) {}
    std::optional<consensus::Coin> find(const OutPoint& outpoint) const override
    {
        if (const MempoolEntry* parent = pool_.find(outpoint.txid)) {
            if (outpoint.index >= parent->tx->outputs.size()) return std::nullopt;
            return consensus::Coin{parent->tx->outputs[outpoint.index], kPoolHeight, false};
        }
        return pool_.chain_coins_.find(outpoint);
    }

private:
    const Mempool& pool_;
};

std::size_t Mempool::SaltedHash::operator()(const TxId& txid) const
{
    u64 word = load_le<u64>(txid.bytes.data()) ^ salt;
    word = (word ^ word >> 32) * 0x9e3779b97f4a7c15;
    return word ^ word >> 29;
}

bool Mempool::WorthOrder::operator()(const MempoolEntry* a, const MempoolEntry* b) const
{
    if (rate_less(a->descendant_fees, a->descendant_bytes, b->descendant_fees, b->descendant_bytes))
        return true;
    if (rate_less(b->descendant_fees, b->descendant_bytes, a->descendant_fees, a->descendant_bytes))
        return false;
    return a->txid < b->txid;
}

Mempool::Mempool(const consensus::ChainSpec& spec, const consensus::CoinView& chain_coins,
                 MempoolLimits limits, u64 salt, script::SignatureMemory* signatures)
    : spec_(spec),
      chain_coins_(chain_coins),
      limits_(limits),
      entries_(0, SaltedHash{salt}),
      own_signatures_(signatures == nullptr ? std::make_unique<SignatureCache>() : nullptr),
      signatures_(signatures == nullptr ? own_signatures_.get() : signatures)
{}

Result<void, TxRefusal> Mempool::accept(const Transaction& tx, const NextBlock& next, UnixTime now)
{
    const TxId txid = txid_of(tx);
    auto checked = check(tx, txid, next);
    if (!checked) {
        if (checked.error().missing_inputs)
            keep_orphan(tx, txid, now);
        else if (checked.error().word != "txn-already-in-mempool")
            remember_refusal(txid);
        return checked.error();
    }
    add(tx, txid, std::move(*checked), next, now);
    make_room();
    if (find(txid) == nullptr)
        return policy_refusal("mempool full", "other transactions pay more for their bytes");
    take_orphans(txid, next, now);
    return {};
}

Result<Amount, TxRefusal> Mempool::test(const Transaction& tx, const NextBlock& next) const
{
    auto checked = check(tx, txid_of(tx), next);
    if (!checked) return checked.error();
    return checked->fee;
}

Result<Mempool::Checked, TxRefusal> Mempool::check(const Transaction& tx, const TxId& txid,
                                                   const NextBlock& next) const
{
    if (const auto verdict = consensus::check_tx(spec_, tx); !verdict)
        return refusal(verdict.error());
    if (tx.is_coinbase()) return TxRefusal{"coinbase", {}, 100, false};
    if (const auto standard = check_standard(spec_, tx); !standard)
        return policy_refusal(std::string(to_string(standard.error())));
    if (!consensus::is_final(tx, next.height, next.time)) return policy_refusal("non-final");
    if (entries_.contains(txid)) return policy_refusal("txn-already-in-mempool");
    for (const TxIn& in : tx.inputs)
        if (spenders_.contains(in.prevout)) return policy_refusal("txn-mempool-conflict");

    const WithPool coins(*this);
    Checked checked;
    std::vector<TxOut> spent;
    for (const TxIn& in : tx.inputs) {
        const auto coin = coins.find(in.prevout);
        if (!coin) {
            for (u32 i = 0; i < tx.outputs.size(); ++i)
                if (chain_coins_.find({txid, i})) return policy_refusal("txn-already-known");
            TxRefusal missing = policy_refusal("bad-txns-inputs-missingorspent");
            missing.missing_inputs = find(in.prevout.txid) == nullptr;
            return missing;
        }
        spent.push_back(coin->out);
        if (find(in.prevout.txid) != nullptr) checked.parents.insert(in.prevout.txid);
    }
    if (const auto standard = check_standard_inputs(tx, spent); !standard)
        return policy_refusal(std::string(to_string(standard.error())));
    checked.sigops = consensus::count_sigops(tx);
    for (std::size_t i = 0; i < spent.size(); ++i)
        checked.sigops +=
            script::count_script_hash_sigops(tx.inputs[i].script_sig, spent[i].script_pubkey);

    // Values and maturity now, scripts last.
    const auto values =
        consensus::check_inputs(spec_, tx, next.height, coins,
                                [](const Transaction&, std::size_t, const TxOut&) { return true; });
    if (!values) {
        TxRefusal refused = refusal(values.error());
        if (values.error() == consensus::BlockError::bad_txns_premature_spend_of_coinbase)
            refused.points = 0;
        return refused;
    }
    checked.fee = *values;
    const std::size_t bytes = to_bytes(tx).size();
    if (checked.fee < fee_for(bytes, kRelayFeePerKb))
        return policy_refusal("min relay fee not met");
    if (checked.fee < fee_for(bytes, minimum_fee_per_kb_))
        return policy_refusal("mempool min fee not met");

    const auto ancestors = ancestors_of(checked.parents);
    std::size_t ancestor_bytes = bytes;
    for (const TxId& ancestor : ancestors) {
        const MempoolEntry& entry = entries_.at(ancestor);
        ancestor_bytes += entry.bytes;
        if (entry.descendant_count + 1 > limits_.descendants_max ||
            entry.descendant_bytes + bytes > limits_.descendant_bytes_max)
            return policy_refusal("too-long-mempool-chain", "too many descendants");
    }
    if (ancestors.size() + 1 > limits_.ancestors_max || ancestor_bytes > limits_.ancestor_bytes_max)
        return policy_refusal("too-long-mempool-chain", "too many unconfirmed ancestors");

    for (std::size_t i = 0; i < spent.size(); ++i) {
        const auto policy = script::check_spend(tx, i, spent[i], script::kPolicyFlags, signatures_);
        if (policy) continue;
        const auto consensus =
            script::check_spend(tx, i, spent[i], script::kConsensusFlags, signatures_);
        const std::string detail(script::sentence(policy.error()));
        if (consensus) return policy_refusal("non-mandatory-script-verify-flag", detail);
        return TxRefusal{"mandatory-script-verify-flag-failed",
                         std::string(script::sentence(consensus.error())), 100, false};
    }
    return checked;
}

void Mempool::on_block_connected(const Block& block)
{
    refused_.clear();
    for (const Transaction& tx : block.transactions) {
        const TxId txid = txid_of(tx);
        if (entries_.contains(txid)) remove(txid);
        orphans_.erase(txid);
        for (const TxIn& in : tx.inputs)
            if (const MempoolEntry* rival = spender_of(in.prevout))
                remove_with_descendants(TxId(rival->txid));
    }
    ++changes_;
}

void Mempool::on_reorganised(const std::vector<Transaction>& returned, const NextBlock& next,
                             UnixTime now)
{
    refused_.clear();
    // Whatever waits may lean on coins that are gone: all of it is taken out and offered again in
    // order.
    std::vector<Saved> waiting;
    for (const Transaction& tx : returned)
        if (!tx.is_coinbase()) waiting.push_back({tx, now});
    for (const MempoolEntry* entry : all()) waiting.push_back({*entry->tx, entry->time});
    while (!entries_.empty()) remove_with_descendants(TxId(entries_.begin()->first));
    for (const Saved& saved : waiting) static_cast<void>(accept(saved.tx, next, saved.time));
    ++changes_;
}

void Mempool::on_tick(UnixTime now)
{
    std::vector<TxId> old;
    for (const auto& [txid, entry] : entries_)
        if (now - entry.time > limits_.expiry_s) old.push_back(txid);
    for (const TxId& txid : old)
        if (entries_.contains(txid)) remove_with_descendants(txid);
    std::erase_if(orphans_, [&](const auto& orphan) {
        return now - orphan.second.time > limits_.orphan_expiry_s;
    });
    // The pool's own fee sinks again when there is room.
    if (bytes_ < limits_.bytes_max / 2)
        minimum_fee_per_kb_ = std::max(kRelayFeePerKb, minimum_fee_per_kb_ * 999 / 1'000);
}

const MempoolEntry* Mempool::find(const TxId& txid) const
{
    const auto at = entries_.find(txid);
    return at == entries_.end() ? nullptr : &at->second;
}

const MempoolEntry* Mempool::spender_of(const OutPoint& outpoint) const
{
    const auto at = spenders_.find(outpoint);
    return at == spenders_.end() ? nullptr : find(at->second);
}

std::optional<consensus::Coin> Mempool::coin(const OutPoint& outpoint) const
{
    return WithPool(*this).find(outpoint);
}

std::vector<const MempoolEntry*> Mempool::all() const
{
    auto entries = all_unordered();
    // Fewer ancestors first puts parents before children.
    std::sort(entries.begin(), entries.end(), [](const MempoolEntry* a, const MempoolEntry* b) {
        return a->ancestor_count != b->ancestor_count ? a->ancestor_count < b->ancestor_count
                                                      : a->txid < b->txid;
    });
    return entries;
}

std::vector<const MempoolEntry*> Mempool::all_unordered() const
{
    std::vector<const MempoolEntry*> entries;
    entries.reserve(entries_.size());
    for (const auto& [txid, entry] : entries_) entries.push_back(&entry);
    return entries;
}

std::set<TxId> Mempool::ancestors_of(const std::set<TxId>& parents) const
{
    std::set<TxId> found;
    std::vector<TxId> next(parents.begin(), parents.end());
    while (!next.empty()) {
        const TxId txid = next.back();
        next.pop_back();
        if (!found.insert(txid).second) continue;
        const auto& more = entries_.at(txid).parents;
        next.insert(next.end(), more.begin(), more.end());
    }
    return found;
}

std::set<TxId> Mempool::descendants_of(const TxId& txid) const
{
    std::set<TxId> found;
    std::vector<TxId> next{txid};
    while (!next.empty()) {
        const TxId at = next.back();
        next.pop_back();
        if (!found.insert(at).second) continue;
        const auto& more = entries_.at(at).children;
        next.insert(next.end(), more.begin(), more.end());
    }
    return found;
}

void Mempool::add(const Transaction& tx, const TxId& txid, Checked checked, const NextBlock& next,
                  UnixTime now)
{
    const auto ancestors = ancestors_of(checked.parents);
    MempoolEntry& entry = entries_[txid];
    entry.tx = std::make_shared<const Transaction>(tx);
    entry.txid = txid;
    entry.bytes = entry.ancestor_bytes = entry.descendant_bytes = to_bytes(tx).size();
    entry.fee = entry.ancestor_fees = entry.descendant_fees = checked.fee;
    entry.sigops = checked.sigops;
    entry.time = now;
    entry.height = Height(next.height.value - 1);
    entry.parents = std::move(checked.parents);
    for (const TxId& parent : entry.parents) entries_.at(parent).children.insert(txid);
    for (const TxId& id : ancestors) {
        MempoolEntry& ancestor = entries_.at(id);
        entry.ancestor_count += 1;
        entry.ancestor_bytes += ancestor.bytes;
        entry.ancestor_fees += ancestor.fee;
        by_worth_.erase(&ancestor);
        ancestor.descendant_count += 1;
        ancestor.descendant_bytes += entry.bytes;
        ancestor.descendant_fees += entry.fee;
        by_worth_.insert(&ancestor);
    }
    by_worth_.insert(&entry);
    for (const TxIn& in : tx.inputs) spenders_[in.prevout] = txid;
    bytes_ += entry.bytes + kEntryOverheadBytes;
    fees_ += entry.fee;
    ++changes_;
    if (listener_ != nullptr) listener_->on_added(entry);
}

void Mempool::remove(const TxId& id)
{
    const TxId txid = id;
    MempoolEntry& entry = entries_.at(txid);
    auto descendants = descendants_of(txid);
    descendants.erase(txid);
    for (const TxId& child : descendants) {
        MempoolEntry& descendant = entries_.at(child);
        descendant.ancestor_count -= 1;
        descendant.ancestor_bytes -= entry.bytes;
        descendant.ancestor_fees -= entry.fee;
    }
    for (const TxId& parent : ancestors_of(entry.parents)) {
        MempoolEntry& ancestor = entries_.at(parent);
        by_worth_.erase(&ancestor);
        ancestor.descendant_count -= 1;
        ancestor.descendant_bytes -= entry.bytes;
        ancestor.descendant_fees -= entry.fee;
        by_worth_.insert(&ancestor);
    }
    for (const TxId& child : entry.children) entries_.at(child).parents.erase(txid);
    for (const TxId& parent : entry.parents) entries_.at(parent).children.erase(txid);
    for (const TxIn& in : entry.tx->inputs) spenders_.erase(in.prevout);
    by_worth_.erase(&entry);
    bytes_ -= entry.bytes + kEntryOverheadBytes;
    fees_ -= entry.fee;
    ++changes_;
    const SharedTransaction tx = std::move(entry.tx);
    entries_.erase(txid);
    if (listener_ != nullptr) listener_->on_removed(*tx, txid);
}

void Mempool::remove_with_descendants(const TxId& txid)
{
    const auto family = descendants_of(txid);
    std::vector<const MempoolEntry*> order;
    order.reserve(family.size());
    for (const TxId& id : family) order.push_back(find(id));
    std::sort(order.begin(), order.end(), [](const MempoolEntry* a, const MempoolEntry* b) {
        return a->ancestor_count > b->ancestor_count;
    });
    std::vector<TxId> ids;
    ids.reserve(order.size());
    for (const MempoolEntry* entry : order) ids.push_back(entry->txid);
    for (const TxId& id : ids) remove(id);
}

void Mempool::make_room()
{
    while (bytes_ > limits_.bytes_max && !by_worth_.empty()) {
        const MempoolEntry* worst = *by_worth_.begin();
        const auto rate =
            static_cast<Amount>(static_cast<__int128>(worst->descendant_fees) * 1'000 /
                                static_cast<__int128>(worst->descendant_bytes));
        minimum_fee_per_kb_ = std::max(minimum_fee_per_kb_, rate + kMinimumFeeStep);
        remove_with_descendants(TxId(worst->txid));
    }
}

void Mempool::take_orphans(const TxId& parent, const NextBlock& next, UnixTime now)
{
    std::vector<Transaction> ready;
    for (auto at = orphans_.begin(); at != orphans_.end();) {
        const auto& inputs = at->second.tx.inputs;
        const bool waits = std::any_of(inputs.begin(), inputs.end(),
                                       [&](const TxIn& in) { return in.prevout.txid == parent; });
        if (!waits) {
            ++at;
            continue;
        }
        ready.push_back(std::move(at->second.tx));
        at = orphans_.erase(at);
    }
    for (const Transaction& tx : ready) static_cast<void>(accept(tx, next, now));
}

void Mempool::keep_orphan(const Transaction& tx, const TxId& txid, UnixTime now)
{
    if (limits_.orphans_max == 0) return;
    if (orphans_.size() >= limits_.orphans_max) {
        // The oldest gives way.
        const auto oldest = std::min_element(
            orphans_.begin(), orphans_.end(),
            [](const auto& a, const auto& b) { return a.second.time < b.second.time; });
        orphans_.erase(oldest);
    }
    orphans_[txid] = {tx, now};
}

void Mempool::remember_refusal(const TxId& txid)
{
    if (refused_.size() >= kRefusedMax) refused_.clear();
    refused_.insert(txid);
}

Bytes Mempool::save() const
{
    Writer w;
    w.number(kFormat);
    w.compact_size(entries_.size());
    for (const MempoolEntry* entry : all()) {
        w.number(entry->time);
        describe(w, *entry->tx);
    }
    return w.take();
}

std::optional<std::vector<Mempool::Saved>> Mempool::load(ByteView bytes)
{
    Reader r(bytes);
    u32 format = 0;
    r.number(format);
    const u64 count = r.compact_size();
    std::vector<Saved> saved;
    for (u64 i = 0; i < count && r.ok(); ++i) {
        Saved& entry = saved.emplace_back();
        r.number(entry.time);
        describe(r, entry.tx);
    }
    if (!r.ok() || r.left() != 0 || format != kFormat) return std::nullopt;
    return saved;
}

}  // namespace adit::node::mempool
