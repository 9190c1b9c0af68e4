#pragma once

#include "kernels/base/endian.hpp"

namespace adit::stratum {

/// Appends Bitcoin's variable-length number: 1, 3, 5 or 9 bytes, always the shortest form.
inline void append_compact_size(Bytes& to, u64 value)
{
    const auto put = [&to]<class Number>(u8 mark, Number number) {
        std::array<u8, 1 + sizeof(Number)> bytes;
        bytes[0] = mark;
        store_le<Number>(bytes.data() + 1, number);
        append(to, bytes);
    };
    if (value < 0xfd) return to.push_back(static_cast<u8>(value));
    if (value <= 0xffff) return put(0xfd, static_cast<u16>(value));
    if (value <= 0xffffffff) return put(0xfe, static_cast<u32>(value));
    put(0xff, value);
}

}  // namespace adit::stratum
