#include "node/chain/chainstate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <shared_mutex>

#include "kernels/base/check.hpp"
#include "kernels/base/hex.hpp"
#include "node/chain/candidates.hpp"
#include "node/chain/ledger.hpp"
#include "node/chain/records.hpp"
#include "node/consensus/check_block.hpp"
#include "node/consensus/check_header.hpp"

namespace adit::node::chain {
namespace {

using consensus::BlockError;
using consensus::Verdict;

class ChainstateOnStore final : public Chainstate {
public:
    ChainstateOnStore(const consensus::ChainSpec& spec, Store& store, Options options)
        : spec_(spec),
          store_(store),
          header_check_(std::move(options.header_check)),
          index_(spec.genesis.header),
          candidates_(index_),
          ledger_(spec, store, std::move(options.script_check), options.coin_cache_bytes_max,
                  options.hash_salt)
    {}

    /// Takes up where the store ends, or makes its first entry.
    Result<void, StoreError> start();

    HeadersOutcome accept_headers(std::span<const BlockHeader> headers, UnixTime now,
                                  HeaderCheck check) override;
    Result<BlockOutcome, BlockError> accept_block(const Block& block, UnixTime now, Publish when,
                                                  HeaderCheck check) override;
    Verdict check_proposal(const Block& block, UnixTime now) const override;
    Result<void, StoreError> publish() override;
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
    bool connect_branch(const BlockNode& target, const BlockNode& fork, Arrival* arrival);
    bool connect(const BlockNode& node, Arrival* arrival);
    bool disconnect_tip();
    void remember_failed(const BlockNode& node, BlockError error, Batch& batch);

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
    std::vector<ChainListener*> listeners_;
    std::atomic<const BlockNode*> best_header_ = nullptr;

