// Taking up a chain where the store ends.

#include "node/chain/chainstate_on_store.hpp"

namespace adit::node::chain {

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
        standing.failure = record.failure.value_or(BlockError::bad_prevblk);
    }
    index_.set_arrival(*node, record.arrival);
    index_.set_standing(*node, standing);
    arrivals_ = std::max(arrivals_, record.arrival);
    if (standing.has_body) candidates_.body_arrived(*node);
    const BlockNode* best = best_header_;
    if (!standing.failed && node->total_work > best->total_work) best_header_ = node;
    return {};
}

}  // namespace adit::node::chain
