#include "stratum/server/share_store.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "stratum/proto/messages.hpp"
#include "stratum/server/sqlite.hpp"

namespace adit::stratum::server {
namespace {

using sqlite::Statement;

constexpr i64 kSchemaVersion = 1;
constexpr int kBusyWait_ms = 5000;
constexpr std::size_t kWorkersCachedMax = 100'000;
constexpr std::size_t kJobsCachedMax = 1024;

constexpr const char* kSchema = R"(
BEGIN IMMEDIATE;
CREATE TABLE worker(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE);
CREATE TABLE job(
    id INTEGER PRIMARY KEY,
    header BLOB NOT NULL UNIQUE,      -- 108 bytes: the same work after a restart is the same job
    height INTEGER NOT NULL,
    n INTEGER NOT NULL, k INTEGER NOT NULL, personalization TEXT NOT NULL,
    reward INTEGER NOT NULL);         -- what the coinbase pays the miner, base units
CREATE TABLE share(
    id INTEGER PRIMARY KEY,           -- counts up: the order in which shares were accepted
    job INTEGER NOT NULL REFERENCES job,
    worker INTEGER NOT NULL REFERENCES worker,
    at_unix_ms INTEGER NOT NULL,
    weight INTEGER NOT NULL,          -- solutions it stands for
    nonce BLOB NOT NULL,              -- 32 bytes
    hash BLOB NOT NULL,               -- of header, nonce and solution, internal order
    UNIQUE(job, nonce, hash));
CREATE TABLE block(
    hash BLOB PRIMARY KEY,
    share INTEGER NOT NULL REFERENCES share,
    height INTEGER NOT NULL,
    state TEXT NOT NULL,              -- submitted, accepted, refused
    reason TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE INDEX block_by_share ON block(share);
PRAGMA user_version = 1;
COMMIT;
)";

i64 reward_of(const Work& work) { return work.payments.empty() ? 0 : work.payments.front().amount; }

}  // namespace

std::string_view to_string(StoreError::Word word)
{
    switch (word) {
        case StoreError::Word::cannot_open: return "cannot_open";
        case StoreError::Word::another_version: return "another_version";
        case StoreError::Word::in_use: return "in_use";
        case StoreError::Word::cannot_write: return "cannot_write";
        case StoreError::Word::cannot_read: return "cannot_read";
    }
    return "unknown";
}

struct ShareStore::Database {
    sqlite::Handle db;
    Statement insert_share, insert_block, insert_worker, find_worker, insert_job, find_job, settle;
    std::unordered_map<std::string, i64> workers;  ///< ids
    std::map<const Work*, std::pair<WorkPtr, i64>> jobs;
    u64 log_bytes = 0;

    StoreError error(StoreError::Word word) const { return {word, sqlite3_errmsg(db.get())}; }

    Result<void, StoreError> prepare_writing();
    std::optional<i64> worker_id(const std::string& name);
    std::optional<i64> job_id(const WorkPtr& work);
    std::optional<bool> put(const ShareRecord& record);
    void forget()
    {
        workers.clear();
        jobs.clear();
    }
};

ShareStore::ShareStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}
ShareStore::ShareStore(ShareStore&&) noexcept = default;
ShareStore& ShareStore::operator=(ShareStore&&) noexcept = default;
ShareStore::~ShareStore() = default;

