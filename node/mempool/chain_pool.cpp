#include "node/mempool/chain_pool.hpp"

#include <algorithm>

namespace adit::node::mempool {
namespace {

/// Left free in a template for the coinbase, whoever makes it.
constexpr std::size_t kCoinbaseBytes = 1'000;
constexpr u32 kCoinbaseSigops = 200;
constexpr std::size_t kCountBytes = 9 + 5;  ///< of transactions, and of the solution's bytes
constexpr std::size_t kHeaderBytes = 140;

}  // namespace

ChainPool::ChainPool(chain::Chainstate& chain, const Clock& clock, MempoolLimits limits, u64 salt,
                     script::SignatureMemory* signatures)
    : chain_(chain), clock_(clock), pool_(chain.spec(), chain.coins(), limits, salt, signatures)
{
    chain_.add_listener(*this);
    pool_.set_listener(this);
}

ChainPool::~ChainPool() { chain_.remove_listener(*this); }

NextBlock ChainPool::next() const
{
    // By the median time past: what is final by that is final in a block of any time allowed.
    const chain::BlockNode& tip = *chain_.last_connected();
    return {Height(tip.height.value + 1), tip.median_time(chain_.spec().time.median_span)};
}

Result<void, TxRefusal> ChainPool::submit(const Transaction& tx)
{
    settle();
    return pool_.accept(tx, next(), clock_.unix_time());
}

Result<Amount, TxRefusal> ChainPool::test(const Transaction& tx)
{
    settle();
    return pool_.test(tx, next());
}

bool ChainPool::mined_lately(const TxId& txid) const
{
    return std::any_of(recent_.begin(), recent_.end(),
                       [&](const auto& block) { return block.contains(txid); });
}

std::optional<consensus::Coin> ChainPool::spendable(const OutPoint& outpoint) const
{
    if (pool_.spender_of(outpoint) != nullptr) return std::nullopt;
    return pool_.coin(outpoint);
}

std::vector<TemplateTransaction> ChainPool::best()
{
    settle();
    const consensus::ChainSpec& spec = chain_.spec();
    const std::size_t taken =
        kHeaderBytes + kCountBytes + spec.params.solution_bytes() + kCoinbaseBytes;
    return select_packages(pool_, next(), spec.size.block_bytes_max - taken,
                           spec.size.block_sigops_max - kCoinbaseSigops);
}

void ChainPool::tick() { pool_.on_tick(clock_.unix_time()); }

std::optional<std::size_t> ChainPool::restore(ByteView saved)
{
    const auto waiting = Mempool::load(saved);
    if (!waiting) return std::nullopt;
    rebuilding_ = true;
    for (const Mempool::Saved& entry : *waiting)
        static_cast<void>(pool_.accept(entry.tx, next(), entry.time));
    pool_.on_tick(clock_.unix_time());
    rebuilding_ = false;
    for (Listener* listener : listeners_) listener->on_pool_rebuilt();
    return pool_.size();
}

void ChainPool::on_block_connected(const chain::BlockNode& node, const Block& block)
{
    static_cast<void>(node);
    auto& mined = recent_.emplace_back();
    for (const Transaction& tx : block.transactions) mined.insert(txid_of(tx));
    if (recent_.size() > kRecentBlocks) recent_.pop_front();
    // After blocks were left, what waits is looked through as a whole once the chain stands still.
    if (returned_.empty()) pool_.on_block_connected(block);
}

void ChainPool::on_block_disconnected(const chain::BlockNode& node, const Block& block)
{
    static_cast<void>(node);
    returned_.push_back(block.transactions);
    if (!recent_.empty()) recent_.pop_back();
}

void ChainPool::on_tip_changed(const chain::TipChange&) { settle(); }

void ChainPool::settle()
{
    if (returned_.empty()) return;
    std::vector<Transaction> oldest_first;
    for (auto block = returned_.rbegin(); block != returned_.rend(); ++block)
        oldest_first.insert(oldest_first.end(), block->begin(), block->end());
    returned_.clear();
    rebuilding_ = true;
    pool_.on_reorganised(oldest_first, next(), clock_.unix_time());
    rebuilding_ = false;
    for (Listener* listener : listeners_) listener->on_pool_rebuilt();
}

void ChainPool::on_added(const MempoolEntry& entry)
{
    if (rebuilding_) return;
    for (Listener* listener : listeners_) listener->on_added(entry);
}

void ChainPool::on_removed(const Transaction& tx, const TxId& txid)
{
    if (rebuilding_) return;
    for (Listener* listener : listeners_) listener->on_removed(tx, txid);
}

}  // namespace adit::node::mempool
