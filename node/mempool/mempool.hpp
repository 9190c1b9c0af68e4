#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "node/consensus/coin_view.hpp"
#include "node/consensus/spec.hpp"
#include "node/consensus/verdict.hpp"
#include "node/mempool/policy.hpp"
#include "node/script/spend_check.hpp"

/// Transactions waiting for a block. Pure: clock, coins and the chain's tip are handed in. The
/// chain thread.
namespace adit::node::mempool {

struct MempoolLimits {
    std::size_t bytes_max = 100u << 20;  ///< transactions with their overheads
    std::size_t ancestors_max = 25;      ///< a transaction and those it needs
    std::size_t ancestor_bytes_max = 101'000;
    std::size_t descendants_max = 25;  ///< a transaction and those that need it
    std::size_t descendant_bytes_max = 101'000;
    UnixTime expiry_s = 72 * 3600;
    std::size_t orphans_max = 100;  ///< waiting for a parent we do not know
    UnixTime orphan_expiry_s = 20 * 60;
};

inline constexpr std::size_t kEntryOverheadBytes =
    512;  ///< counted for each transaction besides its bytes
inline constexpr Amount kMinimumFeeStep =
    100;  ///< per 1000 bytes: the pool's own fee rises so much past what it evicted

/// Why a transaction is not taken.
struct TxRefusal {
    std::string word;  ///< reject word: "txn-mempool-conflict", "bad-txns-inputs-missingorspent" …
    std::string detail;  ///< a sentence where there is more to say, as with scripts
    int points = 0;  ///< the sender's misbehaviour: 0 where only policy or the moment refuses it
    bool missing_inputs = false;  ///< a parent is unknown: it may be kept as an orphan
};

/// The chain's tip as the next block's rules need it.
struct NextBlock {
    Height height;
    u32 time = 0;  ///< Unix seconds: for lock times; the median time past
};

struct MempoolEntry {
    SharedTransaction tx;
    TxId txid;
    std::size_t bytes = 0;
    Amount fee = 0;
    u32 sigops = 0;
    UnixTime time = 0;        ///< when it came
    Height height;            ///< of the tip then
    std::set<TxId> parents;   ///< in the pool
    std::set<TxId> children;  ///< in the pool
    // Sums over itself and all ancestors / descendants in the pool.
    std::size_t ancestor_count = 1;
    std::size_t ancestor_bytes = 0;
    Amount ancestor_fees = 0;
    std::size_t descendant_count = 1;
    std::size_t descendant_bytes = 0;
    Amount descendant_fees = 0;
};

/// Told of what comes and goes.
class MempoolListener {
public:
    virtual ~MempoolListener() = default;
    virtual void on_added(const MempoolEntry&) {}
    virtual void on_removed(const Transaction&, const TxId&) {}
};

class Mempool {
public:
    /// @param signatures  where good signatures are remembered; null: a memory of its own
    Mempool(const consensus::ChainSpec& spec, const consensus::CoinView& chain_coins,
            MempoolLimits limits, u64 salt, script::SignatureMemory* signatures = nullptr);

    /// Takes a transaction, and with it orphans that waited for it.
    Result<void, TxRefusal> accept(const Transaction& tx, const NextBlock& next, UnixTime now);
    /// What accept would say; changes nothing.
    Result<Amount, TxRefusal> test(const Transaction& tx, const NextBlock& next) const;

    /// A block came onto the best chain: its transactions leave, and those it makes impossible.
    void on_block_connected(const Block& block);
    /// A reorganisation ended: the transactions of disconnected blocks come back, oldest first,
    /// where still possible, and what is no longer possible at `next` leaves.
    void on_reorganised(const std::vector<Transaction>& returned, const NextBlock& next,
                        UnixTime now);
    /// Lets go what is too old.
    void on_tick(UnixTime now);

    const MempoolEntry* find(const TxId& txid) const;
    /// The pool's transaction that spends this output; nullptr for none.
    const MempoolEntry* spender_of(const OutPoint& outpoint) const;
    /// The chain's coin, or the output of a waiting transaction, spent in the pool or not.
    std::optional<consensus::Coin> coin(const OutPoint& outpoint) const;
    bool has_orphan(const TxId& txid) const { return orphans_.contains(txid); }
    bool refused_lately(const TxId& txid) const { return refused_.contains(txid); }
    /// Parents first.
    std::vector<const MempoolEntry*> all() const;
    /// The same in no order: what costs nothing.
    std::vector<const MempoolEntry*> all_unordered() const;
    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const { return bytes_; }
    Amount fees() const { return fees_; }
    const MempoolLimits& limits() const { return limits_; }
    /// Base units per 1000 bytes a newcomer must pay: the relay fee, more after evictions.
    Amount minimum_fee_per_kb() const { return minimum_fee_per_kb_; }
    /// Counts changes: a template made at an equal count is not worth making again.
    u64 changes() const { return changes_; }

    void set_listener(MempoolListener* listener) { listener_ = listener; }
    /// The pool's transactions as bytes for a restart, and their times.
    Bytes save() const;
    struct Saved {
        Transaction tx;
        UnixTime time = 0;
    };
    static std::optional<std::vector<Saved>> load(ByteView bytes);

private:
    class WithPool;
    struct Orphan {
        Transaction tx;
        UnixTime time = 0;
    };
    struct SaltedHash {
        u64 salt = 0;
        std::size_t operator()(const TxId& txid) const;
    };
    struct Checked {
        Amount fee = 0;
        u32 sigops = 0;
        std::set<TxId> parents;
    };

    Result<Checked, TxRefusal> check(const Transaction& tx, const TxId& txid,
                                     const NextBlock& next) const;
    std::set<TxId> ancestors_of(const std::set<TxId>& parents) const;
    std::set<TxId> descendants_of(const TxId& txid) const;
    void add(const Transaction& tx, const TxId& txid, Checked checked, const NextBlock& next,
             UnixTime now);
    void remove(const TxId& txid);
    void remove_with_descendants(const TxId& txid);
    void make_room();
    void take_orphans(const TxId& parent, const NextBlock& next, UnixTime now);
    void keep_orphan(const Transaction& tx, const TxId& txid, UnixTime now);
    void remember_refusal(const TxId& txid);

    /// Lowest descendant fee rate first: what goes when room is short.
    struct WorthOrder {
        bool operator()(const MempoolEntry* a, const MempoolEntry* b) const;
    };

    const consensus::ChainSpec& spec_;
    const consensus::CoinView& chain_coins_;
    MempoolLimits limits_;
    std::unordered_map<TxId, MempoolEntry, SaltedHash> entries_;
    std::map<OutPoint, TxId> spenders_;
    std::set<const MempoolEntry*, WorthOrder> by_worth_;
    std::map<TxId, Orphan> orphans_;
    std::set<TxId> refused_;  ///< since the last block, so that they are not fetched again
    std::unique_ptr<script::SignatureMemory> own_signatures_;
    script::SignatureMemory* signatures_;
    MempoolListener* listener_ = nullptr;
    std::size_t bytes_ = 0;
    Amount fees_ = 0;
    Amount minimum_fee_per_kb_ = kRelayFeePerKb;
    u64 changes_ = 0;
};

}  // namespace adit::node::mempool
