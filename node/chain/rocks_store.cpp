// The store on disk. The one file that knows RocksDB.

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <system_error>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/base/hex.hpp"
#include "node/chain/records.hpp"
#include "node/chain/store_folder.hpp"

namespace adit::node::chain {
namespace {

namespace fs = std::filesystem;
using rocksdb::ColumnFamilyDescriptor;
using rocksdb::ColumnFamilyHandle;
using rocksdb::Slice;
using rocksdb::Status;

/// Older log files are turned into tables when all of them together are larger.
constexpr u64 kLogBytesMax = 64u << 20;
constexpr u64 kBlobBytesMin = 4096;  ///< bodies from this size on lie in blob files
constexpr int kOpenFilesMax = 512;

/// By Column. RocksDB wants the first one under this name.
constexpr std::array<const char*, kColumns> kColumnNames{"default", "index", "headers",
                                                         "bodies",  "undo",  "coins"};

Slice slice(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
ByteView view(const Slice& s) { return {reinterpret_cast<const u8*>(s.data()), s.size()}; }

bool says(const Status& status, int error_number)
{
    return status.ToString().find(std::generic_category().message(error_number)) !=
           std::string::npos;
}

StoreError error_of(const Status& status, const fs::path& folder, const std::string& doing)
{
    const std::string words = status.ToString();
    if (status.subcode() == Status::kNoSpace || status.IsNoSpace() || says(status, ENOSPC))
        return os_error(ENOSPC, folder, doing);
    for (const int number : {EROFS, EACCES, EPERM, EDQUOT})
        if (says(status, number)) return os_error(number, folder, doing);
    if (status.IsCorruption() || status.IsNotFound() || says(status, ENOENT))
        return damaged(fmt::format("{} ({})", folder.string(), words));
    if (status.IsNotSupported())
        return {StoreFault::newer_format,
                fmt::format("{} holds files of a newer RocksDB ({}); use the release that wrote it",
                            folder.string(), words)};
    return {StoreFault::io_failed,
            fmt::format("cannot {} {}: {}; look at the disk", doing, folder.string(), words)};
}

rocksdb::DBOptions db_options(const StoreConfig& config)
{
    rocksdb::DBOptions options;
    if (config.env != nullptr) options.env = config.env;
    options.paranoid_checks = true;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    options.track_and_verify_wals_in_manifest = true;
    options.max_total_wal_size = kLogBytesMax;
    options.db_write_buffer_size = config.memory_bytes_max / 2;
    options.max_open_files = kOpenFilesMax;
    options.bytes_per_sync = 1 << 20;
    options.keep_log_file_num = 2;
    options.max_log_file_size = 1 << 20;
    options.info_log_level = rocksdb::WARN_LEVEL;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    // Of every table and blob file as a whole, kept in the manifest: for `inspect_store`.
    options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
    return options;
}

rocksdb::ColumnFamilyOptions column_options(Column column, const StoreConfig& config,
                                            const std::shared_ptr<rocksdb::Cache>& cache)
{
    rocksdb::ColumnFamilyOptions options;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.format_version = 5;
    // Blocks come and go by key; only coins are asked for that are not there.
    if (column == Column::coins) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.paranoid_file_checks = false;
    options.write_buffer_size = config.memory_bytes_max / 4;
    options.compression = rocksdb::kNoCompression;  // hashes, solutions, keys: nothing to squeeze
    options.level_compaction_dynamic_level_bytes = true;
    if (column == Column::bodies) {
        options.enable_blob_files = true;
        options.min_blob_size = kBlobBytesMin;
    }
    return options;
}

/// An open database, read.
class RocksReader : public Store {
public:
    RocksReader(fs::path folder, FolderClaim claim, std::unique_ptr<rocksdb::DB> db,
                std::vector<ColumnFamilyHandle*> columns)
        : folder_(std::move(folder)),
          claim_(std::move(claim)),
          db_(std::move(db)),
          columns_(std::move(columns))
    {}

    ~RocksReader() override
    {
        for (ColumnFamilyHandle* column : columns_) db_->DestroyColumnFamilyHandle(column);
        db_->Close();
    }

    Result<std::optional<Bytes>, StoreError> get(Column column, ByteView key) const override
    {
        rocksdb::PinnableSlice value;
        const Status status = db_->Get({}, handle(column), slice(key), &value);
        if (status.IsNotFound()) return std::optional<Bytes>();
        if (!status.ok()) return error_of(status, folder_, "read");
        const ByteView bytes = view(value);
        return std::optional<Bytes>(std::in_place, bytes.begin(), bytes.end());
    }

    Result<void, StoreError> scan(
        Column column, const std::function<bool(ByteView, ByteView)>& visit) const override
    {
        rocksdb::ReadOptions options;
        options.fill_cache = false;
        options.readahead_size = 2 << 20;
        const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, handle(column)));
        for (it->SeekToFirst(); it->Valid(); it->Next())
            if (!visit(view(it->key()), view(it->value()))) return {};
        if (!it->status().ok()) return error_of(it->status(), folder_, "read");
        return {};
    }

