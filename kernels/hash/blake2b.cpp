#include "kernels/hash/blake2b.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/hash/blake2b_lanes.hpp"

namespace adit::hash {
namespace {

constexpr std::array<u64, 8> kIv = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                    0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                    0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

template <int bits>
constexpr u64 rotate_right(u64 word)
{
    return word >> bits | word << (64 - bits);
}

void mix_words(u64& a, u64& b, u64& c, u64& d, u64 x, u64 y)
{
    a += b + x;
    d = rotate_right<32>(d ^ a);
    c += d;
    b = rotate_right<24>(b ^ c);
    a += b + y;
    d = rotate_right<16>(d ^ a);
    c += d;
    b = rotate_right<63>(b ^ c);
}

/// The working state before round 1. `bytes` counts the message up to the end of this block.
std::array<u64, 16> start_block(const u64* h, u64 bytes, bool last)
{
    std::array<u64, 16> v;
    std::copy(h, h + 8, v.begin());
    std::copy(kIv.begin(), kIv.end(), v.begin() + 8);
    v[12] ^= bytes;
    if (last) v[14] = ~v[14];
    return v;
}

void compress(std::array<u64, 8>& h, const u8* block, u64 bytes, bool last)
{
    u64 m[16];
    for (int i = 0; i < 16; ++i) m[i] = load_le<u64>(block + 8 * i);
    std::array<u64, 16> v = start_block(h.data(), bytes, last);
    for (int round = 0; round < 12; ++round) {
        const u8* s = kBlake2bSigma[round % 10];
        for (int i = 0; i < 4; ++i)
            mix_words(v[i], v[4 + i], v[8 + i], v[12 + i], m[s[2 * i]], m[s[2 * i + 1]]);
        for (int i = 0; i < 4; ++i)
            mix_words(v[i], v[4 + (i + 1) % 4], v[8 + (i + 2) % 4], v[12 + (i + 3) % 4],
                      m[s[8 + 2 * i]], m[s[9 + 2 * i]]);
    }
    for (int i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
}

std::array<u64, 8> initial_state(const Blake2bParams& params)
{
    ADIT_CHECK(params.digest_bytes >= 1 && params.digest_bytes <= kBlake2bDigestBytesMax);
    std::array<u64, 8> h = kIv;
    h[0] ^= 0x0101'0000 ^ params.digest_bytes;  // fanout 1, depth 1, no key
    h[6] ^= load_le<u64>(params.personalization.data());
    h[7] ^= load_le<u64>(params.personalization.data() + 8);
    return h;
}

}  // namespace

Blake2b::Blake2b(const Blake2bParams& params)
    : h_(initial_state(params)), digest_bytes_(params.digest_bytes)
{}

Blake2b& Blake2b::update(ByteView bytes)
{
    while (!bytes.empty()) {
        if (held_ == block_.size()) {
            compressed_ += block_.size();
            compress(h_, block_.data(), compressed_, false);
            held_ = 0;
        }
        const std::size_t part = std::min(bytes.size(), block_.size() - held_);
        std::copy_n(bytes.begin(), part, block_.begin() + static_cast<std::ptrdiff_t>(held_));
        held_ += part;
        bytes = bytes.subspan(part);
    }
    return *this;
}

void Blake2b::finish(MutableByteView digest)
{
    ADIT_CHECK(digest.size() == digest_bytes_);
    std::fill(block_.begin() + static_cast<std::ptrdiff_t>(held_), block_.end(), u8{0});
    compress(h_, block_.data(), compressed_ + held_, true);
    u8 state[kBlake2bDigestBytesMax];
    for (std::size_t i = 0; i < 8; ++i) store_le<u64>(state + 8 * i, h_[i]);
    std::copy_n(state, digest_bytes_, digest.begin());
}

void blake2b(const Blake2bParams& params, ByteView message, MutableByteView digest)
{
    Blake2b(params).update(message).finish(digest);
}

HeaderMidstate header_midstate(const Blake2bParams& params, ByteView header)
{
    ADIT_CHECK(header.size() == kMidstateHeaderBytes);
    std::array<u64, 8> h = initial_state(params);
    compress(h, header.data(), kBlake2bBlockBytes, false);

    HeaderMidstate mid{};
    std::copy(h.begin(), h.end(), mid.h);
    mid.m0 = load_le<u64>(header.data() + 128);
    mid.m1 = load_le<u32>(header.data() + 136);

    std::array<u64, 16> v = start_block(mid.h, kMidstateHeaderBytes + sizeof(u32), true);
    for (int i = 1; i < 4; ++i) mix_words(v[i], v[4 + i], v[8 + i], v[12 + i], 0, 0);
    v[0] += v[4] + mid.m0;
    v[12] = rotate_right<32>(v[12] ^ v[0]);
    v[8] += v[12];
    v[4] = rotate_right<24>(v[4] ^ v[8]);
    v[0] += v[4] + mid.m1;
    std::copy(v.begin(), v.end(), mid.v);
    return mid;
}

}  // namespace adit::hash
