#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/base/result.hpp"
#include "stratum/proto/work_source.hpp"
#include "stratum/server/payouts.hpp"

namespace adit::stratum::server {

/// An accepted share on its way into the ledger.
struct ShareRecord {
    WorkPtr work;  ///< its header is the job's identity, also over restarts
    std::string worker;
    std::array<u8, equihash::kNonceBytes> nonce{};
    Hash256 hash;    ///< of header, nonce and solution
    u64 weight = 0;  ///< solutions it stands for
    i64 at_unix_ms = 0;
    bool is_block = false;
};

/// What went wrong with the ledger. `detail` is for people.
struct StoreError {
    enum class Word { cannot_open, another_version, in_use, cannot_write, cannot_read };
    Word word{};
    std::string detail;
};
std::string_view to_string(StoreError::Word word);

/// A block that a share of ours found.
struct FoundBlock {
    Hash256 hash;
    u32 height = 0;
    i64 reward = 0;  ///< what the coinbase pays to the miner, base units; 0: unknown
    std::string worker;
    i64 at_unix_ms = 0;
    std::string state;  ///< "submitted", "accepted" or "refused"
    std::string reason;
};

/// One worker over a stretch of the ledger.
struct WorkerSummary {
    std::string worker;
    u64 shares = 0;
    u64 weight = 0;
    i64 last_unix_ms = 0;
};

/// The share ledger: SQLite in WAL mode with synchronous=FULL, so that a commit that returned
/// outlives a power cut. A share is (job, nonce, hash), unique. Shares, blocks and workers are
/// never changed or deleted: payouts may later refer to them by id. One thread a store; other
/// processes may read meanwhile.
class ShareStore {
public:
    enum class Mode { write, read };
    /// @param vfs  SQLite's name of a file system; empty: the usual one
    static Result<ShareStore, StoreError> open(const std::string& path, Mode mode,
                                               const std::string& vfs = {});
    ShareStore(ShareStore&&) noexcept;
    ShareStore& operator=(ShareStore&&) noexcept;
    ~ShareStore();

    /// One transaction, durable when this returns. For each record: true when it is new, false
    /// when the ledger holds it already. On error none of them is in.
    Result<std::vector<bool>, StoreError> commit(std::span<const ShareRecord> records);
    /// What became of a block.
    Result<void, StoreError> settle(const Hash256& block, bool accepted, const std::string& reason);

    /// Moves what the write-ahead log holds into the database; takes as long as the disk wants.
    Result<void, StoreError> checkpoint();
    u64 log_bytes() const;  ///< of the write-ahead log, as far as this store has written it

    /// Newest first, until their weights reach `weight` (0: all).
    Result<std::vector<CreditedShare>, StoreError> newest_shares(u64 weight);
    /// The shares after the block before `height`'s, up to and with its own; all of the present
    /// round when `height` is absent.
    Result<std::vector<CreditedShare>, StoreError> round(std::optional<u32> height);
    /// Newest first, without those a node refused.
    Result<std::vector<FoundBlock>, StoreError> blocks(std::size_t count_max);
    Result<u64, StoreError> blocks_refused();
    Result<std::vector<WorkerSummary>, StoreError> workers(i64 since_unix_ms);

private:
    struct Database;
    explicit ShareStore(std::unique_ptr<Database> database);
    std::unique_ptr<Database> database_;
};

}  // namespace adit::stratum::server