    Result<void, StoreError> write(const Batch&) override { return only_looked_at(); }
    Result<void, StoreError> sync() override { return only_looked_at(); }

protected:
    ColumnFamilyHandle* handle(Column column) const
    {
        return columns_[static_cast<std::size_t>(column)];
    }
    rocksdb::DB& db() const { return *db_; }
    const std::vector<ColumnFamilyHandle*>& columns() const { return columns_; }
    const fs::path& folder() const { return folder_; }

private:
    StoreError only_looked_at() const
    {
        return {StoreFault::read_only, folder_.string() + " is only looked at"};
    }

    fs::path folder_;
    FolderClaim claim_;
    std::unique_ptr<rocksdb::DB> db_;
    std::vector<ColumnFamilyHandle*> columns_;
};

class RocksStore final : public RocksReader {
public:
    /// @param room_bytes_min  free space below which nothing is written; 0: as long as it goes
    RocksStore(const fs::path& folder, FolderClaim claim, std::unique_ptr<rocksdb::DB> db,
               std::vector<ColumnFamilyHandle*> columns, u64 room_bytes_min)
        : RocksReader(folder, std::move(claim), std::move(db), std::move(columns)),
          room_bytes_min_(room_bytes_min),
          mark_(folder)
    {}

    ~RocksStore() override
    {
        // Tables instead of a log: the next start has nothing to replay. After a failure RocksDB is
        // asked for nothing more: it trips over its own half-written files.
        if (!failed_ && db().Flush({}, columns()).ok()) (void)RocksStore::sync();
    }

    Result<void, StoreError> write(const Batch& batch) override
    {
        if (!room_left()) return error_of(Status::NoSpace(), folder(), "write to");
        rocksdb::WriteBatch changes(batch.size_bytes() + 64);
        Status status;
        batch.for_each([&](const Batch::Change& change) {
            if (!status.ok()) return;
            status = change.erase ? changes.Delete(handle(change.column), slice(change.key))
                                  : changes.Put(handle(change.column), slice(change.key),
                                                slice(change.value));
        });
        if (status.ok()) status = db().Write({}, &changes);
        if (status.ok()) return {};
        failed_ = true;
        return error_of(status, folder(), "write to");
    }

    Result<void, StoreError> sync() override
    {
        const u64 sequence = db().GetLatestSequenceNumber();
        if (const Status status = db().SyncWAL(); !status.ok()) {
            failed_ = true;
            return error_of(status, folder(), "write to");
        }
        return mark_.write(sequence);
    }

    /// The first records of a new store, durable before anything else can be.
    Result<void, StoreError> found(const StoreConfig& config)
    {
        Bytes format(4);
        store_le(format.data(), kStoreFormat);
        Batch batch;
        batch.put(Column::meta, as_bytes(kFormatKey), format);
        batch.put(Column::meta, as_bytes(kChainIdKey), config.chain_id.view());
        batch.put(Column::meta, as_bytes(kChainNameKey), as_bytes(config.chain_name));
        ADIT_CHECKED(write(batch));
        if (const Status status = db().Flush({}, columns()); !status.ok())
            return error_of(status, folder(), "write to");
        return sync();
    }

private:
    /// What is in memory still needs room on the disk.
    bool room_left() const
    {
        if (room_bytes_min_ == 0) return true;
        std::error_code error;
        const fs::space_info space = fs::space(folder(), error);
        return error || space.available >= room_bytes_min_;
    }

