#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace adit {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

using Bytes = std::vector<u8>;
using ByteView = std::span<const u8>;
using MutableByteView = std::span<u8>;

/// The same bytes seen as text, and the other way; nothing is copied.
inline ByteView as_bytes(std::string_view text)
{
    return {reinterpret_cast<const u8*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void append(Bytes& to, ByteView more) { to.insert(to.end(), more.begin(), more.end()); }

inline bool equal(ByteView a, ByteView b)
{
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// 32 bytes in internal (wire) order. RPC answers and logs show them reversed: `hex_reversed`.
/// As a number (against a target) they read little-endian.
struct Hash256 {
    std::array<u8, 32> bytes{};

    auto operator<=>(const Hash256&) const = default;
    bool is_zero() const { return *this == Hash256{}; }
    ByteView view() const { return bytes; }
};

/// A Hash256 that means one thing only, so the compiler keeps block and transaction ids apart.
template <class Tag>
struct TaggedHash : Hash256 {
    TaggedHash() = default;
    explicit TaggedHash(const Hash256& hash) : Hash256(hash) {}
    auto operator<=>(const TaggedHash&) const = default;
};

/// For unordered containers. Keys are hashes already; the chains' ids are hard to choose freely,
/// but txids are not: tables filled by strangers use a salted hasher of their own.
struct HashOfHash {
    std::size_t operator()(const Hash256& hash) const
    {
        std::size_t word = 0;
        std::memcpy(&word, hash.bytes.data(), sizeof word);
        return word;
    }
};

}  // namespace adit
