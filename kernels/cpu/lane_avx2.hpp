#pragma once

#include <immintrin.h>

#include <array>

#include "kernels/cpu/lane_portable.hpp"

namespace adit::cpu::ADIT_CPU_LANE {

/// For each set of eight lanes: the permutation that moves its members to the front, in order.
struct CompressTable {
    alignas(64) u8 lanes[256][8] = {};
    constexpr CompressTable()
    {
        for (u32 set = 0; set < 256; ++set) {
            u32 to = 0;
            for (u32 lane = 0; lane < 8; ++lane)
                if ((set >> lane & 1) != 0) lanes[set][to++] = static_cast<u8>(lane);
        }
    }
};
inline constexpr CompressTable kCompress;

/// Eight rests at once: one vector of first members, one of second members and so on; a pair of
/// such vectors gives a pair wherever a rest has enough members, and a permutation closes the gaps.
template <u32 Rests, u32 SlotBits>
ADIT_CPU_INLINE u32* list_pairs_of_8(const u8* counts, const u16 (*members)[Rests], u32 rest,
                                     u32* out)
{
    const __m256i count =
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(counts + rest)));
    const auto with_more_than = [count](int members_less_one) __attribute__((always_inline))
    {
        return static_cast<u32>(_mm256_movemask_ps(
            _mm256_castsi256_ps(_mm256_cmpgt_epi32(count, _mm256_set1_epi32(members_less_one)))));
    };
    const auto member = [ members, rest ](u32 number) __attribute__((always_inline))
    {
        return _mm256_cvtepu16_epi32(
            _mm_load_si128(reinterpret_cast<const __m128i*>(&members[number][rest])));
    };
    const auto list = [&out](__m256i earlier, __m256i later, u32 where, __m256i order)
        __attribute__((always_inline))
    {
        const __m256i pairs = _mm256_or_si256(earlier, later);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                            _mm256_permutevar8x32_epi32(pairs, order));
        out += __builtin_popcount(where);
    };
    const auto order_of = [](u32 where) __attribute__((always_inline))
    {
        return _mm256_cvtepu8_epi32(
            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(kCompress.lanes[where])));
    };
    const u32 two = with_more_than(1), three = with_more_than(2), four = with_more_than(3);
    const __m256i m0 = member(0), m1 = member(1), m2 = member(2), m3 = member(3);
    const __m256i later1 = _mm256_slli_epi32(m1, SlotBits),
                  later2 = _mm256_slli_epi32(m2, SlotBits),
                  later3 = _mm256_slli_epi32(m3, SlotBits);
    list(m0, later1, two, order_of(two));
    const __m256i order3 = order_of(three);
    list(m0, later2, three, order3);
    list(m1, later2, three, order3);
    const __m256i order4 = order_of(four);
    list(m0, later3, four, order4);
    list(m1, later3, four, order4);
    list(m2, later3, four, order4);
    for (u32 more = with_more_than(4); more != 0; more &= more - 1) {
        const u32 i = rest + static_cast<u32>(__builtin_ctz(more));
        out = list_all_pairs<Rests, SlotBits>(members, i, 4, std::min<u32>(counts[i], kMembersMax),
                                              out);
    }
    return out;
}

template <u32 Rests, u32 SlotBits>
ADIT_CPU_INLINE u32* list_pairs(const u8* counts, const u16 (*members)[Rests], u32 rest, u32* out)
{
    out = list_pairs_of_8<Rests, SlotBits>(counts, members, rest, out);
    return list_pairs_of_8<Rests, SlotBits>(counts, members, rest + 8, out);
}

/// 32 bytes before `end`, last one first.
ADIT_CPU_INLINE void reverse_bytes(const u8* end, u8* to)
{
    const __m256i mirror = _mm256_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
                                            15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(end - 32));
    const __m256i halves = _mm256_permute4x64_epi64(bytes, 0x4e);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_shuffle_epi8(halves, mirror));
}

}  // namespace adit::cpu::ADIT_CPU_LANE
