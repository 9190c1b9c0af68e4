#include "node/chain/store.hpp"

#include <array>
#include <map>
#include <mutex>
#include <shared_mutex>

namespace adit::node::chain {
namespace {

/// One ordered map a column.
class MemoryStore final : public Store {
public:
    Result<std::optional<Bytes>, StoreError> get(Column column, ByteView key) const override
    {
        const std::shared_lock lock(mutex_);
        const auto& map = columns_[static_cast<std::size_t>(column)];
        const auto found = map.find(Bytes(key.begin(), key.end()));
        if (found == map.end()) return std::optional<Bytes>();
        return std::optional<Bytes>(found->second);
    }

    Result<void, StoreError> scan(
        Column column, const std::function<bool(ByteView, ByteView)>& visit) const override
    {
        const std::shared_lock lock(mutex_);
        for (const auto& [key, value] : columns_[static_cast<std::size_t>(column)])
            if (!visit(key, value)) break;
        return {};
    }

    Result<void, StoreError> write(const Batch& batch) override
    {
        const std::unique_lock lock(mutex_);
        batch.for_each([&](const Batch::Change& change) {
            auto& map = columns_[static_cast<std::size_t>(change.column)];
            Bytes key(change.key.begin(), change.key.end());
            if (change.erase)
                map.erase(key);
            else
                map[std::move(key)] = Bytes(change.value.begin(), change.value.end());
        });
        return {};
    }

    Result<void, StoreError> sync() override { return {}; }

private:
    mutable std::shared_mutex mutex_;
    std::array<std::map<Bytes, Bytes>, kColumns> columns_;
};

}  // namespace

std::string_view to_string(StoreFault fault)
{
    switch (fault) {
        case StoreFault::damaged: return "damaged";
        case StoreFault::other_chain: return "other_chain";
        case StoreFault::newer_format: return "newer_format";
        case StoreFault::locked: return "locked";
        case StoreFault::read_only: return "read_only";
        case StoreFault::no_permission: return "no_permission";
        case StoreFault::disk_full: return "disk_full";
        case StoreFault::io_failed: return "io_failed";
    }
    return "unknown";
}

void Batch::put(Column column, ByteView key, ByteView value)
{
    changes_.push_back(
        {column, false, static_cast<u32>(key.size()), static_cast<u32>(value.size())});
    append(data_, key);
    append(data_, value);
}

void Batch::erase(Column column, ByteView key)
{
    changes_.push_back({column, true, static_cast<u32>(key.size()), 0});
    append(data_, key);
}

void Batch::clear()
{
    data_.clear();
    changes_.clear();
}

void Batch::for_each(const std::function<void(const Change&)>& visit) const
{
    ByteView rest = data_;
    for (const Place& place : changes_) {
        const ByteView key = rest.first(place.key_bytes);
        const ByteView value = rest.subspan(place.key_bytes, place.value_bytes);
        visit({place.column, place.erase, key, value});
        rest = rest.subspan(place.key_bytes + place.value_bytes);
    }
}

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace adit::node::chain
