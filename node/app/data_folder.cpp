#include "node/app/data_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "kernels/base/json.hpp"

namespace adit::node::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "node.lock";
constexpr std::size_t kNoteBytesMax = 4096;

std::string what_went_wrong() { return std::error_code(errno, std::generic_category()).message(); }

AppError cannot_use(const fs::path& folder, const std::string& why)
{
    return {AppError::kFailed, "cannot use the data folder " + folder.string() + ": " + why +
                                   "; give another one with --data-dir"};
}

/// An exclusive lock that belongs to the open file, not to the process.
struct flock whole_file()
{
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

std::optional<RunningNode> read_note(int file)
{
    std::string text(kNoteBytesMax, '\0');
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    if (size < 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(size));
    const auto parsed = json::parse(text);
    const json::object* o = parsed ? parsed->if_object() : nullptr;
    if (o == nullptr) return std::nullopt;
    RunningNode node;
    node.pid = json::integer_of(*o, "pid").value_or(0);
    node.rpc.host = std::string(json::string_of(*o, "rpc_host").value_or("127.0.0.1"));
    node.rpc.port = static_cast<u16>(json::integer_of(*o, "rpc_port").value_or(0));
    return node;
}

void write_note(int file, const RunningNode& node)
{
    const std::string text =
        json::to_text(json::object{
            {"pid", node.pid}, {"rpc_host", node.rpc.host}, {"rpc_port", node.rpc.port}}) +
        '\n';
    // The lock is what counts; a note that could not be written only makes messages poorer.
    if (::ftruncate(file, 0) != 0 || ::pwrite(file, text.data(), text.size(), 0) < 0) return;
}

/// The inode of the socket that listens on `port`, from a table of the kernel; 0 when none does.
u64 listening_inode(const char* table, u16 port)
{
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        unsigned local_port = 0;
        unsigned state = 0;
        unsigned long inode = 0;
        // "  0: 0100007F:2027 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 …"
        if (std::sscanf(line.c_str(), " %*u: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %lu",
                        &local_port, &state, &inode) == 3 &&
            local_port == port && state == 0x0a)
            return inode;
    }
    return 0;
}

}  // namespace

Result<DataFolder, AppError> DataFolder::open(const fs::path& folder)
{
    std::error_code error;
    const bool made = fs::create_directories(folder, error);
    if (error) return cannot_use(folder, error.message());
    if (made) fs::permissions(folder, fs::perms::owner_all, error);

    const fs::path path = folder / kLockFile;
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return cannot_use(folder, what_went_wrong());
    struct flock whole = whole_file();
    if (::fcntl(file, F_OFD_SETLK, &whole) != 0) {
        const bool held = errno == EAGAIN || errno == EACCES;
        const std::string why = what_went_wrong();
        const auto holder = read_note(file);
        ::close(file);
        if (!held) return cannot_use(folder, why);
        const std::string who = holder && holder->pid > 0 ? "process " + std::to_string(holder->pid)
                                                          : "another process";
        return AppError{AppError::kFailed,
                        who + " is using the data folder " + folder.string() +
                            ": stop it (`adit rpc stop` with the same --data-dir and --chain), or "
                            "give another folder with --data-dir"};
    }
    write_note(file, {::getpid(), {"", 0}});
    return DataFolder(folder, file);
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::exchange(other.lock_, -1))
{}

DataFolder::~DataFolder()
{
    if (lock_ < 0) return;
    std::error_code ignored;
    fs::remove(cookie(), ignored);
    if (::ftruncate(lock_, 0) == 0) ::close(lock_);
}

fs::path DataFolder::cookie() const { return folder_ / rpc::kCookieFile; }

void DataFolder::announce(const rpc::NodeAddress& rpc) const
{
    write_note(lock_, {::getpid(), rpc});
}

std::optional<RunningNode> running_node(const fs::path& folder)
{
    const int file = ::open((folder / kLockFile).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::optional<RunningNode> node;
    struct flock whole = whole_file();
    if (::fcntl(file, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) {
        node = read_note(file);
        if (!node) node = RunningNode{};
    }
    ::close(file);
    return node;
}

u64 bytes_below(const fs::path& folder)
{
    u64 bytes = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
        std::error_code gone;  // files come and go meanwhile
        if (at->is_regular_file(gone))
            if (const auto size = at->file_size(gone); !gone) bytes += size;
    }
    return bytes;
}

std::string port_holder(u16 port)
{
    u64 inode = listening_inode("/proc/net/tcp", port);
    if (inode == 0) inode = listening_inode("/proc/net/tcp6", port);
    if (inode == 0) return "";
    const std::string socket = "socket:[" + std::to_string(inode) + ']';
    std::error_code error;
    for (fs::directory_iterator process("/proc", error), end; !error && process != end;
         process.increment(error)) {
        const std::string pid = process->path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
        std::error_code closed;
        for (fs::directory_iterator file(process->path() / "fd", closed), none;
             !closed && file != none; file.increment(closed)) {
            std::error_code gone;
            if (fs::read_symlink(file->path(), gone) != socket) continue;
            std::string name;
            std::getline(std::ifstream(process->path() / "comm"), name);
            return pid + " (" + name + ')';
        }
    }
    return "";
}

}  // namespace adit::node::app
