#include "kernels/hash/lane_functions.hpp"

#ifdef ADIT_LANES_X86  // built with -mavx2; called only where the CPU has it
#include <immintrin.h>

#include "kernels/hash/blake2b_lanes.hpp"

namespace adit::hash {
namespace {

/// Word i of four calls' hashes side by side.
struct Avx2Word {
    __m256i value;
    static constexpr u32 width = 4;

    ADIT_INLINE static Avx2Word broadcast(u64 word)
    {
        return {_mm256_set1_epi64x(static_cast<long long>(word))};
    }
    ADIT_INLINE static Avx2Word high_halves(__m128i calls)
    {
        return {_mm256_slli_epi64(_mm256_cvtepu32_epi64(calls), 32)};
    }
    ADIT_INLINE static Avx2Word from_calls(const u32* calls)
    {
        return high_halves(_mm_loadu_si128(reinterpret_cast<const __m128i*>(calls)));
    }
    ADIT_INLINE static Avx2Word from_run(u32 first)
    {
        return high_halves(
            _mm_add_epi32(_mm_set1_epi32(static_cast<int>(first)), _mm_setr_epi32(0, 1, 2, 3)));
    }
    ADIT_INLINE static void store_digests(const Avx2Word* digest, u8* out)
    {
        for (int half = 0; half < 2; ++half) {  // words 0–3, then 4–7, of calls 0 … 3
            const Avx2Word* w = digest + 4 * half;
            const __m256i low01 = _mm256_unpacklo_epi64(w[0].value, w[1].value);
            const __m256i high01 = _mm256_unpackhi_epi64(w[0].value, w[1].value);
            const __m256i low23 = _mm256_unpacklo_epi64(w[2].value, w[3].value);
            const __m256i high23 = _mm256_unpackhi_epi64(w[2].value, w[3].value);
            store(out + 32 * half, _mm256_permute2x128_si256(low01, low23, 0x20));
            store(out + 32 * half + 64, _mm256_permute2x128_si256(high01, high23, 0x20));
            store(out + 32 * half + 128, _mm256_permute2x128_si256(low01, low23, 0x31));
            store(out + 32 * half + 192, _mm256_permute2x128_si256(high01, high23, 0x31));
        }
    }
    ADIT_INLINE static void store(u8* out, __m256i value)
    {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), value);
    }
};

ADIT_INLINE Avx2Word operator+(Avx2Word a, Avx2Word b)
{
    return {_mm256_add_epi64(a.value, b.value)};
}
ADIT_INLINE Avx2Word operator^(Avx2Word a, Avx2Word b)
{
    return {_mm256_xor_si256(a.value, b.value)};
}
ADIT_INLINE Avx2Word xor3(Avx2Word a, Avx2Word b, Avx2Word c) { return a ^ b ^ c; }

/// Rotations by whole bytes are shuffles; the one by 63 is a doubling and a carry.
template <int bits>
ADIT_INLINE Avx2Word rotate_right(Avx2Word a)
{
    static_assert(bits == 32 || bits == 24 || bits == 16 || bits == 63);
    if constexpr (bits == 32) return {_mm256_shuffle_epi32(a.value, _MM_SHUFFLE(2, 3, 0, 1))};
    if constexpr (bits == 63)
        return {
            _mm256_xor_si256(_mm256_add_epi64(a.value, a.value), _mm256_srli_epi64(a.value, 63))};
    const __m256i by24 = _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3,
                                          4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
    const __m256i by16 = _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2,
                                          3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
    return {_mm256_shuffle_epi8(a.value, bits == 24 ? by24 : by16)};
}

}  // namespace

void hash_run_avx2(const HeaderMidstate& mid, u32 first, u32 count, u8* out)
{
    hash_run_with<Avx2Word>(mid, first, count, out);
}

void hash_list_avx2(const HeaderMidstate& mid, const u32* calls, u32 count, u8* out)
{
    hash_list_with<Avx2Word>(mid, calls, count, out);
}

}  // namespace adit::hash
#endif