    u64 room_bytes_min_;
    bool failed_ = false;
    SyncMark mark_;
};

/// What a look into a database says, without writing to it.
struct Findings {
    bool empty = false;  ///< not one key: its making was interrupted
    std::vector<std::string> columns;
};

Result<void, StoreError> check_meta(const StoreConfig& config, rocksdb::DB& db)
{
    std::string format, chain_id, chain_name;
    const Status status = db.Get({}, Slice(kFormatKey.data(), kFormatKey.size()), &format);
    if (!status.ok() || format.size() != 4)
        return damaged(fmt::format("{} has no format number", config.folder.string()));
    const u32 number = load_le<u32>(view(format).data());
    if (number > kStoreFormat)
        return StoreError{
            StoreFault::newer_format,
            fmt::format("{} has format {}, this release knows {}; use the release that "
                        "wrote it, or choose another folder with --data-dir",
                        config.folder.string(), number, kStoreFormat)};
    (void)db.Get({}, Slice(kChainIdKey.data(), kChainIdKey.size()), &chain_id);
    (void)db.Get({}, Slice(kChainNameKey.data(), kChainNameKey.size()), &chain_name);
    if (chain_id.size() != 32)
        return damaged(fmt::format("{} has no chain id", config.folder.string()));
    if (!equal(view(chain_id), config.chain_id.view()))
        return StoreError{
            StoreFault::other_chain,
            fmt::format(
                "{} belongs to another chain: {} ({}…), not {} ({}…); choose another folder "
                "with --data-dir",
                config.folder.string(), chain_name, to_hex(view(chain_id).first(4)),
                config.chain_name, to_hex(config.chain_id.view().first(4)))};
    return {};
}

bool has_no_key(rocksdb::DB& db, const std::vector<ColumnFamilyHandle*>& columns)
{
    for (ColumnFamilyHandle* column : columns) {
        const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}, column));
        it->SeekToFirst();
        if (it->Valid() || !it->status().ok()) return false;
    }
    return true;
}

/// RocksDB's own log would turn its files over even when a store is only looked at.
class SilentLog final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

/// Opens the database for reading alone and holds it against what is expected.
Result<Findings, StoreError> inspect(const StoreConfig& config)
{
    const std::string path = (config.folder / "db").string();
    rocksdb::DBOptions options = db_options(config);
    options.info_log = std::make_shared<SilentLog>();
    Findings findings;
    Status status = rocksdb::DB::ListColumnFamilies(options, path, &findings.columns);
    if (!status.ok()) return error_of(status, config.folder, "read");
    std::vector<ColumnFamilyDescriptor> wanted;
    for (const std::string& name : findings.columns) wanted.push_back({name, {}});
    std::vector<ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    status = rocksdb::DB::OpenForReadOnly(options, path, wanted, &handles, &opened);
    if (!status.ok()) return error_of(status, config.folder, "read");
    const std::unique_ptr<rocksdb::DB> db(opened);
    const auto mark = SyncMark::read(config.folder);
    Result<void, StoreError> verdict;
    if (!mark && has_no_key(*db, handles))
        findings.empty = true;
    else
        verdict = check_meta(config, *db);
    if (verdict && mark && db->GetLatestSequenceNumber() < *mark)
        verdict =
            damaged(fmt::format("{} lacks the last {} changes that had been written for good",
                                config.folder.string(), *mark - db->GetLatestSequenceNumber()));
    for (ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
    if (!verdict) return verdict.error();
    return findings;
}

StoreError locked_by(const StoreConfig& config, const std::string& holder)
{
    return {
        StoreFault::locked,
        fmt::format("{} is in use by {}; stop that one, or choose another folder with --data-dir",
                    config.folder.string(), holder)};
}

Result<std::unique_ptr<RocksStore>, StoreError> open_for_writing(const StoreConfig& config,
                                                                 FolderClaim claim, bool fresh)
{
    rocksdb::DBOptions options = db_options(config);
    options.create_if_missing = fresh;
    options.create_missing_column_families = fresh;
    const auto cache = rocksdb::NewLRUCache(config.memory_bytes_max / 2);
    std::vector<ColumnFamilyDescriptor> wanted;
    for (std::size_t i = 0; i < kColumns; ++i)
        wanted.push_back({kColumnNames[i], column_options(static_cast<Column>(i), config, cache)});
    std::vector<ColumnFamilyHandle*> columns;
    rocksdb::DB* db = nullptr;
    const Status status =
        rocksdb::DB::Open(options, (config.folder / "db").string(), wanted, &columns, &db);
    if (!status.ok()) {
        if (const auto holder = holder_of(config.folder)) return locked_by(config, *holder);
        return error_of(status, config.folder, "open");
    }
    return std::make_unique<RocksStore>(config.folder, std::move(claim),
                                        std::unique_ptr<rocksdb::DB>(db), std::move(columns),
                                        config.env == nullptr ? config.memory_bytes_max : 0);
}

/// RocksDB checks the records of a log, not the few zeros behind the last one of each piece.
bool log_padding_is_zero(ByteView log)
{
    constexpr std::size_t kPieceBytes = 32'768;
    constexpr std::size_t kHeadBytes = 7;  // checksum 4, length 2, type 1
    const auto all_zero = [](ByteView bytes) {
        return std::all_of(bytes.begin(), bytes.end(), [](u8 byte) { return byte == 0; });
    };
    while (!log.empty()) {
        ByteView piece = log.first(std::min(kPieceBytes, log.size()));
        log = log.subspan(piece.size());
        while (piece.size() >= kHeadBytes && !all_zero(piece.first(kHeadBytes))) {
            const std::size_t record = kHeadBytes + load_le<u16>(piece.data() + 4);
            if (record > piece.size()) return false;
            piece = piece.subspan(record);
        }
        if (!all_zero(piece)) return false;
    }
    return true;
}

Result<void, StoreError> check_logs(const StoreConfig& config)
{
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(config.folder / "db", error)) {
        if (entry.path().extension() != ".log") continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        if (!log_padding_is_zero(as_bytes(bytes)))
            return damaged(fmt::format("{} is not whole", entry.path().string()));
    }
    return {};
}

