#include "kernels/hash/lane_functions.hpp"

#ifdef ADIT_LANES_X86  // built with -mavx512f; called only where CPU and OS have it
#include <immintrin.h>

#include "kernels/hash/blake2b_lanes.hpp"

namespace adit::hash {
namespace {

/// Word i of eight calls' hashes side by side. 64-bit rotations are one instruction here.
struct Avx512Word {
    __m512i value;
    static constexpr u32 width = 8;

    ADIT_INLINE static Avx512Word broadcast(u64 word)
    {
        return {_mm512_set1_epi64(static_cast<long long>(word))};
    }
    ADIT_INLINE static Avx512Word high_halves(__m256i calls)
    {
        return {_mm512_slli_epi64(_mm512_cvtepu32_epi64(calls), 32)};
    }
    ADIT_INLINE static Avx512Word from_calls(const u32* calls)
    {
        return high_halves(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(calls)));
    }
    ADIT_INLINE static Avx512Word from_run(u32 first)
    {
        return high_halves(_mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(first)),
                                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
    }
    /// Transposes 8 × 8 words: pairs, then quarters, then halves.
    ADIT_INLINE static void store_digests(const Avx512Word* digest, u8* out)
    {
        __m512i pair[8];  // [2i + p]: words 2i and 2i+1 of calls p, p+2, p+4, p+6
        for (int i = 0; i < 4; ++i) {
            pair[2 * i] = _mm512_unpacklo_epi64(digest[2 * i].value, digest[2 * i + 1].value);
            pair[2 * i + 1] = _mm512_unpackhi_epi64(digest[2 * i].value, digest[2 * i + 1].value);
        }
        for (int p = 0; p < 2; ++p) {
            const __m512i low_even = _mm512_shuffle_i64x2(pair[p], pair[2 + p], 0x88);
            const __m512i low_odd = _mm512_shuffle_i64x2(pair[p], pair[2 + p], 0xdd);
            const __m512i high_even = _mm512_shuffle_i64x2(pair[4 + p], pair[6 + p], 0x88);
            const __m512i high_odd = _mm512_shuffle_i64x2(pair[4 + p], pair[6 + p], 0xdd);
            store(out + 64 * (0 + p), _mm512_shuffle_i64x2(low_even, high_even, 0x88));
            store(out + 64 * (4 + p), _mm512_shuffle_i64x2(low_even, high_even, 0xdd));
            store(out + 64 * (2 + p), _mm512_shuffle_i64x2(low_odd, high_odd, 0x88));
            store(out + 64 * (6 + p), _mm512_shuffle_i64x2(low_odd, high_odd, 0xdd));
        }
    }
    ADIT_INLINE static void store(u8* out, __m512i value) { _mm512_storeu_si512(out, value); }
};

ADIT_INLINE Avx512Word operator+(Avx512Word a, Avx512Word b)
{
    return {_mm512_add_epi64(a.value, b.value)};
}
ADIT_INLINE Avx512Word operator^(Avx512Word a, Avx512Word b)
{
    return {_mm512_xor_si512(a.value, b.value)};
}
ADIT_INLINE Avx512Word xor3(Avx512Word a, Avx512Word b, Avx512Word c)
{
    return {_mm512_ternarylogic_epi64(a.value, b.value, c.value, 0x96)};
}
template <int bits>
ADIT_INLINE Avx512Word rotate_right(Avx512Word a)
{
    return {_mm512_ror_epi64(a.value, bits)};
}

}  // namespace

void hash_run_avx512(const HeaderMidstate& mid, u32 first, u32 count, u8* out)
{
    hash_run_with<Avx512Word>(mid, first, count, out);
}

void hash_list_avx512(const HeaderMidstate& mid, const u32* calls, u32 count, u8* out)
{
    hash_list_with<Avx512Word>(mid, calls, count, out);
}

}  // namespace adit::hash
#endif
