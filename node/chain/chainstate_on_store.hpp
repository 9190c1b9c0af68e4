#pragma once

#include <set>
#include <shared_mutex>

#include "node/chain/candidates.hpp"
#include "node/chain/chainstate.hpp"
#include "node/chain/ledger.hpp"
#include "node/chain/records.hpp"

namespace adit::node::chain {

using consensus::BlockError;
using consensus::Verdict;

/// What to tell of a block whose parent failed: whether a rule is behind it, or an operator.
inline BlockError failure_of_heir(const BlockNode& parent)
{
    const BlockNode* root = &parent;
    while (root->parent != nullptr && root->parent->standing().failed) root = root->parent;
    return root->standing().failure == BlockError::invalidated ? BlockError::invalidated
                                                               : BlockError::bad_prevblk;
}

/// The one Chainstate there is, over a store. Its parts: BlockIndex (the tree), Candidates (where
/// the best chain could end), Ledger (the coins where it ends now).
class ChainstateOnStore final : public Chainstate {
public:
    ChainstateOnStore(const consensus::ChainSpec& spec, Store& store, Options options)
        : spec_(spec),
          store_(store),
          header_check_(std::move(options.header_check)),
          index_(spec.genesis.header),
          candidates_(index_),
          ledger_(spec, store,
                  {std::move(options.script_check), std::move(options.script_batch_check)},
                  options.coin_cache_bytes_max, options.hash_salt)
    {}

    /// Takes up where the store ends, or makes its first entry.
    Result<void, StoreError> start();

    HeadersOutcome accept_headers(std::span<const BlockHeader> headers, UnixTime now,
                                  HeaderCheck check) override;
    Result<BlockOutcome, BlockError> accept_block(const Block& block, UnixTime now, Publish when,
                                                  HeaderCheck check) override;
    Verdict check_header(const BlockHeader& header) const override;
    Verdict check_proposal(const Block& block, UnixTime now) override;
    Result<void, StoreError> publish() override;
    Result<void, StoreError> invalidate(const BlockNode& node) override;
    Result<void, StoreError> reconsider(const BlockNode& node) override;
    const BlockNode* last_connected() const override { return ledger_.tip(); }
    std::optional<RefusedBranch> refused_branch() const override;
    const consensus::CoinView& coins() const override { return ledger_.coins(); }
    void add_listener(ChainListener& listener) override { listeners_.push_back(&listener); }
    void remove_listener(ChainListener& listener) override { std::erase(listeners_, &listener); }

    const consensus::ChainSpec& spec() const override { return spec_; }
    Tip tip() const override
    {
        const std::lock_guard lock(published_mutex_);
        return published_;
    }
    const BlockNode* find(const BlockHash& hash) const override { return index_.find(hash); }
    const BlockNode* best_header() const override { return best_header_; }
    Result<Bytes, StoreError> header_bytes_of(const BlockNode& node) const override;
    Result<std::optional<Bytes>, StoreError> block_bytes_of(const BlockNode& node) const override;
    Result<std::optional<Bytes>, StoreError> body_bytes_of(const BlockNode& node) const override;
    Result<CoinAnswer, StoreError> coin(const OutPoint& outpoint) const override;
    std::vector<const BlockNode*> branch_tips() const override { return index_.leaves(); }
    std::optional<StoreError> failure() const override
    {
        const std::lock_guard lock(published_mutex_);
        return failure_;
    }

private:
    /// A block on its way in: not in the store yet, its first records wait in `batch`.
    struct Arrival {
        const BlockNode* node = nullptr;
        const Block* block = nullptr;
        Batch batch;
    };

    // Starting.
    Result<void, StoreError> make_genesis();
    Result<void, StoreError> load(const TipRecord& tip);
    Result<void, StoreError> load_node(const BlockKey& key, const IndexRecord& record);

    // Taking things in.
    Result<const BlockNode*, BlockError> admit_header(const BlockHeader& header,
                                                      const BlockHash& hash, UnixTime now,
                                                      HeaderCheck check, Batch& batch);
    Verdict check_header_at(const BlockNode& parent, const BlockHeader& header, UnixTime now) const;
    void keep_body(Arrival& arrival);
    BlockOutcome outcome_of(const BlockNode& node) const;

    // Following the best branch.
    void follow_best(Arrival* arrival);
    const BlockNode* better_than_tip(const BlockNode& start);
    bool too_deep(const BlockNode& start, const BlockNode& candidate);
    u32 refused_depth(const BlockNode& start, const BlockNode& candidate) const;
    bool connect_branch(const BlockNode& target, const BlockNode& fork, Arrival* arrival);
    bool connect(const BlockNode& node, Arrival* arrival);
    bool disconnect_tip();
    void remember_failed(const BlockNode& node, BlockError error, Batch& batch);
    void mark_failed(const BlockNode& node, BlockError error);
    void find_best_header();

    // What the operator wants.
    void clear_failures(const BlockNode& node, Batch& batch);
    void renew_candidates();

    // The store.
    bool commit(Batch& batch, const Ledger::Step* step = nullptr);
    bool commit_pending(Arrival* arrival);
    void fail(const StoreError& error);
    Result<Block, StoreError> stored_block(const BlockNode& node) const;

    const consensus::ChainSpec& spec_;
    Store& store_;
    std::function<Verdict(const BlockHeader&)> header_check_;
    BlockIndex index_;
    Candidates candidates_;
    Ledger ledger_;
    u64 arrivals_ = 0;
    std::set<const BlockNode*> refused_;  // first blocks of branches too deep to follow
    std::set<const BlockNode*> wanted_;   // by `reconsider`: followed however deep
    std::vector<ChainListener*> listeners_;
    std::atomic<const BlockNode*> best_header_ = nullptr;

    mutable std::shared_mutex coins_mutex_;  // readers see coins and the ledger's tip of one moment
    mutable std::mutex published_mutex_;     // guards the two below
    Tip published_;
    std::optional<StoreError> failure_;
};

}  // namespace adit::node::chain
