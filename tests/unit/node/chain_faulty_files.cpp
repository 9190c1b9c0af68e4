#include "tests/unit/node/chain_faulty_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace adit::node::chain::test {
namespace {

namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string contents_of(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, FaultyFiles& files, std::string path)
        : FSWritableFileOwnerWrapper(std::move(file)), files_(files), path_(std::move(path))
    {}

    IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override
    {
        if (const IOStatus status = files_.before_change(data.size()); !status.ok()) {
            if (files_.dead()) tear(data, options, context);
            return status;
        }
        const IOStatus status = target()->Append(data, options, context);
        if (status.ok()) files_.written(path_, data.size());
        return status;
    }
    IOStatus Append(const Slice& data, const IOOptions& options,
                    const rocksdb::DataVerificationInfo&, IODebugContext* context) override
    {
        return Append(data, options, context);
    }
    IOStatus Truncate(u64, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Sync(const IOOptions&, IODebugContext*) override
    {
        if (const IOStatus status = files_.before_change(0); !status.ok()) return status;
        files_.synced(path_);
        return IOStatus::OK();
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* context) override
    {
        return Sync(options, context);
    }
    IOStatus RangeSync(u64, u64, const IOOptions&, IODebugContext*) override
    {
        return IOStatus::OK();  // promises nothing
    }

private:
    void tear(const Slice& data, const IOOptions& options, IODebugContext* context)
    {
        if (torn_) return;
        torn_ = true;
        const Slice half(data.data(), data.size() / 2);
        if (target()->Append(half, options, context).ok()) files_.written(path_, half.size());
    }

    FaultyFiles& files_;
    std::string path_;
    bool torn_ = false;
};

class FaultyFolder final : public rocksdb::FSDirectoryWrapper {
public:
    FaultyFolder(std::unique_ptr<rocksdb::FSDirectory> folder, FaultyFiles& files)
        : FSDirectoryWrapper(std::move(folder)), files_(files)
    {}
    IOStatus Fsync(const IOOptions&, IODebugContext*) override
    {
        if (const IOStatus status = files_.before_change(0); !status.ok()) return status;
        files_.folder_synced();
        return IOStatus::OK();
    }
    IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* context,
                                 const rocksdb::DirFsyncOptions&) override
    {
        return Fsync(options, context);
    }

private:
    FaultyFiles& files_;
};

}  // namespace

IOStatus FaultyFiles::before_change(u64 bytes)
{
    if (operations_left_.fetch_sub(1) <= 0) {
        operations_left_ = 0;
        return IOStatus::IOError("the power is gone");
    }
    if (bytes_left_.fetch_sub(static_cast<i64>(bytes)) < static_cast<i64>(bytes)) {
        bytes_left_ = 0;
        return IOStatus::NoSpace("no space left on device");
    }
    return IOStatus::OK();
}

void FaultyFiles::written(const std::string& path, u64 bytes)
{
    const std::lock_guard lock(mutex_);
    files_[path].bytes += bytes;
}

void FaultyFiles::synced(const std::string& path)
{
    const std::lock_guard lock(mutex_);
    files_[path].synced = files_[path].bytes;
}

void FaultyFiles::folder_synced()
{
    const std::lock_guard lock(mutex_);
    made_.clear();
    renames_.clear();
}

IOStatus FaultyFiles::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      IODebugContext* context)
{
    if (IOStatus status = before_change(0); !status.ok()) return status;
    IOStatus status = target()->NewWritableFile(path, options, file, context);
    if (!status.ok()) return status;
    const std::lock_guard lock(mutex_);
    files_[path] = {};
    made_[path] = renames_.size();
    *file = std::make_unique<FaultyFile>(std::move(*file), *this, path);
    return status;
}

IOStatus FaultyFiles::ReopenWritableFile(const std::string& path,
                                         const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* file,
                                         IODebugContext* context)
{
    if (IOStatus status = before_change(0); !status.ok()) return status;
    IOStatus status = target()->ReopenWritableFile(path, options, file, context);
    if (!status.ok()) return status;
    std::error_code error;
    const u64 bytes = fs::file_size(path, error);
    const std::lock_guard lock(mutex_);
    if (!files_.contains(path)) files_[path] = {bytes, bytes};
    *file = std::make_unique<FaultyFile>(std::move(*file), *this, path);
    return status;
}

IOStatus FaultyFiles::NewDirectory(const std::string& path, const IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* folder,
                                   IODebugContext* context)
{
    IOStatus status = target()->NewDirectory(path, options, folder, context);
    if (status.ok()) *folder = std::make_unique<FaultyFolder>(std::move(*folder), *this);
    return status;
}

IOStatus FaultyFiles::RenameFile(const std::string& from, const std::string& to,
                                 const IOOptions& options, IODebugContext* context)
{
    if (IOStatus status = before_change(0); !status.ok()) return status;
    Rename rename{from, to, std::nullopt};
    if (fs::exists(to)) rename.replaced = contents_of(to);
    IOStatus status = target()->RenameFile(from, to, options, context);
    if (!status.ok()) return status;
    const std::lock_guard lock(mutex_);
    if (const auto file = files_.extract(from)) files_[to] = file.mapped();
    if (made_.erase(from) != 0 && !rename.replaced) made_[to] = renames_.size();
    renames_.push_back(std::move(rename));
    return status;
}

IOStatus FaultyFiles::DeleteFile(const std::string& path, const IOOptions& options,
                                 IODebugContext* context)
{
    if (IOStatus status = before_change(0); !status.ok()) return status;
    IOStatus status = target()->DeleteFile(path, options, context);
    const std::lock_guard lock(mutex_);
    files_.erase(path);
    made_.erase(path);
    return status;
}

void FaultyFiles::lose_power(Random& random)
{
    const std::lock_guard lock(mutex_);
    for (const auto& [path, file] : files_) {
        if (file.bytes == file.synced || !fs::exists(path)) continue;
        const u64 kept = file.synced + random.below(file.bytes - file.synced + 1);
        fs::resize_file(path, kept);
        lost_bytes_ += file.bytes - kept;
        if (kept == file.synced || !random.one_in(3)) continue;
        // Pages reach the disk in any order: one that was never written reads as zeros.
        std::fstream hole(path, std::ios::binary | std::ios::in | std::ios::out);
        const u64 at = file.synced + random.below(kept - file.synced);
        hole.seekp(static_cast<std::streamoff>(at));
        hole.write(std::string(std::min<u64>(kept - at, 512), '\0').data(),
                   static_cast<std::streamsize>(std::min<u64>(kept - at, 512)));
    }
    // The folder's own record of names is cut off at some moment.
    std::size_t renames_kept = random.below(renames_.size() + 1);
    while (renames_.size() > renames_kept) {
        const Rename& rename = renames_.back();
        if (rename.replaced)
            std::ofstream(rename.to, std::ios::binary | std::ios::trunc) << *rename.replaced;
        else
            fs::remove(rename.to);
        made_.erase(rename.to);
        renames_.pop_back();
    }
    // In order: where a rename is on record, so is every name made before it.
    for (const auto& [path, renames_before] : made_)
        if (renames_before >= renames_kept && random.one_in(2)) fs::remove(path);
    files_.clear();
    made_.clear();
    renames_.clear();
}

}  // namespace adit::node::chain::test
