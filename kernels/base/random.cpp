#include "kernels/base/random.hpp"

#include <sys/random.h>

#include <bit>

#include "kernels/base/check.hpp"

namespace adit {
namespace {

/// splitmix64: spreads a seed over the whole state.
u64 split_mix(u64& state)
{
    u64 z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

constexpr unsigned kFraction = 32;

/// log2(x) for x >= 1 in 32.32 fixed point: the integer part from the leading zeros, the fraction
/// bit by bit by squaring. No libm, whose last bit differs between machines.
u64 log2_fixed(u64 x)
{
    const unsigned whole = 63u - static_cast<unsigned>(std::countl_zero(x));
    u64 mantissa =
        whole >= kFraction ? x >> (whole - kFraction) : x << (kFraction - whole);  // 1 … 2
    u64 fraction = 0;
    for (unsigned bit = 0; bit < kFraction; ++bit) {
        mantissa =
            static_cast<u64>(static_cast<unsigned __int128>(mantissa) * mantissa >> kFraction);
        fraction <<= 1;
        if (mantissa >= u64{2} << kFraction) {
            fraction |= 1;
            mantissa >>= 1;
        }
    }
    return static_cast<u64>(whole) << kFraction | fraction;
}

constexpr u64 kLn2Fixed = 2'977'044'472;  // ln 2 · 2^32

}  // namespace

Random::Random(u64 seed)
{
    for (u64& word : state_) word = split_mix(seed);
}

u64 Random::next()
{
    const u64 result = std::rotl(state_[1] * 5, 7) * 9;
    const u64 shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

u64 Random::below(u64 bound)
{
    ADIT_CHECK(bound > 0);
    // Draws past the last whole multiple of bound are thrown away, so that none is likelier.
    const u64 reject_from = ~u64{0} - (~u64{0} % bound + 1) % bound;
    u64 draw = next();
    while (draw > reject_from) draw = next();
    return draw % bound;
}

Duration Random::exponential(Duration mean)
{
    const u64 uniform = next() | 1;  // 1 … 2^64-1, read as uniform/2^64
    const u64 minus_log2 = (u64{64} << kFraction) - log2_fixed(uniform);
    const u64 minus_ln =
        static_cast<u64>(static_cast<unsigned __int128>(minus_log2) * kLn2Fixed >> kFraction);
    const auto scaled =
        static_cast<unsigned __int128>(minus_ln) * static_cast<u64>(mean.count()) >> kFraction;
    return Duration(static_cast<Duration::rep>(scaled));
}

void fill_entropy(MutableByteView out)
{
    std::size_t filled = 0;
    while (filled < out.size()) {
        const auto got = ::getrandom(out.data() + filled, out.size() - filled, 0);
        ADIT_CHECK(got > 0);
        filled += static_cast<std::size_t>(got);
    }
}

u64 entropy_seed()
{
    u64 seed = 0;
    fill_entropy(MutableByteView(reinterpret_cast<u8*>(&seed), sizeof seed));
    return seed;
}

}  // namespace adit
