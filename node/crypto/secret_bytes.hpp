#pragma once

#include <memory>
#include <vector>

#include "kernels/base/bytes.hpp"

namespace adit::node::crypto {

/// Overwrites with zeros, in a way no compiler takes away.
void wipe(MutableByteView bytes);

/// Wipes what it gives back, also what a growing vector leaves behind.
template <class T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <class U>
    WipingAllocator(const WipingAllocator<U>&) noexcept
    {}

    T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* place, std::size_t count) noexcept
    {
        wipe({reinterpret_cast<u8*>(place), count * sizeof(T)});
        std::allocator<T>().deallocate(place, count);
    }
    bool operator==(const WipingAllocator&) const = default;
};

/// Bytes, or a text seen with `as_text`, that leave no trace in memory when they go.
using SecretBytes = std::vector<u8, WipingAllocator<u8>>;

using adit::append;

inline SecretBytes secret_copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
inline void append(SecretBytes& to, ByteView more)
{
    to.insert(to.end(), more.begin(), more.end());
}

}  // namespace adit::node::crypto
