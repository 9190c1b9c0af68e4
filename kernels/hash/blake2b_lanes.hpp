#pragma once

#include "kernels/hash/blake2b.hpp"

// BLAKE2b's last block of an Equihash leaf hash, written once for every word type: u64, four of
// them (AVX2), eight (AVX-512). Files with their own machine flags include this, so nothing here
// may become a shared symbol: all is forced inline or templated on the lane's own word type.
#define ADIT_INLINE inline __attribute__((always_inline))

namespace adit::hash {

/// RFC 7693, 3.1: which message word goes where. Rounds 11 and 12 repeat the first two.
inline constexpr u8 kBlake2bSigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

/// The mixing function G of RFC 7693 with message words number X and Y, of which only 0 and 1 are
/// not zero in a leaf's last block. A Word knows +, ^ and `rotate_right<bits>`.
template <unsigned X, class Word>
ADIT_INLINE Word plus_message(const Word& a, const Word& m0, const Word& m1)
{
    if constexpr (X == 0) return a + m0;
    if constexpr (X == 1) return a + m1;
    return a;
}

template <unsigned X, unsigned Y, class Word>
ADIT_INLINE void mix(Word& a, Word& b, Word& c, Word& d, const Word& m0, const Word& m1)
{
    a = plus_message<X>(a + b, m0, m1);
    d = rotate_right<32>(d ^ a);
    c = c + d;
    b = rotate_right<24>(b ^ c);
    a = plus_message<Y>(a + b, m0, m1);
    d = rotate_right<16>(d ^ a);
    c = c + d;
    b = rotate_right<63>(b ^ c);
}

template <unsigned Round, class Word>
ADIT_INLINE void mix_columns(Word* v, const Word& m0, const Word& m1)
{
    constexpr const u8* s = kBlake2bSigma[Round % 10];
    mix<s[0], s[1]>(v[0], v[4], v[8], v[12], m0, m1);
    mix<s[2], s[3]>(v[1], v[5], v[9], v[13], m0, m1);
    mix<s[4], s[5]>(v[2], v[6], v[10], v[14], m0, m1);
    mix<s[6], s[7]>(v[3], v[7], v[11], v[15], m0, m1);
}

template <unsigned Round, class Word>
ADIT_INLINE void mix_diagonals(Word* v, const Word& m0, const Word& m1)
{
    constexpr const u8* s = kBlake2bSigma[Round % 10];
    mix<s[8], s[9]>(v[0], v[5], v[10], v[15], m0, m1);
    mix<s[10], s[11]>(v[1], v[6], v[11], v[12], m0, m1);
    mix<s[12], s[13]>(v[2], v[7], v[8], v[13], m0, m1);
    mix<s[14], s[15]>(v[3], v[4], v[9], v[14], m0, m1);
}

/// Words of this many calls at once go through the rounds side by side. One block's additions,
/// xors and rotations form four chains, too few to keep a modern core busy; the second block fills
/// the gaps (one tenth to one sixth faster, measured: bench/README.md). They take turns by half
/// rounds, so that registers are spilt once a half round and not once an operation.
inline constexpr u32 kBlocksAtOnce = 2;

template <unsigned Round, class Word>
ADIT_INLINE void mix_rounds(Word (*v)[16], const Word& m0, const Word* m1)
{
    if constexpr (Round < 12) {
        for (u32 b = 0; b < kBlocksAtOnce; ++b) mix_columns<Round>(v[b], m0, m1[b]);
        for (u32 b = 0; b < kBlocksAtOnce; ++b) mix_diagonals<Round>(v[b], m0, m1[b]);
        mix_rounds<Round + 1>(v, m0, m1);
    }
}

/// The leaf hashes of kBlocksAtOnce blocks of calls, each as many as a Word is wide. `call_high`
/// holds each call number in the upper half of its 64 bits. `digest[b][i]` gets word i of every
/// call's 64-byte state, of which the digest is the beginning.
template <class Word>
ADIT_INLINE void hash_calls(const HeaderMidstate& mid, const Word* call_high, Word (*digest)[8])
{
    Word v[kBlocksAtOnce][16];
    Word m1[kBlocksAtOnce];
    const Word m0 = Word::broadcast(mid.m0);
    for (u32 b = 0; b < kBlocksAtOnce; ++b) {
        for (u32 i = 0; i < 16; ++i) v[b][i] = Word::broadcast(mid.v[i]);
        m1[b] = Word::broadcast(mid.m1) ^ call_high[b];

        // Column 0 of round 1 from where the call number enters; the midstate holds what is before.
        v[b][0] = v[b][0] + call_high[b];
        v[b][12] = rotate_right<16>(v[b][12] ^ v[b][0]);
        v[b][8] = v[b][8] + v[b][12];
        v[b][4] = rotate_right<63>(v[b][4] ^ v[b][8]);
        mix_diagonals<0>(v[b], m0, m1[b]);
    }
    mix_rounds<1>(v, m0, m1);
    for (u32 b = 0; b < kBlocksAtOnce; ++b)
        for (u32 i = 0; i < 8; ++i)
            digest[b][i] = xor3(Word::broadcast(mid.h[i]), v[b][i], v[b][i + 8]);
}

/// Calls hashed by one go of `hash_calls`.
template <class Word>
inline constexpr u32 kCallsAtOnce = kBlocksAtOnce* Word::width;

template <class Word>
ADIT_INLINE void hash_and_store(const HeaderMidstate& mid, const Word* call_high, u8* out)
{
    Word digest[kBlocksAtOnce][8];
    hash_calls(mid, call_high, digest);
    for (u32 b = 0; b < kBlocksAtOnce; ++b)
        Word::store_digests(digest[b], out + std::size_t{64} * Word::width * b);
}

/// Whole lists and runs of calls for a Word type that also knows `width`, `from_calls`, `from_run`
/// and `store_digests`. Every call gets 64 bytes of `out`.
template <class Word>
ADIT_INLINE void hash_list_with(const HeaderMidstate& mid, const u32* calls, u32 count, u8* out)
{
    constexpr u32 kAtOnce = kCallsAtOnce<Word>;
    for (u32 done = 0; done < count; done += kAtOnce) {
        const u32 now = count - done < kAtOnce ? count - done : kAtOnce;
        const u32* next = calls + done;
        u32 filled_up[kAtOnce];  // a short rest, its last call repeated
        if (now < kAtOnce) {
            for (u32 i = 0; i < kAtOnce; ++i) filled_up[i] = next[i < now ? i : now - 1];
            next = filled_up;
        }
        Word call_high[kBlocksAtOnce];
        for (u32 b = 0; b < kBlocksAtOnce; ++b)
            call_high[b] = Word::from_calls(next + b * Word::width);
        if (now == kAtOnce) {
            hash_and_store(mid, call_high, out + std::size_t{64} * done);
        } else {
            u8 rest[64 * kAtOnce];
            hash_and_store(mid, call_high, rest);
            __builtin_memcpy(out + std::size_t{64} * done, rest, std::size_t{64} * now);
        }
    }
}

template <class Word>
ADIT_INLINE void hash_run_with(const HeaderMidstate& mid, u32 first, u32 count, u8* out)
{
    constexpr u32 kAtOnce = kCallsAtOnce<Word>;
    for (u32 done = 0; done < count; done += kAtOnce) {
        Word call_high[kBlocksAtOnce];
        for (u32 b = 0; b < kBlocksAtOnce; ++b)
            call_high[b] = Word::from_run(first + done + b * Word::width);
        if (count - done >= kAtOnce) {
            hash_and_store(mid, call_high, out + std::size_t{64} * done);
        } else {
            u8 rest[64 * kAtOnce];
            hash_and_store(mid, call_high, rest);
            __builtin_memcpy(out + std::size_t{64} * done, rest, std::size_t{64} * (count - done));
        }
    }
}

}  // namespace adit::hash