Result<void, StoreError> check_files(const StoreConfig& config, rocksdb::DB& db)
{
    Status status = db.VerifyFileChecksums({});
    if (status.ok()) status = db.VerifyChecksum();
    if (!status.ok()) return error_of(status, config.folder, "read");
    return check_logs(config);
}

}  // namespace

Result<std::unique_ptr<Store>, StoreError> open_store(const StoreConfig& config)
{
    auto claim = FolderClaim::take(config.folder);
    if (!claim) return locked_by(config, "this very process");
    ADIT_CHECKED(prepare_folder(config.folder));
    if (const auto holder = holder_of(config.folder)) return locked_by(config, *holder);
    ADIT_TRY(const FolderState state, look_at(config.folder));
    if (state == FolderState::broken)
        return damaged(fmt::format("{} has tables but no CURRENT file", config.folder.string()));
    bool fresh = state == FolderState::fresh;
    if (!fresh) {
        ADIT_TRY(const Findings findings, inspect(config));
        fresh = findings.empty;
        if (!fresh && findings.columns.size() != kColumns)
            return damaged(fmt::format("{} has {} columns, not {}", config.folder.string(),
                                       findings.columns.size(), kColumns));
    }
    ADIT_TRY(auto store, open_for_writing(config, std::move(*claim), fresh));
    if (fresh) ADIT_CHECKED(store->found(config));
    return std::unique_ptr<Store>(std::move(store));
}

Result<std::unique_ptr<Store>, StoreError> inspect_store(const StoreConfig& config)
{
    auto claim = FolderClaim::take(config.folder);
    if (!claim) return locked_by(config, "this very process");
    if (const auto holder = holder_of(config.folder)) return locked_by(config, *holder);
    ADIT_TRY(const Findings findings, inspect(config));
    if (findings.empty || findings.columns.size() != kColumns)
        return damaged(fmt::format("{} was never finished", config.folder.string()));
    rocksdb::DBOptions options = db_options(config);
    options.info_log = std::make_shared<SilentLog>();
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
    const auto cache = rocksdb::NewLRUCache(config.memory_bytes_max / 2);
    std::vector<ColumnFamilyDescriptor> wanted;
    for (std::size_t i = 0; i < kColumns; ++i)
        wanted.push_back({kColumnNames[i], column_options(static_cast<Column>(i), config, cache)});
    std::vector<ColumnFamilyHandle*> columns;
    rocksdb::DB* opened = nullptr;
    const Status status = rocksdb::DB::OpenForReadOnly(options, (config.folder / "db").string(),
                                                       wanted, &columns, &opened);
    if (!status.ok()) return error_of(status, config.folder, "read");
    auto store = std::make_unique<RocksReader>(config.folder, std::move(*claim),
                                               std::unique_ptr<rocksdb::DB>(opened), columns);
    ADIT_CHECKED(check_files(config, *opened));
    return std::unique_ptr<Store>(std::move(store));
}

}  // namespace adit::node::chain