    mutable std::shared_mutex coins_mutex_;  // readers see coins and the ledger's tip of one moment
    mutable std::mutex published_mutex_;     // guards the two below
    Tip published_;
    std::optional<StoreError> failure_;
};

// Starting

Result<void, StoreError> ChainstateOnStore::start()
{
    ADIT_TRY(const auto record, store_.get(Column::meta, as_bytes(kTipKey)));
    best_header_ = index_.genesis();
    if (record) {
        const auto tip = read_tip(*record);
        if (!tip) return damaged("its tip cannot be read");
        ADIT_CHECKED(load(*tip));
    } else {
        ADIT_CHECKED(make_genesis());
    }
    candidates_.forget_below(*ledger_.tip());
    // An end of the process may have come between two blocks of a reorganisation.
    follow_best(nullptr);
    return publish();
}

Result<void, StoreError> ChainstateOnStore::make_genesis()
{
    const BlockNode& genesis = *index_.genesis();
    const Supply supply = genesis_supply(spec_.genesis);
    index_.set_arrival(genesis, ++arrivals_);
    Standing standing;
    standing.has_body = true;
    standing.was_connected = true;
    index_.set_standing(genesis, standing);
    candidates_.body_arrived(genesis);
    Batch batch;
    batch.put(Column::index, block_key(genesis), to_record(index_record_of(genesis)));
    batch.put(Column::headers, block_key(genesis), to_bytes(spec_.genesis.header));
    batch.put(Column::bodies, block_key(genesis), body_record(spec_.genesis));
    batch.put(Column::meta, as_bytes(kTipKey),
              to_record(TipRecord{genesis.hash, genesis.height, supply}));
    ADIT_CHECKED(store_.write(batch));
    ledger_.start_at(genesis, supply);
    return {};
}

Result<void, StoreError> ChainstateOnStore::load(const TipRecord& tip)
{
    Result<void, StoreError> loaded;
    ADIT_CHECKED(store_.scan(Column::index, [&](ByteView key, ByteView value) {
        const auto name = read_block_key(key);
        const auto record = read_index(value);
        loaded = name && record ? load_node(*name, *record)
                                : Result<void, StoreError>(damaged("its index cannot be read"));
        return loaded.has_value();
    }));
    ADIT_CHECKED(loaded);
    const BlockNode* node = index_.find(tip.hash);
    if (node == nullptr || node->height != tip.height || !node->standing().linked ||
        !node->standing().was_connected)
        return damaged("its tip is not in its index");
    ledger_.start_at(*node, tip.supply);
    return {};
}

Result<void, StoreError> ChainstateOnStore::load_node(const BlockKey& key,
                                                      const IndexRecord& record)
{
    const BlockNode* node = index_.genesis();
    if (key.height != Height(0)) {
        const BlockNode* parent = index_.find(record.prev);
        if (parent == nullptr || parent->height.value + 1 != key.height.value)
            return damaged("a block's parent is not in its index");
        node = index_.add(key.hash, *parent, record.version, record.time, record.bits);
    } else if (key.hash != node->hash) {
        return damaged("its first block is not the chain's genesis");
    }
    Standing standing;
    standing.has_body = record.has_body;
    standing.was_connected = record.was_connected;
    standing.failed = record.failure.has_value();
    standing.failure = record.failure;
    if (node->parent != nullptr && node->parent->standing().failed) {
        standing.failed = true;
        standing.failure = BlockError::bad_prevblk;
    }
    index_.set_arrival(*node, record.arrival);
    index_.set_standing(*node, standing);
    arrivals_ = std::max(arrivals_, record.arrival);
    if (standing.has_body) candidates_.body_arrived(*node);
    const BlockNode* best = best_header_;
    if (!standing.failed && node->total_work > best->total_work) best_header_ = node;
    return {};
}

// Taking things in

Verdict ChainstateOnStore::check_header_at(const BlockNode& parent, const BlockHeader& header,
                                           UnixTime now) const
{
    const auto blocks = ancestors_of(parent, consensus::ancestors_needed(spec_));
    return consensus::check_header_in_chain(spec_, header, {parent.height, blocks}, now);
}

Result<const BlockNode*, BlockError> ChainstateOnStore::admit_header(
    const BlockHeader& header, const BlockHash& hash, UnixTime now, HeaderCheck check, Batch& batch)
{
    if (const BlockNode* known = index_.find(hash)) {
        const Standing standing = known->standing();
        if (standing.failed) return *standing.failure;
        return known;
    }
    if (check == HeaderCheck::needed)
        ADIT_CHECKED(header_check_ ? header_check_(header)
                                   : consensus::check_header(spec_, header));
    const BlockNode* parent = index_.find(header.prev);
    if (parent == nullptr) return BlockError::prev_blk_not_found;
    if (parent->standing().failed) return BlockError::bad_prevblk;
    ADIT_CHECKED(check_header_at(*parent, header, now));
    const BlockNode* node = index_.add(hash, *parent, header.version, header.time, header.bits);
    if (node->total_work > best_header_.load()->total_work) best_header_ = node;
    batch.put(Column::headers, block_key(*node), to_bytes(header));
    batch.put(Column::index, block_key(*node), to_record(index_record_of(*node)));
    return node;
}

Chainstate::HeadersOutcome ChainstateOnStore::accept_headers(std::span<const BlockHeader> headers,
                                                             UnixTime now, HeaderCheck check)
{
    HeadersOutcome outcome;
    if (failure()) return outcome;
    Batch batch;
    const std::size_t before = index_.size();
    for (const BlockHeader& header : headers) {
        const auto node = admit_header(header, hash_of(header), now, check, batch);
        if (!node) {
            outcome.refused = node.error();
            break;
        }
        outcome.last = *node;
    }
    outcome.added = index_.size() - before;
    if (!batch.empty()) commit(batch);
    return outcome;
}

Result<BlockOutcome, BlockError> ChainstateOnStore::accept_block(const Block& block, UnixTime now,
                                                                 Publish when, HeaderCheck check)
{
    if (failure()) return BlockOutcome::store_failed;
    const BlockHash hash = hash_of(block.header);
    if (const BlockNode* known = index_.find(hash)) {
        const Standing standing = known->standing();
        if (standing.failed) return BlockOutcome::duplicate_invalid;
        if (standing.was_connected) return BlockOutcome::duplicate;
        if (standing.has_body) return BlockOutcome::duplicate_inconclusive;
    }
    Arrival arrival;
    ADIT_TRY(arrival.node, admit_header(block.header, hash, now, check, arrival.batch));
    arrival.block = &block;
    const BlockNode& node = *arrival.node;

    Verdict verdict = consensus::check_block(spec_, block);
    if (verdict) verdict = consensus::check_block_at(spec_, block, node.height);
    if (!verdict) {
        if (is_permanent(verdict.error())) remember_failed(node, verdict.error(), arrival.batch);
        if (!commit_pending(&arrival)) return BlockOutcome::store_failed;
        return verdict.error();
    }
    keep_body(arrival);
    follow_best(&arrival);
    if (when == Publish::now) (void)publish();
    if (failure()) return BlockOutcome::store_failed;
    if (const Standing standing = node.standing(); standing.failed) return *standing.failure;
    return outcome_of(node);
}

void ChainstateOnStore::keep_body(Arrival& arrival)
{
    const BlockNode& node = *arrival.node;
    Standing standing = node.standing();
    standing.has_body = true;
    index_.set_standing(node, standing);
    index_.set_arrival(node, ++arrivals_);
    arrival.batch.put(Column::bodies, block_key(node), body_record(*arrival.block));
    arrival.batch.put(Column::index, block_key(node), to_record(index_record_of(node)));
    candidates_.body_arrived(node);
}

BlockOutcome ChainstateOnStore::outcome_of(const BlockNode& node) const
{
    if (ledger_.tip()->descends_from(node)) return BlockOutcome::connected;
    return node.standing().linked ? BlockOutcome::side_branch : BlockOutcome::waiting;
}

Verdict ChainstateOnStore::check_proposal(const Block& block, UnixTime now) const
{
    const BlockNode& tip = *ledger_.tip();
    if (block.header.prev != tip.hash) return BlockError::prev_blk_not_found;
    ADIT_CHECKED(check_header_at(tip, block.header, now));
    ADIT_CHECKED(consensus::check_block(spec_, block));
    ADIT_CHECKED(consensus::check_block_at(spec_, block, Height(tip.height.value + 1)));
    const auto connected = ledger_.check(block);
    if (!connected && !connected.error().store) return connected.error().block;
    return {};
}

// Following the best branch

void ChainstateOnStore::follow_best(Arrival* arrival)
{
    const BlockNode& start = *ledger_.tip();
    while (const BlockNode* target = better_than_tip(start)) {
        const BlockNode* fork = fork_of(ledger_.tip(), target);
        while (ledger_.tip() != fork)
            if (!commit_pending(arrival) || !disconnect_tip()) return;
        if (!connect_branch(*target, *fork, arrival)) return;
    }
    if (commit_pending(arrival)) candidates_.forget_below(*ledger_.tip());
}

/// Of the candidates with more work than the tip, the best one that may be followed from `start`,
/// where all this began; `start` itself before others of its work.
const BlockNode* ChainstateOnStore::better_than_tip(const BlockNode& start)
{
    const BlockNode& tip = *ledger_.tip();
    const bool may_go_back =
        &tip != &start && tip.total_work <= start.total_work && !start.standing().failed;
    for (const BlockNode* candidate : candidates_.by_merit()) {
        if (may_go_back && candidate->total_work <= start.total_work) return &start;
        if (candidate->total_work <= tip.total_work) return nullptr;
        if (!too_deep(start, *candidate)) return candidate;
    }
    return nullptr;
}

bool ChainstateOnStore::too_deep(const BlockNode& start, const BlockNode& candidate)
{
    const Height fork = fork_of(&start, &candidate)->height;
    const u32 depth = start.height.value - fork.value;
    if (depth <= spec_.max_reorg) return false;
    const BlockNode* branch = candidate.ancestor(Height(fork.value + 1));
    if (refused_.insert(branch).second)
        for (ChainListener* listener : listeners_) listener->on_reorg_refused(candidate, depth);
    return true;
}

/// Connects up to `target`, or as far as the rules let it. False: the store failed.
bool ChainstateOnStore::connect_branch(const BlockNode& target, const BlockNode& fork,
                                       Arrival* arrival)
{
    for (u32 height = fork.height.value + 1; height <= target.height.value; ++height) {
        const BlockNode& node = *target.ancestor(Height(height));
        if (!connect(node, arrival)) return false;
        if (node.standing().failed) break;
    }
    return true;
}

/// False: the store failed. A block that breaks a rule is marked, and that is success.
bool ChainstateOnStore::connect(const BlockNode& node, Arrival* arrival)
{
    const bool arriving = arrival != nullptr && arrival->node == &node;
    if (!arriving && !commit_pending(arrival)) return false;
    std::optional<Block> stored;
    if (!arriving) {
        auto read = stored_block(node);
        if (!read) return fail(read.error()), false;
        stored = std::move(*read);
    }
    const Block& block = arriving ? *arrival->block : *stored;
    Batch own;
    Batch& batch = arriving ? arrival->batch : own;
    const auto step = ledger_.prepare_connect(node, block, batch);
    if (!step) {
        if (step.error().store) return fail(*step.error().store), false;
        remember_failed(node, step.error().block, batch);
        return commit(batch);
    }
    Standing standing = node.standing();
    if (!standing.was_connected) {
        standing.was_connected = true;
        index_.set_standing(node, standing);
        batch.put(Column::index, block_key(node), to_record(index_record_of(node)));
    }
    if (!commit(batch, &*step)) return false;
    for (ChainListener* listener : listeners_) listener->on_block_connected(node, block);
    return true;
}

bool ChainstateOnStore::disconnect_tip()
{
    const BlockNode& node = *ledger_.tip();
    const auto block = stored_block(node);
    if (!block) return fail(block.error()), false;
    Batch batch;
    const auto step = ledger_.prepare_disconnect(*block, batch);
    if (!step) return fail(step.error()), false;
    if (!commit(batch, &*step)) return false;
    for (ChainListener* listener : listeners_) listener->on_block_disconnected(node, *block);
    return true;
}

void ChainstateOnStore::remember_failed(const BlockNode& node, BlockError error, Batch& batch)
{
    Standing standing = node.standing();
    standing.has_body = false;
    standing.linked = false;
    standing.failed = true;
    standing.failure = error;
    index_.set_standing(node, standing);
    candidates_.remove(node);
    for (const BlockNode* heir : index_.descendants_of(node)) {
        standing = heir->standing();
        standing.failed = true;
        standing.failure = BlockError::bad_prevblk;
        index_.set_standing(*heir, standing);
        candidates_.remove(*heir);
    }
    batch.erase(Column::bodies, block_key(node));
    batch.put(Column::index, block_key(node), to_record(index_record_of(node)));

    const BlockNode* best = index_.genesis();
    if (!best_header_.load()->standing().failed) return;
    for (const BlockNode& other : index_.nodes())
        if (other.total_work > best->total_work && !other.standing().failed) best = &other;
    best_header_ = best;
}

Result<void, StoreError> ChainstateOnStore::publish()
{
    if (const auto why = failure()) return *why;
    const BlockNode* from = tip().block;
    const BlockNode* to = ledger_.tip();
    if (from == to) return {};
    if (const auto synced = store_.sync(); !synced) {
        fail(synced.error());
        return synced.error();
    }
    {
        const std::lock_guard lock(published_mutex_);
        published_ = {to, ledger_.supply()};
    }
    if (from == nullptr) return {};
    const TipChange change{from, fork_of(from, to), to};
    for (ChainListener* listener : listeners_) listener->on_tip_changed(change);
    return {};
}

// The store

bool ChainstateOnStore::commit(Batch& batch, const Ledger::Step* step)
{
    const std::unique_lock lock(coins_mutex_);
    if (const auto written = store_.write(batch); !written) return fail(written.error()), false;
    batch.clear();
    if (step != nullptr) ledger_.apply(*step);
    return true;
}

bool ChainstateOnStore::commit_pending(Arrival* arrival)
{
    return arrival == nullptr || arrival->batch.empty() || commit(arrival->batch);
}

void ChainstateOnStore::fail(const StoreError& error)
{
    const std::lock_guard lock(published_mutex_);
    if (!failure_) failure_ = error;
}

Result<Block, StoreError> ChainstateOnStore::stored_block(const BlockNode& node) const
{
    ADIT_TRY(auto block, block_of(node));
    if (!block) return damaged("the body of a block is gone");
    return std::move(*block);
}

Result<Bytes, StoreError> ChainstateOnStore::header_bytes_of(const BlockNode& node) const
{
    ADIT_TRY(auto header, store_.get(Column::headers, block_key(node)));
    if (!header) return damaged("a header is gone");
    return std::move(*header);
}

Result<std::optional<Bytes>, StoreError> ChainstateOnStore::block_bytes_of(
    const BlockNode& node) const
{
    ADIT_TRY(const auto body, store_.get(Column::bodies, block_key(node)));
    if (!body) return std::optional<Bytes>();
    ADIT_TRY(Bytes block, header_bytes_of(node));
    append(block, *body);
    return std::optional<Bytes>(std::move(block));
}

Result<Chainstate::CoinAnswer, StoreError> ChainstateOnStore::coin(const OutPoint& outpoint) const
{
    const std::shared_lock lock(coins_mutex_);
    CoinAnswer answer{std::nullopt, ledger_.tip()};
    ADIT_TRY(const auto record, store_.get(Column::coins, coin_key(outpoint)));
    if (!record) return answer;
    answer.coin = read_coin(*record);
    if (!answer.coin) return damaged("a coin cannot be read");
    return answer;
}

}  // namespace

std::string_view to_string(BlockOutcome outcome)
{
    switch (outcome) {
        case BlockOutcome::connected: return "connected";
        case BlockOutcome::side_branch: return "side_branch";
        case BlockOutcome::waiting: return "waiting";
        case BlockOutcome::duplicate: return "duplicate";
        case BlockOutcome::duplicate_inconclusive: return "duplicate_inconclusive";
        case BlockOutcome::duplicate_invalid: return "duplicate_invalid";
        case BlockOutcome::store_failed: return "store_failed";
    }
    return "unknown";
}

Result<std::unique_ptr<Chainstate>, StoreError> Chainstate::open(const consensus::ChainSpec& spec,
                                                                 Store& store, Options options)
{
    auto chain = std::make_unique<ChainstateOnStore>(spec, store, std::move(options));
    ADIT_CHECKED(chain->start());
    return std::unique_ptr<Chainstate>(std::move(chain));
}

Result<BlockHeader, StoreError> Chainstate::header_of(const BlockNode& node) const
{
    ADIT_TRY(const Bytes bytes, header_bytes_of(node));
    auto header = from_bytes<BlockHeader>(bytes);
    if (!header) return damaged("a header cannot be read");
    return std::move(*header);
}

Result<std::optional<Block>, StoreError> Chainstate::block_of(const BlockNode& node) const
{
    ADIT_TRY(const auto bytes, block_bytes_of(node));
    if (!bytes) return std::optional<Block>();
    auto block = from_bytes<Block>(*bytes);
    if (!block) return damaged("a block cannot be read");
    return std::optional<Block>(std::move(*block));
}

}  // namespace adit::node::chain
