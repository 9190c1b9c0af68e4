#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

namespace rocksdb {
class Env;
}

/// The chain's home: columns of keys and values, written in atomic batches. On disk it is RocksDB;
/// in memory it serves tests and the simulator. What keys and values mean: records.hpp.
namespace adit::node::chain {

enum class Column : u8 { meta, index, headers, bodies, undo, coins };
inline constexpr std::size_t kColumns = 6;

/// Why a store cannot be opened, read or written. The words go into logs.
enum class StoreFault {
    damaged,        ///< contents that checksums or the store's own records contradict
    other_chain,    ///< made for a chain of another id
    newer_format,   ///< written by a later release
    locked,         ///< another process, or this one, has it open
    read_only,      ///< the file system takes no writes
    no_permission,  ///< the folder belongs to somebody else
    disk_full,
    io_failed,  ///< anything else the operating system refused
};
std::string_view to_string(StoreFault fault);  ///< "other_chain"

struct StoreError {
    StoreFault fault{};
    std::string text;  ///< one line for people: what is wrong and what to do
};

/// Changes that reach the store together or not at all. Later ones win over earlier ones.
class Batch {
public:
    struct Change {
        Column column{};
        bool erase = false;
        ByteView key;
        ByteView value;  ///< empty when erasing
    };

    void put(Column column, ByteView key, ByteView value);
    void erase(Column column, ByteView key);
    bool empty() const { return changes_.empty(); }
    std::size_t size_bytes() const { return data_.size(); }
    void clear();
    void for_each(const std::function<void(const Change&)>& visit) const;

private:
    struct Place {
        Column column;
        bool erase;
        u32 key_bytes;
        u32 value_bytes;
    };
    Bytes data_;  // key, value, key, value …
    std::vector<Place> changes_;
};

/// One open store. Reading is for any thread; write and sync belong to one.
class Store {
public:
    virtual ~Store() = default;

    virtual Result<std::optional<Bytes>, StoreError> get(Column column, ByteView key) const = 0;
    /// Every key of a column in byte order, as one consistent state; `visit` says whether to go on.
    virtual Result<void, StoreError> scan(
        Column column, const std::function<bool(ByteView key, ByteView value)>& visit) const = 0;
    /// Atomic; survives the end of the process at once, a loss of power only after `sync`.
    virtual Result<void, StoreError> write(const Batch& batch) = 0;
    /// Everything written so far survives a loss of power, too.
    virtual Result<void, StoreError> sync() = 0;
};

struct StoreConfig {
    std::filesystem::path folder;               ///< made when missing; its parent, too
    Hash256 chain_id;                           ///< a store of another id is refused
    std::string chain_name;                     ///< for messages
    std::size_t memory_bytes_max = 128u << 20;  ///< write buffers and block cache together
    rocksdb::Env* env = nullptr;  ///< files; null: the machine's own. Tests inject faults here
};

/// Opens the store of a chain, or makes it where there is none. Whatever is wrong with one that is
/// there is an error by name, and leaves every byte of it as it was.
Result<std::unique_ptr<Store>, StoreError> open_store(const StoreConfig& config);

/// Opens a store that is there to look at it: nothing is written, and `write` and `sync` are
/// refused. Stricter than `open_store`: every record of the log must be whole up to its last byte
/// (a loss of power may leave one that is not, which `open_store` drops rightly), and every table
/// and blob file must be as it was written, by the checksums of its blocks and of the whole.
Result<std::unique_ptr<Store>, StoreError> inspect_store(const StoreConfig& config);

/// A store that lives as long as the object.
std::unique_ptr<Store> make_memory_store();

}  // namespace adit::node::chain
