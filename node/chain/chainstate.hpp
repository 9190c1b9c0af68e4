#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/base/clock.hpp"
#include "node/chain/block_index.hpp"
#include "node/chain/store.hpp"
#include "node/consensus/coin_view.hpp"
#include "node/consensus/spec.hpp"

/// The best chain and its coins: most total work wins, of equal work the branch seen first.
/// Everything it knows is a function of the blocks it was given, and is in the store.
namespace adit::node::chain {

/// Sums over the chain, in base units: issued = unspent + unspendable at every height.
struct Supply {
    Amount issued = 0;       ///< all coinbase outputs less all fees, genesis included
    Amount unspent = 0;      ///< held by coins
    Amount unspendable = 0;  ///< in outputs that nobody can ever spend; these are not kept as coins
    u64 coins = 0;           ///< how many unspent outputs there are

    bool operator==(const Supply&) const = default;
};

/// The end of the best chain.
struct Tip {
    const BlockNode* block = nullptr;
    Supply supply;
};

/// What became of a block that breaks no rule by itself.
enum class BlockOutcome {
    connected,               ///< it is on the best chain now
    side_branch,             ///< kept; another branch has as much work or more, or is too far gone
    waiting,                 ///< kept; the body of an ancestor is missing
    duplicate,               ///< known and valid
    duplicate_inconclusive,  ///< known, its coins never checked
    duplicate_invalid,       ///< known to break a rule
    store_failed,            ///< see Chainstate::failure
};
std::string_view to_string(BlockOutcome outcome);

/// Whether the caller has run consensus::check_header on it already (on another thread, say).
enum class HeaderCheck { needed, done };

/// When a connected block is made durable and announced.
enum class Publish {
    now,    ///< before the call returns
    later,  ///< by `publish`, or with the next block that says `now`: for catching up in bulk
};

/// How the best chain moved. Walk from `from` down to `fork`, then up to `to`.
struct TipChange {
    const BlockNode* from = nullptr;
    const BlockNode* fork = nullptr;
    const BlockNode* to = nullptr;
};

/// A branch with more work than ours that forks off deeper than the spec's max_reorg: not followed.
struct RefusedBranch {
    const BlockNode* end = nullptr;
    u32 depth = 0;  ///< blocks of ours that it would undo
};
/// For people, one line: what it is, and how to follow it.
std::string text_of(const RefusedBranch& branch);

/// Told what the chain does, on the chain thread. A listener changes nothing of the chain
/// meanwhile.
class ChainListener {
public:
    virtual ~ChainListener() = default;
    virtual void on_block_connected(const BlockNode&, const Block&) {}
    virtual void on_block_disconnected(const BlockNode&, const Block&) {}
    /// The chain up to `to` is durable: from here on it may be announced to anybody.
    virtual void on_tip_changed(const TipChange&) {}
    /// A branch with more work forks off deeper than the spec's max_reorg and is not followed. Once
    /// a branch.
    virtual void on_reorg_refused(const BlockNode& /*branch*/, u32 /*depth*/) {}
};

/// One writer: the calls that change it come from one thread, the chain thread. Reads marked so are
/// for any thread. A store that fails (full disk) ends writing for good: `failure` says why, and a
/// later start goes on from what was durable.
class Chainstate {
public:
    struct Options {
        /// Says whether an input may spend; null: scripts cannot run yet, so nothing is spent.
        consensus::ScriptCheck script_check;
        /// In its place for blocks: asked once, when all else of a block is right.
        consensus::ScriptBatchCheck script_batch_check;
        /// In place of consensus::check_header, for the simulator and tests.
        std::function<consensus::Verdict(const BlockHeader&)> header_check;
        std::size_t coin_cache_bytes_max = 64u << 20;
        /// Fresh randomness: keeps strangers from choosing cache keys that collide.
        u64 hash_salt = 0;
    };

    /// Loads index and tip, or starts at genesis. `spec` and `store` must outlive it; the store's
    /// chain id must be the spec's.
    static Result<std::unique_ptr<Chainstate>, StoreError> open(const consensus::ChainSpec& spec,
                                                                Store& store, Options options);
    virtual ~Chainstate() = default;

