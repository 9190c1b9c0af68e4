#include "node/chain/chainstate.hpp"

#include "node/chain/chainstate_on_store.hpp"
#include "node/consensus/check_block.hpp"
#include "node/consensus/check_header.hpp"

namespace adit::node::chain {

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
        if (standing.failed && standing.failure == BlockError::bad_prevblk)
            return failure_of_heir(*known->parent);
        if (standing.failed) return *standing.failure;
        return known;
    }
    if (check == HeaderCheck::needed) ADIT_CHECKED(check_header(header));
    const BlockNode* parent = index_.find(header.prev);
    if (parent == nullptr) return BlockError::prev_blk_not_found;
    if (parent->standing().failed) return failure_of_heir(*parent);
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

Verdict ChainstateOnStore::check_header(const BlockHeader& header) const
{
    return header_check_ ? header_check_(header) : consensus::check_header(spec_, header);
}

Verdict ChainstateOnStore::check_proposal(const Block& block, UnixTime now)
{
    const BlockNode& tip = *ledger_.tip();
    if (block.header.prev != tip.hash) return BlockError::prev_blk_not_found;
    ADIT_CHECKED(check_header_at(tip, block.header, now));
    ADIT_CHECKED(consensus::check_block(spec_, block));
    ADIT_CHECKED(consensus::check_block_at(spec_, block, Height(tip.height.value + 1)));
    const auto connected = ledger_.check(block);
    if (connected) return {};
    if (!connected.error().store) return connected.error().block;
    fail(*connected.error().store);
    return BlockError::bad_txns_inputs_missingorspent;  // as far as can be told now
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
    ADIT_TRY(const auto body, body_bytes_of(node));
    if (!body) return std::optional<Bytes>();
    ADIT_TRY(Bytes block, header_bytes_of(node));
    append(block, *body);
    return std::optional<Bytes>(std::move(block));
}

Result<std::optional<Bytes>, StoreError> ChainstateOnStore::body_bytes_of(
    const BlockNode& node) const
{
    return store_.get(Column::bodies, block_key(node));
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

// The door

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
