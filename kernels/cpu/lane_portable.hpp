#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/base/bytes.hpp"

// What every lane has, in plain C++. A vector lane includes this and says some of it better.
#define ADIT_CPU_INLINE inline __attribute__((always_inline))

namespace adit::cpu::ADIT_CPU_LANE {

/// The rows of one bucket filed by their rest: slot numbers, at most kMembersMax to a rest.
inline constexpr u32 kMembersMax = 64;
/// Rests looked at in one go when pairs are listed.
inline constexpr u32 kRestsAtOnce = 16;
/// Most pairs that one go can give, and room for a last vector to reach beyond.
inline constexpr u32 kPairsAtOnceMax = kRestsAtOnce * (kMembersMax * (kMembersMax - 1) / 2) + 16;

/// A row on its way, as many words as its block has. The compiler's vectors: they become whatever
/// registers the lane has.
template <u32 Bytes>
struct Block {
    typedef u64 Words __attribute__((vector_size(Bytes)));
    Words words;

    static ADIT_CPU_INLINE Block load(const u8* from)
    {
        Block block;
        std::memcpy(&block.words, from, Bytes);
        return block;
    }
    template <u32 Head = Bytes>
    ADIT_CPU_INLINE void store(u8* to) const
    {
        std::memcpy(to, &words, Head);
    }
};
template <u32 Bytes>
ADIT_CPU_INLINE Block<Bytes> operator^(const Block<Bytes>& a, const Block<Bytes>& b)
{
    return {a.words ^ b.words};
}

/// Every pair among the first `count` members of one rest, later one in the upper bits. Returns the
/// end of the list.
template <u32 Rests, u32 SlotBits>
inline u32* list_all_pairs(const u16 (*members)[Rests], u32 rest, u32 first, u32 count, u32* out)
{
    for (u32 later = first; later < count; ++later)
        for (u32 earlier = 0; earlier < later; ++earlier)
            *out++ = members[earlier][rest] | static_cast<u32>(members[later][rest]) << SlotBits;
    return out;
}

/// The pairs of kRestsAtOnce rests from `rest` on. `counts` are the members of each; only the last
/// kMembersMax of them are there.
template <u32 Rests, u32 SlotBits>
inline u32* list_pairs_plain(const u8* counts, const u16 (*members)[Rests], u32 rest, u32* out)
{
    for (u32 i = rest; i < rest + kRestsAtOnce; ++i) {
        const u32 count = counts[i] < kMembersMax ? counts[i] : kMembersMax;
        out = list_all_pairs<Rests, SlotBits>(members, i, 1, count, out);
    }
    return out;
}

/// 32 bytes before `end`, last one first.
ADIT_CPU_INLINE void reverse_bytes_plain(const u8* end, u8* to)
{
    for (u32 i = 0; i < 4; ++i) {
        u64 word = 0;
        std::memcpy(&word, end - 8 * (i + 1), 8);
        word = __builtin_bswap64(word);
        std::memcpy(to + 8 * i, &word, 8);
    }
}

#if defined(ADIT_CPU_LANE_IS_portable)
template <u32 Rests, u32 SlotBits>
ADIT_CPU_INLINE u32* list_pairs(const u8* counts, const u16 (*members)[Rests], u32 rest, u32* out)
{
    return list_pairs_plain<Rests, SlotBits>(counts, members, rest, out);
}
ADIT_CPU_INLINE void reverse_bytes(const u8* end, u8* to) { reverse_bytes_plain(end, to); }
#endif

}  // namespace adit::cpu::ADIT_CPU_LANE
