#include "node/wallet/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace adit::node::wallet {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that is closed when it goes.
struct Descriptor {
    int number = -1;

    explicit Descriptor(int its_number) : number(its_number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (number >= 0) ::close(number);
    }
};

FileError last_error(const fs::path& file)
{
    const int why = errno;
    return {why == ENOENT,
            file.string() + ": " + std::error_code(why, std::generic_category()).message()};
}

bool write_all(int file, ByteView bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

bool sync_folder(const fs::path& folder)
{
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened.number >= 0 && ::fsync(opened.number) == 0;
}

}  // namespace

Result<Bytes, FileError> read_private_file(const fs::path& file, std::size_t bytes_max)
{
    const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened.number < 0) return last_error(file);
    struct stat about {};
    if (::fstat(opened.number, &about) != 0) return last_error(file);
    if (!S_ISREG(about.st_mode)) return FileError{false, file.string() + ": no plain file"};
    if (static_cast<u64>(about.st_size) > bytes_max)
        return FileError{false, file.string() + ": too large to be ours"};
    Bytes bytes(static_cast<std::size_t>(about.st_size));
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t got = ::read(opened.number, bytes.data() + have, bytes.size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return last_error(file);
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

Result<void, FileError> write_private_file(const fs::path& file, ByteView bytes)
{
    const fs::path fresh = file.string() + ".new";
    ::unlink(fresh.c_str());  // of a write that was cut off
    {
        const Descriptor out(
            ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (out.number < 0) return last_error(fresh);
        if (!write_all(out.number, bytes) || ::fsync(out.number) != 0) {
            const FileError error = last_error(fresh);
            ::unlink(fresh.c_str());
            return error;
        }
    }
    if (::rename(fresh.c_str(), file.c_str()) != 0 || !sync_folder(file.parent_path())) {
        const FileError error = last_error(file);
        ::unlink(fresh.c_str());
        return error;
    }
    return {};
}

}  // namespace adit::node::wallet
