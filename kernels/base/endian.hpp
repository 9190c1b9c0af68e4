#pragma once

#include "kernels/base/bytes.hpp"

namespace adit {

/// Unaligned loads and stores of whole unsigned numbers; `from`/`to` hold at least sizeof(T) bytes.
template <class T>
inline T load_le(const u8* from)
{
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | from[i]);
    return value;
}
template <>
inline u8 load_le<u8>(const u8* from)
{
    return *from;
}
template <class T>
inline T load_be(const u8* from)
{
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | from[i]);
    return value;
}
template <class T>
inline void store_le(u8* to, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<u8>(value >> (8 * i));
}
template <class T>
inline void store_be(u8* to, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i)
        to[i] = static_cast<u8>(value >> (8 * (sizeof(T) - 1 - i)));
}

}  // namespace adit
