#pragma once

#include <immintrin.h>

#include "kernels/cpu/lane_portable.hpp"

namespace adit::cpu::ADIT_CPU_LANE {

/// Sixteen rests at once: one vector of first members, one of second members and so on; a pair of
/// such vectors gives a pair wherever a rest has enough members, and a compress closes the gaps.
/// (Into a register: compressing into memory is microcode on some cores.)
template <u32 Rests, u32 SlotBits>
ADIT_CPU_INLINE u32* list_pairs(const u8* counts, const u16 (*members)[Rests], u32 rest, u32* out)
{
    const __m128i count = _mm_load_si128(reinterpret_cast<const __m128i*>(counts + rest));
    const auto with_more_than = [count](char members_less_one) __attribute__((always_inline))
    {
        return _mm_cmpgt_epu8_mask(count, _mm_set1_epi8(members_less_one));
    };
    const auto member = [ members, rest ](u32 number) __attribute__((always_inline))
    {
        return _mm512_cvtepu16_epi32(
            _mm256_load_si256(reinterpret_cast<const __m256i*>(&members[number][rest])));
    };
    const auto list = [&out](__m512i earlier, __m512i later, __mmask16 where)
        __attribute__((always_inline))
    {
        const __m512i pairs = _mm512_or_si512(earlier, later);
        _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(where, pairs));
        out += _mm_popcnt_u32(where);
    };
    const __mmask16 two = with_more_than(1), three = with_more_than(2), four = with_more_than(3),
                    five = with_more_than(4);
    const __m512i m0 = member(0), m1 = member(1), m2 = member(2), m3 = member(3);
    const __m512i later1 = _mm512_slli_epi32(m1, SlotBits),
                  later2 = _mm512_slli_epi32(m2, SlotBits),
                  later3 = _mm512_slli_epi32(m3, SlotBits);
    list(m0, later1, two);
    list(m0, later2, three);
    list(m1, later2, three);
    list(m0, later3, four);
    list(m1, later3, four);
    list(m2, later3, four);
    if (five == 0) return out;
    const __m512i later4 = _mm512_slli_epi32(member(4), SlotBits);
    list(m0, later4, five);
    list(m1, later4, five);
    list(m2, later4, five);
    list(m3, later4, five);
    for (u32 more = with_more_than(5); more != 0; more &= more - 1) {
        const u32 i = rest + static_cast<u32>(__builtin_ctz(more));
        out = list_all_pairs<Rests, SlotBits>(members, i, 5, std::min<u32>(counts[i], kMembersMax),
                                              out);
    }
    return out;
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
