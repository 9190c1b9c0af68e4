#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "kernels/base/clock.hpp"
#include "node/primitives/block.hpp"
#include "node/wallet/key_book.hpp"

/// What the wallet owns and how it came to it: a pure function of the blocks it was shown and of
/// the transactions that wait. One thread.
namespace adit::node::wallet {

/// Where a transaction was mined.
struct MinedAt {
    BlockHash block;
    Height height;
    u32 index = 0;  ///< its place in the block
    u32 time = 0;   ///< the block's

    bool operator==(const MinedAt&) const = default;
};

/// A transaction that pays the wallet or spends from it.
struct WalletTransaction {
    Transaction tx;
    TxId txid;
    std::optional<MinedAt> mined;
    UnixTime received = 0;     ///< when the wallet first saw it
    u64 order = 0;             ///< rises in the order the wallet saw them
    bool spends_ours = false;  ///< it spends the wallet's coins
    bool abandoned = false;    ///< given up by its user: its inputs are free again

    bool operator==(const WalletTransaction&) const = default;
};

/// An output of the wallet that nothing of the wallet's spends.
struct OwnedCoin {
    OutPoint outpoint;
    TxOut out;
    KeyPlace key;
    u32 confirmations = 0;  ///< 0: not mined yet
    bool coinbase = false;
    bool mature = true;   ///< the next block may spend it
    bool trusted = true;  ///< mined, or change of our own

    bool spendable() const { return mature && trusted; }
};

struct Balance {
    Amount spendable = 0;  ///< mature, and change of our own that is not mined yet
    Amount pending = 0;    ///< paid by others, not mined yet
    Amount immature = 0;   ///< coinbases too young to spend

    bool operator==(const Balance&) const = default;
};

/// One line of history: an output that was paid or received.
struct HistoryLine {
    enum class Kind { send, receive, generate, immature, orphan };
    Kind kind{};
    const WalletTransaction* tx = nullptr;  ///< good until the ledger changes
    u32 output = 0;
    std::optional<Address> address;
    Amount amount = 0;          ///< below 0 for what was sent
    std::optional<Amount> fee;  ///< below 0; of what was sent
};

class Ledger {
public:
    /// `keys` outlives it. The ledger begins below genesis.
    Ledger(KeyBook& keys, u32 coinbase_maturity) : keys_(keys), maturity_(coinbase_maturity) {}

    // The chain, as far as the wallet has followed it.
    /// nullopt: no block yet.
    const std::optional<MinedAt>& tip() const { return tip_; }
    /// @param height  the tip's + 1, or 0
    void connect(const Block& block, const BlockHash& hash, Height height, UnixTime now);
    /// Takes the tip's transactions off the chain again. `parent` is nullopt for genesis.
    void disconnect(const std::optional<MinedAt>& parent);
    /// Takes all of them off, to be shown the chain anew.
    void forget_chain();

    // What waits for a block.
    /// @return whether it concerns the wallet, and so is kept
    bool add_pending(const Transaction& tx, UnixTime now);
    /// It left the pool without being mined: forgotten, when it only paid the wallet.
    void drop_pending(const TxId& txid);
    /// As if it had never been: for a payment that the node refused.
    void forget(const TxId& txid);
    bool abandon(const TxId& txid);  ///< false: mined, or unknown

    // Questions.
    Balance balance() const;
    std::vector<OwnedCoin> coins() const;
    /// Oldest first.
    std::vector<HistoryLine> history() const;
    std::vector<HistoryLine> lines_of(const WalletTransaction& tx) const;
    const WalletTransaction* find(const TxId& txid) const;
    std::size_t size() const { return transactions_.size(); }
    /// Mined, or may still be mined; false when another one was mined in its place.
    bool is_live(const WalletTransaction& tx) const;
    /// 0: waits; -1: never will be, as it stands.
    i64 confirmations(const WalletTransaction& tx) const;
    /// Those that spend one of its inputs, too.
    std::vector<TxId> rivals_of(const WalletTransaction& tx) const;
    /// The wallet's own that wait, parents first: to be offered to the pool again.
    std::vector<Transaction> own_pending() const;
    /// What it took from the wallet; what it cost when all its inputs are the wallet's.
    Amount debit(const WalletTransaction& tx) const;
    Amount credit(const WalletTransaction& tx) const;
    std::optional<Amount> fee(const WalletTransaction& tx) const;

    // On disk (`wallet_state.hpp`).
    const std::map<TxId, WalletTransaction>& transactions() const { return transactions_; }
    void restore(std::optional<MinedAt> tip, std::vector<WalletTransaction> transactions);

private:
    struct Owned {
        TxOut out;
        KeyPlace key;
    };
    using Memo = std::map<const WalletTransaction*, bool>;

    bool concerns(const Transaction& tx) const;
    WalletTransaction& keep(const Transaction& tx, const TxId& txid, UnixTime now);
    void index(const WalletTransaction& entry);
    bool is_live(const WalletTransaction& tx, Memo& memo) const;
    bool is_trusted(const WalletTransaction& tx) const;
    bool is_mature(const WalletTransaction& tx) const;
    bool is_spent(const OutPoint& outpoint, Memo& memo) const;

    KeyBook& keys_;
    u32 maturity_;
    std::optional<MinedAt> tip_;
    std::map<TxId, WalletTransaction> transactions_;
    std::map<OutPoint, Owned> owned_;
    std::map<OutPoint, std::set<TxId>> spenders_;  ///< of every input of every transaction kept
    std::map<u32, std::vector<TxId>> mined_at_;    ///< by height
    u64 next_order_ = 0;
};

}  // namespace adit::node::wallet
