#include "node/app/pool_service.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace adit::node::app {
namespace {

constexpr std::chrono::minutes kPoolSaveInterval{5};

/// Written beside, synced, then put in the old one's place.
bool replace_file(const std::filesystem::path& path, ByteView bytes)
{
    const std::string fresh = path.string() + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool written = true;
    while (written && !bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        written = count > 0;
        if (written) bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    written = written && ::fsync(file) == 0;
    written = ::close(file) == 0 && written;
    return written && ::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace

PoolService::PoolService(mempool::ChainPool& pool, const Clock& clock, std::filesystem::path file)
    : pool_(pool), clock_(clock), file_(std::move(file)), save_due_(clock.now() + kPoolSaveInterval)
{
    std::ifstream saved(file_, std::ios::binary);
    const Bytes bytes(std::istreambuf_iterator<char>(saved), {});
    if (!bytes.empty() && !pool_.restore(bytes)) {
        std::error_code ignored;
        std::filesystem::rename(file_, file_.string() + ".damaged", ignored);
        warning_ = file_.string() + " is damaged and put aside; no transactions wait";
    }
    saved_changes_ = pool_.pool().changes();
    pool_.add_listener(*this);
}

PoolService::~PoolService() { pool_.remove_listener(*this); }

void PoolService::tick()
{
    pool_.tick();
    if (clock_.now() >= save_due_) save();
}

void PoolService::save()
{
    save_due_ = clock_.now() + kPoolSaveInterval;
    if (saved_changes_ == pool_.pool().changes()) return;
    // Losing it costs only transactions that others still hold: no reason to end a node.
    if (replace_file(file_, pool_.save())) saved_changes_ = pool_.pool().changes();
}

bool PoolService::knows(const TxId& txid) const
{
    const mempool::Mempool& pool = pool_.pool();
    return pool.find(txid) != nullptr || pool.has_orphan(txid) || pool.refused_lately(txid) ||
           pool_.mined_lately(txid);
}

std::optional<Transaction> PoolService::find(const TxId& txid) const
{
    const auto* entry = pool_.pool().find(txid);
    return entry == nullptr ? std::nullopt : std::optional(*entry->tx);
}

u64 PoolService::fee_rate(const TxId& txid) const
{
    const auto* entry = pool_.pool().find(txid);
    if (entry == nullptr) return 0;
    return static_cast<u64>(entry->fee) * 1'000 / entry->bytes;
}

std::vector<TxId> PoolService::all() const
{
    std::vector<TxId> txids;
    for (const mempool::MempoolEntry* entry : pool_.pool().all()) txids.push_back(entry->txid);
    return txids;
}

p2p::TransactionPool::Outcome PoolService::accept(const Transaction& tx, UnixTime)
{
    const auto accepted = pool_.submit(tx);
    if (accepted) return {true, 0, {}, {}};
    Outcome outcome{false, accepted.error().points, accepted.error().word, {}};
    if (!accepted.error().missing_inputs) return outcome;
    for (const TxIn& in : tx.inputs)
        if (!pool_.pool().coin(in.prevout) && !knows(in.prevout.txid))
            outcome.missing_parents.push_back(in.prevout.txid);
    return outcome;
}

void PoolService::on_added(const mempool::MempoolEntry& entry)
{
    if (network_ != nullptr) network_->relay(entry.txid);
}

}  // namespace adit::node::app
