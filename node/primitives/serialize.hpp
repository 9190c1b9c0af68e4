#pragma once

#include <optional>
#include <type_traits>
#include <vector>

#include "kernels/base/bytes.hpp"
#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"

/// The wire format. Each type has one `describe(stream, value)`, used both to write and to read:
/// members in order, numbers little-endian, lengths as CompactSize (protocol reference 2.1).
namespace adit::node {

/// No list or string on the wire may claim more than this.
inline constexpr u64 kCompactSizeMax = 0x02000000;

/// Appends to a byte vector. Cannot fail.
class Writer {
public:
    static constexpr bool kReading = false;

    template <class T>
    void number(const T& value)
    {
        using Unsigned = std::make_unsigned_t<T>;
        u8 raw[sizeof(T)];
        store_le<Unsigned>(raw, static_cast<Unsigned>(value));
        append(out_, raw);
    }
    void hash(const Hash256& value) { append(out_, value.bytes); }
    void raw(ByteView bytes) { append(out_, bytes); }
    void compact_size(u64 value)
    {
        if (value < 253) return number(static_cast<u8>(value));
        if (value <= 0xffff) return number(u8{253}), number(static_cast<u16>(value));
        if (value <= 0xffffffff) return number(u8{254}), number(static_cast<u32>(value));
        number(u8{255}), number(value);
    }
    void var_bytes(const Bytes& bytes)
    {
        compact_size(bytes.size());
        append(out_, bytes);
    }
    template <class T>
    void list(const std::vector<T>& items)
    {
        compact_size(items.size());
        for (const T& item : items) describe(*this, item);
    }

    Bytes take() { return std::move(out_); }
    std::size_t size() const { return out_.size(); }

private:
    Bytes out_;
};

/// Reads from a view it does not own. A read past the end or a non-canonical length spoils the
/// reader for good: later reads give zeros, `ok()` is false. Never allocates more than is there.
class Reader {
public:
    static constexpr bool kReading = true;

    explicit Reader(ByteView bytes) : rest_(bytes) {}

    template <class T>
    void number(T& value)
    {
        value = 0;
        if (const auto bytes = take(sizeof(T)); !bytes.empty())
            value = static_cast<T>(load_le<std::make_unsigned_t<T>>(bytes.data()));
    }
    void hash(Hash256& value)
    {
        if (const auto bytes = take(32); !bytes.empty())
            std::memcpy(value.bytes.data(), bytes.data(), 32);
    }
    u64 compact_size()
    {
        u8 first = 0;
        number(first);
        if (first < 253) return first;
        u64 value = 0;
        u64 smallest = 0;
        if (first == 253) {
            u16 v = 0;
            number(v), value = v, smallest = 253;
        } else if (first == 254) {
            u32 v = 0;
            number(v), value = v, smallest = 0x10000;
        } else {
            number(value), smallest = 0x100000000;
        }
        if (value < smallest || value > kCompactSizeMax) fail();
        return ok_ ? value : 0;
    }
    void var_bytes(Bytes& bytes)
    {
        const u64 size = compact_size();
        const ByteView view = take(size);
        bytes.assign(view.begin(), view.end());
    }
    template <class T>
    void list(std::vector<T>& items)
    {
        const u64 count = compact_size();
        items.clear();
        for (u64 i = 0; i < count && ok_; ++i) describe(*this, items.emplace_back());
    }
    /// The next `size` bytes, empty when there are not so many.
    ByteView take(u64 size)
    {
        if (size > rest_.size()) {
            fail();
            return {};
        }
        const ByteView taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

    void fail() { ok_ = false, rest_ = {}; }
    bool ok() const { return ok_; }
    std::size_t left() const { return rest_.size(); }

private:
    ByteView rest_;
    bool ok_ = true;
};

/// The whole value as bytes.
template <class T>
Bytes to_bytes(const T& value)
{
    Writer writer;
    describe(writer, value);
    return writer.take();
}

/// The value these bytes hold, all of them; nullopt when malformed or when bytes are left over.
template <class T>
std::optional<T> from_bytes(ByteView bytes)
{
    Reader reader(bytes);
    T value{};
    describe(reader, value);
    if (!reader.ok() || reader.left() != 0) return std::nullopt;
    return value;
}

}  // namespace adit::node
