#include "stratum/net/ledger_writer.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "stratum/proto/target.hpp"

namespace adit::stratum::net {
namespace {

/// Whole solutions, as the ledger counts them.
u64 weight_of(const U256& target)
{
    constexpr double kMax = 4e18;
    return static_cast<u64>(std::clamp(solutions_per_share(target), 1.0, kMax));
}

i64 unix_ms()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

server::ShareRecord record_of(const server::OpenShare& share, i64 now_unix_ms)
{
    server::ShareRecord record;
    record.work = share.candidate.job->work;
    record.worker = share.worker;
    const ByteView nonce = share.candidate.input.nonce();
    std::copy(nonce.begin(), nonce.end(), record.nonce.begin());
    record.hash = share.candidate.hash;
    record.weight = weight_of(share.candidate.target);
    record.at_unix_ms = now_unix_ms;
    record.is_block = share.judgement.is_block;
    return record;
}

}  // namespace

LedgerWriter::LedgerWriter(server::ShareStore store, std::function<void(Outcome)> done)
    : store_(std::move(store)), done_(std::move(done)), thread_([this] { run(); })
{}

LedgerWriter::~LedgerWriter()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
}

void LedgerWriter::put(std::vector<server::OpenShare> shares)
{
    {
        const std::lock_guard lock(mutex_);
        waiting_.insert(waiting_.end(), std::make_move_iterator(shares.begin()),
                        std::make_move_iterator(shares.end()));
    }
    wake_.notify_one();
}

void LedgerWriter::settle(const Hash256& block, bool accepted, std::string reason)
{
    {
        const std::lock_guard lock(mutex_);
        settlements_.push_back({block, accepted, std::move(reason)});
    }
    wake_.notify_one();
}

void LedgerWriter::run()
{
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [&] { return stopping_ || !waiting_.empty() || !settlements_.empty(); });
        if (waiting_.empty() && settlements_.empty()) return;
        const std::size_t count = std::min(waiting_.size(), kBatchMax);
        std::vector<server::OpenShare> batch(
            std::make_move_iterator(waiting_.begin()),
            std::make_move_iterator(waiting_.begin() + static_cast<std::ptrdiff_t>(count)));
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
        std::vector<Settlement> settled;
        if (waiting_.empty()) settled.swap(settlements_);  // a block's share comes before its fate
        const bool idle = waiting_.empty();
        lock.unlock();
        if (!batch.empty()) write(std::move(batch));
        for (const Settlement& each : settled)
            (void)store_.settle(each.block, each.accepted, each.reason);
        if (store_.log_bytes() > (idle ? kLogBytesIdle : kLogBytesMax)) (void)store_.checkpoint();
        lock.lock();
    }
}

void LedgerWriter::write(std::vector<server::OpenShare> shares)
{
    std::vector<server::ShareRecord> records;
    records.reserve(shares.size());
    const i64 now = unix_ms();
    for (const server::OpenShare& share : shares) records.push_back(record_of(share, now));
    auto fresh = store_.commit(records);
    Outcome outcome{std::move(shares), {}, {}};
    if (fresh)
        outcome.fresh = std::move(*fresh);
    else
        outcome.error = fresh.error();
    done_(std::move(outcome));
}

}  // namespace adit::stratum::net
