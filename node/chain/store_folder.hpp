#pragma once

#include <filesystem>
#include <optional>

#include "node/chain/store.hpp"

/// What can be told of a store's folder before, and without, the database that lives in it.
///
///   FOLDER/db/       RocksDB's own files
///   FOLDER/synced    how far the database had been synced: see SyncMark
namespace adit::node::chain {

/// A store error for what the operating system refused: errno's words, and what to do.
StoreError os_error(int error_number, const std::filesystem::path& where, const std::string& doing);

/// Makes the folder where it is missing, and tries whether it takes a file.
Result<void, StoreError> prepare_folder(const std::filesystem::path& folder);

/// What lies in FOLDER/db.
enum class FolderState {
    fresh,    ///< nothing, or what is left of a store whose making was interrupted
    present,  ///< a database
    broken,   ///< files of a database that lacks its CURRENT file
};
Result<FolderState, StoreError> look_at(const std::filesystem::path& folder);

/// The process that has FOLDER/db open, as "process 4711 (adit)"; nullopt when none has.
std::optional<std::string> holder_of(const std::filesystem::path& folder);

/// Keeps two stores of one process from opening one folder: locks of files do not.
class FolderClaim {
public:
    static std::optional<FolderClaim> take(const std::filesystem::path& folder);
    FolderClaim(FolderClaim&& other) noexcept;
    FolderClaim(const FolderClaim&) = delete;
    FolderClaim& operator=(const FolderClaim&) = delete;
    FolderClaim& operator=(FolderClaim&&) = delete;
    ~FolderClaim();

private:
    explicit FolderClaim(std::filesystem::path folder) : folder_(std::move(folder)) {}
    std::filesystem::path folder_;  // empty: moved from
};

/// The number of the last change known to be durable. RocksDB drops the tail of a log it cannot
/// read, rightly so after a loss of power; with this mark a tail that had been promised cannot
/// vanish unseen. It is written after each sync and not synced itself: it may lag behind, never run
/// ahead.
class SyncMark {
public:
    explicit SyncMark(const std::filesystem::path& folder);
    ~SyncMark();
    SyncMark(const SyncMark&) = delete;
    SyncMark& operator=(const SyncMark&) = delete;

    Result<void, StoreError> write(u64 sequence);
    /// nullopt: there is no mark. A file that is none counts as one, of 2^64-1.
    static std::optional<u64> read(const std::filesystem::path& folder);

private:
    std::filesystem::path path_;
    int file_ = -1;
};

}  // namespace adit::node::chain
