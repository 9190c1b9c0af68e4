#include "kernels/hash/sha256_ni.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

// SHA-256 (FIPS 180-4) by the rounds in hardware: "Intel SHA Extensions" (Gulley et al., 2013). Two
// hashes side by side, since one alone waits for its own rounds most of the time.
namespace adit::hash {
namespace {

alignas(16) constexpr u32 kRound[64]{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr int kEnd = static_cast<int>(0x80000000);  ///< the bit behind a message's end

/// A running hash, as the instructions want its eight words: A, B, E, F and C, D, G, H from above.
struct State {
    __m128i abef = _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f,
                                 static_cast<int>(0x9b05688c));
    __m128i cdgh = _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19);
};

/// Sixteen words of a message, the first in the lowest place.
struct Words {
    __m128i at[4];
};

/// One block of N messages.
template <int N>
void compress(State (&states)[N], Words (&words)[N])
{
    State before[N];
    for (int n = 0; n < N; ++n) before[n] = states[n];
#pragma GCC unroll 16
    for (int four = 0; four < 16; ++four) {  // rounds at a time
        const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(kRound + 4 * four));
#pragma GCC unroll 2
        for (int n = 0; n < N; ++n) {
            State& s = states[n];
            __m128i(&w)[4] = words[n].at;
            const __m128i wk = _mm_add_epi32(w[four % 4], k);
            s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, wk);
            s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(wk, 0x0e));
            if (four >= 12) continue;
            const __m128i& last = w[(four + 3) % 4];
            const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[four % 4], w[(four + 1) % 4]),
                                              _mm_alignr_epi8(last, w[(four + 2) % 4], 4));
            w[four % 4] = _mm_sha256msg2_epu32(sum, last);
        }
    }
    for (int n = 0; n < N; ++n) {
        states[n].abef = _mm_add_epi32(states[n].abef, before[n].abef);
        states[n].cdgh = _mm_add_epi32(states[n].cdgh, before[n].cdgh);
    }
}

__m128i swap_bytes(__m128i words)
{
    return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

/// A, B, C, D of the state, then E, F, G, H.
void words_of(const State& s, __m128i (&w)[4])
{
    w[0] = _mm_shuffle_epi32(_mm_unpackhi_epi64(s.abef, s.cdgh), _MM_SHUFFLE(2, 3, 0, 1));
    w[1] = _mm_shuffle_epi32(_mm_unpacklo_epi64(s.abef, s.cdgh), _MM_SHUFFLE(2, 3, 0, 1));
}

template <int N>
void hash_pairs(const Hash256* in, Hash256* out)
{
    Words words[N];
    State states[N];
    for (int n = 0; n < N; ++n)
        for (int i = 0; i < 4; ++i)
            words[n].at[i] = swap_bytes(_mm_loadu_si128(
                reinterpret_cast<const __m128i*>(in[2 * n + i / 2].bytes.data()) + i % 2));
    compress(states, words);
    for (Words& w : words)
        w = {{_mm_set_epi32(0, 0, 0, kEnd), _mm_setzero_si128(), _mm_setzero_si128(),
              _mm_set_epi32(512, 0, 0, 0)}};
    compress(states, words);

    for (int n = 0; n < N; ++n) {
        words_of(states[n], words[n].at);
        words[n].at[2] = _mm_set_epi32(0, 0, 0, kEnd);
        words[n].at[3] = _mm_set_epi32(256, 0, 0, 0);
        states[n] = {};
    }
    compress(states, words);
    for (int n = 0; n < N; ++n) {
        words_of(states[n], words[n].at);
        for (int i = 0; i < 2; ++i)
            _mm_storeu_si128(reinterpret_cast<__m128i*>(out[n].bytes.data()) + i,
                             swap_bytes(words[n].at[i]));
    }
}

}  // namespace

void sha256d_pairs_ni(const Hash256* in, Hash256* out, std::size_t pairs)
{
    std::size_t i = 0;
    for (; i + 2 <= pairs; i += 2) hash_pairs<2>(in + 2 * i, out + i);
    if (i < pairs) hash_pairs<1>(in + 2 * i, out + i);
}

}  // namespace adit::hash

#endif
