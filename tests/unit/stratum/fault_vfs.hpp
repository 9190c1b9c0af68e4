#pragma once

#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/base/random.hpp"

namespace adit::stratum::test {

/// A file system for SQLite that knows what a power cut would leave: of each file the bytes as they
/// were at its last sync, and of the writes since then any part. Everything goes through to the
/// usual file system; `crash` writes what would be left into another folder.
class FaultVfs {
public:
    explicit FaultVfs(std::string name) : name_(std::move(name)), base_(sqlite3_vfs_find(nullptr))
    {
        vfs_ = *base_;
        vfs_.zName = name_.c_str();
        vfs_.pAppData = this;
        vfs_.szOsFile = static_cast<int>(sizeof(File)) + base_->szOsFile;
        vfs_.xOpen = open;
        vfs_.xDelete = remove;
        sqlite3_vfs_register(&vfs_, 0);
    }
    ~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }
    FaultVfs(const FaultVfs&) = delete;

    const std::string& name() const { return name_; }

    /// What is left of every file below `from`, written to `to`: each write since the last sync is
    /// kept, lost or torn by chance.
    void crash(const std::filesystem::path& to, Random& random)
    {
        const std::lock_guard lock(mutex_);
        for (auto& [path, image] : images_) {
            std::string left = image.durable;
            for (const Write& write : image.since) {
                if (random.one_in(2)) continue;
                std::string bytes = write.bytes;
                if (random.one_in(3)) bytes.resize(random.below(bytes.size() + 1));
                if (write.truncate) {
                    left.resize(write.at);
                    continue;
                }
                if (left.size() < write.at + bytes.size()) left.resize(write.at + bytes.size());
                std::memcpy(left.data() + write.at, bytes.data(), bytes.size());
            }
            std::ofstream file(to / std::filesystem::path(path).filename(), std::ios::binary);
            file.write(left.data(), static_cast<std::streamsize>(left.size()));
        }
    }

    bool honest = true;          ///< false: syncs are said to work and do nothing
    bool refuse_writes = false;  ///< the disk is full
    int syncs = 0;

private:
    struct Write {
        std::size_t at = 0;
        std::string bytes;
        bool truncate = false;
    };
    struct Image {
        std::string durable;
        std::string now;
        std::vector<Write> since;
    };
    struct File {
        sqlite3_file base;
        FaultVfs* owner;
        std::string* path;  ///< null: a file nobody tracks
        sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };
    static File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* raw, int flags, int* out)
    {
        auto* owner = static_cast<FaultVfs*>(vfs->pAppData);
        File* file = self(raw);
        file->base.pMethods = nullptr;
        file->owner = owner;
        file->path = nullptr;
        const int result = owner->base_->xOpen(owner->base_, path, file->below(), flags, out);
        if (result != SQLITE_OK) return result;
        static const sqlite3_io_methods methods = make_methods();
        file->base.pMethods = &methods;
        if (path != nullptr) {
            file->path = new std::string(path);
            const std::lock_guard lock(owner->mutex_);
            owner->images_.try_emplace(path);
        }
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs* vfs, const char* path, int sync)
    {
        auto* owner = static_cast<FaultVfs*>(vfs->pAppData);
        const std::lock_guard lock(owner->mutex_);
        owner->images_.erase(path);
        return owner->base_->xDelete(owner->base_, path, sync);
    }

    static sqlite3_io_methods make_methods()
    {
        sqlite3_io_methods m{};
        m.iVersion = 2;  // shared memory, but no mapping: every write is seen
        m.xClose = [](sqlite3_file* f) {
            File* file = self(f);
            delete file->path;
            return file->below()->pMethods->xClose(file->below());
        };
        m.xRead = [](sqlite3_file* f, void* to, int bytes, sqlite3_int64 at) {
            return self(f)->below()->pMethods->xRead(self(f)->below(), to, bytes, at);
        };
        m.xWrite = [](sqlite3_file* f, const void* from, int bytes, sqlite3_int64 at) {
            File* file = self(f);
            if (file->owner->refuse_writes) return SQLITE_FULL;
            file->owner->note(*file, {static_cast<std::size_t>(at),
                                      std::string(static_cast<const char*>(from),
                                                  static_cast<std::size_t>(bytes)),
                                      false});
            return file->below()->pMethods->xWrite(file->below(), from, bytes, at);
        };
        m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
            File* file = self(f);
            file->owner->note(*file, {static_cast<std::size_t>(size), {}, true});
            return file->below()->pMethods->xTruncate(file->below(), size);
        };
        m.xSync = [](sqlite3_file* f, int) {
            File* file = self(f);
            file->owner->synced(*file);
            return SQLITE_OK;  // the real disk may take its time: the image is what counts
        };
        m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
            return self(f)->below()->pMethods->xFileSize(self(f)->below(), size);
        };
        m.xLock = [](sqlite3_file* f, int how) {
            return self(f)->below()->pMethods->xLock(self(f)->below(), how);
        };
        m.xUnlock = [](sqlite3_file* f, int how) {
            return self(f)->below()->pMethods->xUnlock(self(f)->below(), how);
        };
        m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
            return self(f)->below()->pMethods->xCheckReservedLock(self(f)->below(), out);
        };
        m.xFileControl = [](sqlite3_file* f, int op, void* argument) {
            return self(f)->below()->pMethods->xFileControl(self(f)->below(), op, argument);
        };
        m.xSectorSize = [](sqlite3_file* f) {
            return self(f)->below()->pMethods->xSectorSize(self(f)->below());
        };
        m.xDeviceCharacteristics = [](sqlite3_file*) { return 0; };  // promises nothing
        m.xShmMap = [](sqlite3_file* f, int page, int bytes, int extend, void volatile** out) {
            return self(f)->below()->pMethods->xShmMap(self(f)->below(), page, bytes, extend, out);
        };
        m.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
            return self(f)->below()->pMethods->xShmLock(self(f)->below(), offset, n, flags);
        };
        m.xShmBarrier = [](sqlite3_file* f) {
            self(f)->below()->pMethods->xShmBarrier(self(f)->below());
        };
        m.xShmUnmap = [](sqlite3_file* f, int remove_it) {
            return self(f)->below()->pMethods->xShmUnmap(self(f)->below(), remove_it);
        };
        return m;
    }

    void note(const File& file, Write write)
    {
        if (file.path == nullptr) return;
        const std::lock_guard lock(mutex_);
        Image& image = images_[*file.path];
        if (write.truncate) {
            image.now.resize(write.at);
        } else {
            if (image.now.size() < write.at + write.bytes.size())
                image.now.resize(write.at + write.bytes.size());
            std::memcpy(image.now.data() + write.at, write.bytes.data(), write.bytes.size());
        }
        image.since.push_back(std::move(write));
    }
    void synced(const File& file)
    {
        if (file.path == nullptr) return;
        const std::lock_guard lock(mutex_);
        ++syncs;
        if (!honest) return;
        Image& image = images_[*file.path];
        image.durable = image.now;
        image.since.clear();
    }

    std::string name_;
    sqlite3_vfs* base_;
    sqlite3_vfs vfs_{};
    std::mutex mutex_;
    std::map<std::string, Image> images_;
};

}  // namespace adit::stratum::test