Result<ShareStore, StoreError> ShareStore::open(const std::string& path, Mode mode,
                                                const std::string& vfs)
{
    auto database = std::make_unique<Database>();
    const int flags =
        mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX,
                                       vfs.empty() ? nullptr : vfs.c_str());
    database->db.reset(raw);
    const auto failed = [&](StoreError::Word word) {
        return StoreError{word, path + ": " + sqlite3_errmsg(database->db.get())};
    };
    if (opened != SQLITE_OK) return failed(StoreError::Word::cannot_open);
    sqlite3_busy_timeout(raw, kBusyWait_ms);

    i64 version = 0;
    {
        Statement ask(raw, "PRAGMA user_version");
        if (ask.begin().step() != SQLITE_ROW) return failed(StoreError::Word::cannot_open);
        version = ask.number(0);
    }
    if (version != kSchemaVersion && !(version == 0 && mode == Mode::write))
        return StoreError{StoreError::Word::another_version,
                          path + ": is of ledger version " + std::to_string(version) +
                              ", this adit reads " + std::to_string(kSchemaVersion)};
    if (mode == Mode::write) {
        if (sqlite::run(raw,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON") != SQLITE_OK)
            return failed(StoreError::Word::cannot_open);
        if (version == 0 && sqlite::run(raw, kSchema) != SQLITE_OK)
            return failed(StoreError::Word::cannot_open);
        if (auto prepared = database->prepare_writing(); !prepared) return prepared.error();
    }
    return ShareStore(std::move(database));
}

Result<void, StoreError> ShareStore::Database::prepare_writing()
{
    sqlite3* raw = db.get();
    insert_share = Statement(raw,
                             "INSERT INTO share(job,worker,at_unix_ms,weight,nonce,hash) "
                             "VALUES(?,?,?,?,?,?) ON CONFLICT DO NOTHING");
    insert_block = Statement(raw,
                             "INSERT INTO block(hash,share,height,state) "
                             "VALUES(?,?,?,'submitted') ON CONFLICT DO NOTHING");
    insert_worker = Statement(raw, "INSERT INTO worker(name) VALUES(?)");
    find_worker = Statement(raw, "SELECT id FROM worker WHERE name=?");
    insert_job = Statement(raw,
                           "INSERT INTO job(header,height,n,k,personalization,reward) "
                           "VALUES(?,?,?,?,?,?)");
    find_job = Statement(raw, "SELECT id FROM job WHERE header=?");
    settle = Statement(raw, "UPDATE block SET state=?, reason=? WHERE hash=?");
    for (const Statement* each : {&insert_share, &insert_block, &insert_worker, &find_worker,
                                  &insert_job, &find_job, &settle})
        if (each->status() != SQLITE_OK) return error(StoreError::Word::cannot_open);
    sqlite3_wal_hook(
        raw,
        [](void* bytes, sqlite3*, const char*, int pages) {
            constexpr u64 kPageBytes = 4096 + 24;
            *static_cast<u64*>(bytes) = static_cast<u64>(pages) * kPageBytes;
            return SQLITE_OK;
        },
        &log_bytes);
    return {};
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────

std::optional<i64> ShareStore::Database::worker_id(const std::string& name)
{
    if (const auto known = workers.find(name); known != workers.end()) return known->second;
    if (workers.size() >= kWorkersCachedMax) workers.clear();
    const int found = find_worker.begin().bind(std::string_view(name)).step();
    i64 id = found == SQLITE_ROW ? find_worker.number(0) : 0;
    find_worker.reset();
    if (found == SQLITE_DONE) {
        const int inserted = insert_worker.begin().bind(std::string_view(name)).step();
        insert_worker.reset();
        if (inserted != SQLITE_DONE) return std::nullopt;
        id = sqlite3_last_insert_rowid(db.get());
    } else if (found != SQLITE_ROW) {
        return std::nullopt;
    }
    workers.emplace(name, id);
    return id;
}

std::optional<i64> ShareStore::Database::job_id(const WorkPtr& work)
{
    if (const auto known = jobs.find(work.get()); known != jobs.end()) return known->second.second;
    if (jobs.size() >= kJobsCachedMax) jobs.clear();
    const ByteView header = work->input.view().first(kHeaderFixedBytes);
    const int found = find_job.begin().bind(header).step();
    i64 id = found == SQLITE_ROW ? find_job.number(0) : 0;
    find_job.reset();
    if (found == SQLITE_DONE) {
        const int inserted = insert_job.begin()
                                 .bind(header)
                                 .bind(i64{work->height})
                                 .bind(i64{work->params.n})
                                 .bind(i64{work->params.k})
                                 .bind(work->personalization.text())
                                 .bind(reward_of(*work))
                                 .step();
        insert_job.reset();
        if (inserted != SQLITE_DONE) return std::nullopt;
        id = sqlite3_last_insert_rowid(db.get());
    } else if (found != SQLITE_ROW) {
        return std::nullopt;
    }
    jobs.emplace(work.get(), std::pair(work, id));
    return id;
}

/// Whether it is new; nullopt when the database failed.
std::optional<bool> ShareStore::Database::put(const ShareRecord& record)
{
    const auto job = job_id(record.work);
    const auto worker = job ? worker_id(record.worker) : std::nullopt;
    if (!worker) return std::nullopt;
    const int inserted = insert_share.begin()
                             .bind(*job)
                             .bind(*worker)
                             .bind(record.at_unix_ms)
                             .bind(static_cast<i64>(record.weight))
                             .bind(ByteView(record.nonce))
                             .bind(record.hash.view())
                             .step();
    insert_share.reset();
    if (inserted != SQLITE_DONE) return std::nullopt;
    if (sqlite3_changes(db.get()) == 0) return false;
    if (record.is_block) {
        const int noted = insert_block.begin()
                              .bind(record.hash.view())
                              .bind(sqlite3_last_insert_rowid(db.get()))
                              .bind(i64{record.work->height})
                              .step();
        insert_block.reset();
        if (noted != SQLITE_DONE) return std::nullopt;
    }
    return true;
}

Result<std::vector<bool>, StoreError> ShareStore::commit(std::span<const ShareRecord> records)
{
    Database& d = *database_;
    const auto give_up = [&] {
        StoreError why = d.error(StoreError::Word::cannot_write);
        sqlite::run(d.db.get(), "ROLLBACK");
        d.forget();
        return why;
    };
    if (sqlite::run(d.db.get(), "BEGIN IMMEDIATE") != SQLITE_OK) return give_up();
    std::vector<bool> fresh;
    fresh.reserve(records.size());
    for (const ShareRecord& record : records) {
        const auto put = d.put(record);
        if (!put) return give_up();
        fresh.push_back(*put);
    }
    if (sqlite::run(d.db.get(), "COMMIT") != SQLITE_OK) return give_up();
    return fresh;
}

Result<void, StoreError> ShareStore::settle(const Hash256& block, bool accepted,
                                            const std::string& reason)
{
    Database& d = *database_;
    const int done = d.settle.begin()
                         .bind(std::string_view(accepted ? "accepted" : "refused"))
                         .bind(std::string_view(reason))
                         .bind(block.view())
                         .step();
    const StoreError why = d.error(StoreError::Word::cannot_write);
    d.settle.reset();
    if (done != SQLITE_DONE) return why;
    return {};
}

Result<void, StoreError> ShareStore::checkpoint()
{
    int pages_left = 0;
    if (sqlite3_wal_checkpoint_v2(database_->db.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                  &pages_left, nullptr) != SQLITE_OK)
        return database_->error(StoreError::Word::cannot_write);
    database_->log_bytes = 0;
    return {};
}

u64 ShareStore::log_bytes() const { return database_->log_bytes; }

// ── reading ─────────────────────────────────────────────────────────────────────────────────────

namespace {

constexpr std::string_view kSharesBetween =
    "SELECT worker.name, share.weight FROM share JOIN worker ON worker.id=share.worker "
    "WHERE share.id > ? AND share.id <= ? ORDER BY share.id DESC";

/// Rows of (worker, weight) until their weights reach `weight_max` (0: all).
std::optional<std::vector<CreditedShare>> read_shares(sqlite3* db, i64 after, i64 up_to,
                                                      u64 weight_max)
{
    Statement ask(db, kSharesBetween);
    if (ask.status() != SQLITE_OK) return std::nullopt;
    std::vector<CreditedShare> shares;
    u64 sum = 0;
    ask.begin().bind(after).bind(up_to);
    int row = 0;
    while ((row = ask.step()) == SQLITE_ROW) {
        shares.push_back({ask.text(0), static_cast<u64>(ask.number(1))});
        sum += shares.back().weight;
        if (weight_max > 0 && sum >= weight_max) return shares;
    }
    if (row != SQLITE_DONE) return std::nullopt;
    return shares;
}

}  // namespace

Result<std::vector<CreditedShare>, StoreError> ShareStore::newest_shares(u64 weight)
{
    auto shares = read_shares(database_->db.get(), 0, INT64_MAX, weight);
    if (!shares) return database_->error(StoreError::Word::cannot_read);
    return std::move(*shares);
}

Result<std::vector<CreditedShare>, StoreError> ShareStore::round(std::optional<u32> height)
{
    sqlite3* db = database_->db.get();
    i64 last = INT64_MAX;
    if (height) {
        Statement own(db,
                      "SELECT share FROM block WHERE height=? AND state!='refused' "
                      "ORDER BY state='accepted' DESC");
        if (own.begin().bind(i64{*height}).step() != SQLITE_ROW)
            return StoreError{StoreError::Word::cannot_read,
                              "no block of height " + std::to_string(*height) + " was found here"};
        last = own.number(0);
    }
    Statement before(db,
                     "SELECT coalesce(max(share),0) FROM block "
                     "WHERE share < ? AND state!='refused'");
    if (before.begin().bind(last).step() != SQLITE_ROW)
        return database_->error(StoreError::Word::cannot_read);
    auto shares = read_shares(db, before.number(0), last, 0);
    if (!shares) return database_->error(StoreError::Word::cannot_read);
    return std::move(*shares);
}

Result<std::vector<FoundBlock>, StoreError> ShareStore::blocks(std::size_t count_max)
{
    Statement ask(database_->db.get(),
                  "SELECT block.hash, block.height, job.reward, worker.name, share.at_unix_ms, "
                  "block.state, block.reason FROM block JOIN share ON share.id=block.share "
                  "JOIN job ON job.id=share.job JOIN worker ON worker.id=share.worker "
                  "WHERE block.state!='refused' ORDER BY block.share DESC LIMIT ?");
    std::vector<FoundBlock> blocks;
    ask.begin().bind(static_cast<i64>(count_max));
    int row = 0;
    while ((row = ask.step()) == SQLITE_ROW) {
        FoundBlock block;
        const Bytes hash = ask.bytes(0);
        if (hash.size() == block.hash.bytes.size())
            std::copy(hash.begin(), hash.end(), block.hash.bytes.begin());
        block.height = static_cast<u32>(ask.number(1));
        block.reward = ask.number(2);
        block.worker = ask.text(3);
        block.at_unix_ms = ask.number(4);
        block.state = ask.text(5);
        block.reason = ask.text(6);
        blocks.push_back(std::move(block));
    }
    if (row != SQLITE_DONE) return database_->error(StoreError::Word::cannot_read);
    return blocks;
}

Result<u64, StoreError> ShareStore::blocks_refused()
{
    Statement ask(database_->db.get(), "SELECT count(*) FROM block WHERE state='refused'");
    if (ask.begin().step() != SQLITE_ROW) return database_->error(StoreError::Word::cannot_read);
    return static_cast<u64>(ask.number(0));
}

Result<std::vector<WorkerSummary>, StoreError> ShareStore::workers(i64 since_unix_ms)
{
    Statement ask(database_->db.get(),
                  "SELECT worker.name, count(*), sum(share.weight), max(share.at_unix_ms) "
                  "FROM share JOIN worker ON worker.id=share.worker WHERE share.at_unix_ms >= ? "
                  "GROUP BY share.worker ORDER BY worker.name");
    std::vector<WorkerSummary> workers;
    ask.begin().bind(since_unix_ms);
    int row = 0;
    while ((row = ask.step()) == SQLITE_ROW)
        workers.push_back({ask.text(0), static_cast<u64>(ask.number(1)),
                           static_cast<u64>(ask.number(2)), ask.number(3)});
    if (row != SQLITE_DONE) return database_->error(StoreError::Word::cannot_read);
    return workers;
}

}  // namespace adit::stratum::server
