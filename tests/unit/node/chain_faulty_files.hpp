#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "kernels/base/random.hpp"

namespace adit::node::chain::test {

/// Files on a disk that can lose power and fill up. What was written and not synced, what was made
/// or renamed without syncing the folder, may be lost; nothing is really synced, so it is fast.
class FaultyFiles final : public rocksdb::FileSystemWrapper {
public:
    FaultyFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "FaultyFiles"; }

    /// After so many more operations that change the disk, every one fails. The last write may be
    /// torn.
    void die_after(i64 operations) { operations_left_ = operations; }
    bool dead() const { return operations_left_ <= 0; }
    /// After so many more bytes, writes fail for want of space.
    void fill_after(i64 bytes) { bytes_left_ = bytes; }

    /// What a loss of power would leave: each thing not synced is gone in part or whole, or is
    /// there. For when every file is closed.
    void lose_power(Random& random);
    u64 lost_bytes() const { return lost_bytes_; }

    // For FaultyFile and FaultyFolder.
    rocksdb::IOStatus before_change(u64 bytes);
    void written(const std::string& path, u64 bytes);
    void synced(const std::string& path);
    void folder_synced();

    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* context) override;
    rocksdb::IOStatus ReopenWritableFile(const std::string& path,
                                         const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* file,
                                         rocksdb::IODebugContext* context) override;
    rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* folder,
                                   rocksdb::IODebugContext* context) override;
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* context) override;
    rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* context) override;

private:
    struct File {
        u64 bytes = 0;
        u64 synced = 0;
    };
    struct Rename {
        std::string from, to;
        std::optional<std::string> replaced;  ///< what `to` held before
    };

    std::atomic<i64> operations_left_{1'000'000'000};
    std::atomic<i64> bytes_left_{1'000'000'000'000};
    std::mutex mutex_;  // guards what follows
    std::map<std::string, File> files_;
    /// Names that no sync of the folder covers yet, each with how many renames came before it.
    std::map<std::string, std::size_t> made_;
    std::vector<Rename> renames_;  ///< since their folder was synced
    u64 lost_bytes_ = 0;
};

}  // namespace adit::node::chain::test