    // The chain thread.
    /// What became of a row of headers. The ones before an error are kept.
    struct HeadersOutcome {
        const BlockNode* last = nullptr;               ///< of those taken; null: none was
        std::size_t added = 0;                         ///< how many were new
        std::optional<consensus::BlockError> refused;  ///< why the row ended before its end
    };
    /// Takes headers, each for its parent's child, in one write. `now` is the node's clock.
    virtual HeadersOutcome accept_headers(std::span<const BlockHeader> headers, UnixTime now,
                                          HeaderCheck check = HeaderCheck::needed) = 0;
    /// Takes a block, and follows the best branch it makes possible. `prev_blk_not_found`: keep it
    /// and ask for its ancestors. A block that breaks a rule for good is remembered as invalid.
    virtual Result<BlockOutcome, consensus::BlockError> accept_block(
        const Block& block, UnixTime now, Publish when = Publish::now,
        HeaderCheck check = HeaderCheck::needed) = 0;
    /// What a header says of itself; nothing is stored. Any thread.
    virtual consensus::Verdict check_header(const BlockHeader& header) const = 0;
    /// Whether a child of the tip breaks a rule, proof of work apart: for proposals. Another parent
    /// is `prev_blk_not_found`.
    virtual consensus::Verdict check_proposal(const Block& block, UnixTime now) = 0;
    /// Syncs the store, then moves `tip()` and tells the listeners.
    virtual Result<void, StoreError> publish() = 0;
    /// Takes a block, not genesis, and all that build on it for invalid: the best chain goes on
    /// without them, now and after a restart.
    virtual Result<void, StoreError> invalidate(const BlockNode& node) = 0;
    /// Takes that back, for the block, its ancestors and all that build on it, and whatever rule
    /// they were found to break; those still here are checked anew. Its branch is followed even
    /// when it forks off deeper than max_reorg.
    virtual Result<void, StoreError> reconsider(const BlockNode& node) = 0;
    /// The end of the chain connected so far, and its coins: ahead of `tip` until published. For
    /// the mempool.
    virtual const BlockNode* last_connected() const = 0;
    /// Of the branches that are not followed for their depth the one with most work; nullopt: none.
    virtual std::optional<RefusedBranch> refused_branch() const = 0;
    virtual const consensus::CoinView& coins() const = 0;
    virtual void add_listener(ChainListener& listener) = 0;
    virtual void remove_listener(ChainListener& listener) = 0;

    // Any thread.
    virtual const consensus::ChainSpec& spec() const = 0;
    virtual Tip tip() const = 0;  ///< durable: what may be told to anybody
    virtual const BlockNode* find(const BlockHash& hash) const = 0;
    const BlockNode* at(Height height) const { return tip().block->ancestor(height); }
    bool is_on_best_chain(const BlockNode& node) const { return tip().block->descends_from(node); }
    /// The header with most work that breaks no rule; its bodies may be missing.
    virtual const BlockNode* best_header() const = 0;
    Result<BlockHeader, StoreError> header_of(const BlockNode& node) const;
    /// nullopt: only its header is known.
    Result<std::optional<Block>, StoreError> block_of(const BlockNode& node) const;
    /// The same as on the wire: a header with its solution; a block message's payload.
    virtual Result<Bytes, StoreError> header_bytes_of(const BlockNode& node) const = 0;
    virtual Result<std::optional<Bytes>, StoreError> block_bytes_of(
        const BlockNode& node) const = 0;
    /// The transactions alone: what follows the header in a block message.
    virtual Result<std::optional<Bytes>, StoreError> body_bytes_of(const BlockNode& node) const = 0;
    /// An unspent output, and the end of the chain it is unspent on.
    struct CoinAnswer {
        std::optional<consensus::Coin> coin;
        const BlockNode* as_of = nullptr;
    };
    virtual Result<CoinAnswer, StoreError> coin(const OutPoint& outpoint) const = 0;
    /// Tips of all branches: nodes without children. For getchaintips.
    virtual std::vector<const BlockNode*> branch_tips() const = 0;
    /// Why it writes no more; nullopt while all is well.
    virtual std::optional<StoreError> failure() const = 0;
};

}  // namespace adit::node::chain
