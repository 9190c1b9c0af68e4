#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "stratum/server/pool_server.hpp"
#include "stratum/server/share_store.hpp"

namespace adit::stratum::net {

/// The thread that owns the share ledger. Shares that wait while one batch is written are the next
/// batch: under light load each is on the disk at once, under heavy load they share a sync.
class LedgerWriter {
public:
    static constexpr std::size_t kBatchMax = 2000;
    /// The write-ahead log is moved into the database when nothing waits, or when it is this long.
    static constexpr u64 kLogBytesIdle = 4u << 20;
    static constexpr u64 kLogBytesMax = 64u << 20;

    /// A batch that is durable (`fresh` tells which shares were new), or could not be written.
    struct Outcome {
        std::vector<server::OpenShare> shares;
        std::vector<bool> fresh;
        std::optional<server::StoreError> error;
    };
    /// @param done  called from the writer's thread, must return at once
    LedgerWriter(server::ShareStore store, std::function<void(Outcome)> done);
    ~LedgerWriter();  ///< writes what waits
    LedgerWriter(const LedgerWriter&) = delete;

    /// Any thread.
    void put(std::vector<server::OpenShare> shares);
    void settle(const Hash256& block, bool accepted, std::string reason);

private:
    struct Settlement {
        Hash256 block;
        bool accepted = false;
        std::string reason;
    };
    void run();
    void write(std::vector<server::OpenShare> shares);

    server::ShareStore store_;
    std::function<void(Outcome)> done_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<server::OpenShare> waiting_;
    std::vector<Settlement> settlements_;
    bool stopping_ = false;
    std::jthread thread_;
};

}  // namespace adit::stratum::net
