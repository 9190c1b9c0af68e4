#include "node/chain/store_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <system_error>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <mutex>
#include <set>

#include "kernels/base/endian.hpp"
#include "kernels/hash/sha256d.hpp"

namespace adit::node::chain {
namespace {

namespace fs = std::filesystem;

std::mutex claims_mutex;
std::set<fs::path> claims;  // guarded by claims_mutex

constexpr std::size_t kMarkBytes = 16;  // LE64 sequence, then 8 bytes of its double SHA-256

std::array<u8, kMarkBytes> mark_of(u64 sequence)
{
    std::array<u8, kMarkBytes> mark;
    store_le(mark.data(), sequence);
    const Hash256 sum = hash::sha256d(ByteView(mark).first(8));
    std::copy_n(sum.bytes.begin(), 8, mark.begin() + 8);
    return mark;
}

StoreFault fault_of(int error_number)
{
    switch (error_number) {
        case EROFS: return StoreFault::read_only;
        case EACCES:
        case EPERM: return StoreFault::no_permission;
        case ENOSPC:
        case EDQUOT: return StoreFault::disk_full;
        default: return StoreFault::io_failed;
    }
}

std::string_view remedy_of(StoreFault fault)
{
    switch (fault) {
        case StoreFault::read_only:
            return "mount it for writing, or choose another with --data-dir";
        case StoreFault::no_permission:
            return "give this user the folder, or choose another with --data-dir";
        case StoreFault::disk_full:
            return "free some space, or choose another disk with --data-dir";
        default: return "look at the disk, or choose another folder with --data-dir";
    }
}

std::string name_of_process(long pid)
{
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return name.empty() ? fmt::format("process {}", pid)
                        : fmt::format("process {} ({})", pid, name);
}

bool sync_folder(const fs::path& folder)
{
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return false;
    const bool synced = ::fsync(file) == 0;
    ::close(file);
    return synced;
}

}  // namespace

StoreError os_error(int error_number, const fs::path& where, const std::string& doing)
{
    const StoreFault fault = fault_of(error_number);
    return {fault, fmt::format("cannot {} {}: {}; {}", doing, where.string(),
                               std::generic_category().message(error_number), remedy_of(fault))};
}

Result<void, StoreError> prepare_folder(const fs::path& folder)
{
    const fs::path db = folder / "db";
    std::error_code error;
    if (!fs::exists(db, error)) {
        fs::create_directories(db, error);
        if (error) return os_error(error.value(), folder, "make the folder");
        // A loss of power must not take the folder away with what will be promised in it.
        for (fs::path path = folder; path.has_relative_path(); path = path.parent_path())
            if (!sync_folder(path)) break;
    }
    const fs::path probe = folder / "probe";
    const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return os_error(errno, folder, "write to");
    const std::array<char, 4096> page{};
    const bool written = ::write(file, page.data(), page.size()) == ssize_t(page.size());
    const int why = written ? 0 : errno;
    ::close(file);
    ::unlink(probe.c_str());
    if (!written) return os_error(why != 0 ? why : ENOSPC, folder, "write to");
    return {};
}

Result<FolderState, StoreError> look_at(const fs::path& folder)
{
    bool current = false;
    bool tables = false;
    std::error_code error;
    fs::directory_iterator entry(folder / "db", error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const fs::path name = entry->path().filename();
        if (name == "CURRENT") current = true;
        if (name.extension() == ".sst" || name.extension() == ".blob") tables = true;
    }
    if (error) return os_error(error.value(), folder, "read");
    if (current) return FolderState::present;
    // Making a store ends with a table on disk, and then the mark.
    const bool made = tables || SyncMark::read(folder).has_value();
    return made ? FolderState::broken : FolderState::fresh;
}

std::optional<std::string> holder_of(const fs::path& folder)
{
    const int file = ::open((folder / "db" / "LOCK").c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool held = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    ::close(file);
    if (!held) return std::nullopt;
    return name_of_process(lock.l_pid);
}

std::optional<FolderClaim> FolderClaim::take(const fs::path& folder)
{
    std::error_code error;
    fs::path name = fs::weakly_canonical(folder, error);
    if (error) name = fs::absolute(folder);
    const std::lock_guard lock(claims_mutex);
    if (!claims.insert(name).second) return std::nullopt;
    return FolderClaim(std::move(name));
}

FolderClaim::FolderClaim(FolderClaim&& other) noexcept : folder_(std::move(other.folder_))
{
    other.folder_.clear();
}

FolderClaim::~FolderClaim()
{
    if (folder_.empty()) return;
    const std::lock_guard lock(claims_mutex);
    claims.erase(folder_);
}

SyncMark::SyncMark(const fs::path& folder)
    : path_(folder / "synced"), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600))
{}

SyncMark::~SyncMark()
{
    if (file_ >= 0) ::close(file_);
}

Result<void, StoreError> SyncMark::write(u64 sequence)
{
    const auto mark = mark_of(sequence);
    if (file_ < 0 || ::pwrite(file_, mark.data(), mark.size(), 0) != ssize_t(mark.size()))
        return os_error(errno, path_, "write");
    return {};
}

std::optional<u64> SyncMark::read(const fs::path& folder)
{
    std::ifstream file(folder / "synced", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    // None, or one whose first write a loss of power took back.
    if (text.find_first_not_of('\0') == std::string::npos) return std::nullopt;
    const u64 sequence = text.size() == kMarkBytes ? load_le<u64>(as_bytes(text).data()) : 0;
    if (!equal(mark_of(sequence), as_bytes(text))) return std::numeric_limits<u64>::max();
    return sequence;
}

}  // namespace adit::node::chain
