#include "kernels/base/u256.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/base/hex.hpp"

namespace adit {
namespace {

using Wide = boost::multiprecision::uint512_t;

Wide widen(const U256& a)
{
    Wide wide = 0;
    for (int i = 3; i >= 0; --i) wide = wide << 64 | a.limbs[i];
    return wide;
}

U256 narrow(const Wide& wide)
{
    ADIT_CHECK((wide >> 256) == 0);
    U256 a;
    for (unsigned i = 0; i < 4; ++i)
        a.limbs[i] = static_cast<u64>((wide >> (64 * i)) & Wide(~u64{0}));
    return a;
}

}  // namespace

U256 U256::from_le(const Hash256& bytes)
{
    U256 a;
    for (std::size_t i = 0; i < 4; ++i) a.limbs[i] = load_le<u64>(bytes.bytes.data() + 8 * i);
    return a;
}

Hash256 U256::to_le() const
{
    Hash256 bytes;
    for (std::size_t i = 0; i < 4; ++i) store_le<u64>(bytes.bytes.data() + 8 * i, limbs[i]);
    return bytes;
}

std::string U256::to_hex() const { return to_hex_reversed(to_le().bytes); }

std::optional<U256> U256::from_hex(std::string_view digits)
{
    const auto bytes = hash_from_hex_reversed(digits);
    if (!bytes) return std::nullopt;
    return from_le(*bytes);
}

int U256::bit_length() const
{
    for (int i = 3; i >= 0; --i)
        if (limbs[i] != 0) return 64 * i + 64 - __builtin_clzll(limbs[i]);
    return 0;
}

double U256::to_double() const
{
    double sum = 0;
    for (int i = 3; i >= 0; --i) sum = sum * 0x1p64 + static_cast<double>(limbs[i]);
    return sum;
}

U256 operator+(const U256& a, const U256& b)
{
    U256 sum;
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; ++i) {
        carry += a.limbs[i];
        carry += b.limbs[i];
        sum.limbs[i] = static_cast<u64>(carry);
        carry >>= 64;
    }
    ADIT_CHECK(carry == 0);
    return sum;
}

U256 operator-(const U256& a, const U256& b)
{
    ADIT_CHECK(b <= a);
    U256 difference;
    unsigned borrow = 0;
    for (int i = 0; i < 4; ++i) {
        const unsigned __int128 minuend = static_cast<unsigned __int128>(1) << 64 | a.limbs[i];
        const unsigned __int128 rest = minuend - b.limbs[i] - borrow;
        difference.limbs[i] = static_cast<u64>(rest);
        borrow = (rest >> 64) == 0 ? 1 : 0;
    }
    return difference;
}

U256 operator*(const U256& a, u64 b) { return narrow(widen(a) * b); }

U256 operator/(const U256& a, const U256& b)
{
    ADIT_CHECK(!b.is_zero());
    return narrow(widen(a) / widen(b));
}

U256 operator/(const U256& a, u64 b) { return a / U256(b); }

U256 operator<<(const U256& a, unsigned bits)
{
    U256 shifted;
    if (bits >= 256) return shifted;
    const unsigned limb = bits / 64;
    const unsigned rest = bits % 64;
    for (unsigned i = 4; i-- > limb;) {
        shifted.limbs[i] = a.limbs[i - limb] << rest;
        if (rest != 0 && i > limb) shifted.limbs[i] |= a.limbs[i - limb - 1] >> (64 - rest);
    }
    return shifted;
}

U256 operator>>(const U256& a, unsigned bits)
{
    U256 shifted;
    if (bits >= 256) return shifted;
    const unsigned limb = bits / 64;
    const unsigned rest = bits % 64;
    for (unsigned i = 0; i + limb < 4; ++i) {
        shifted.limbs[i] = a.limbs[i + limb] >> rest;
        if (rest != 0 && i + limb + 1 < 4) shifted.limbs[i] |= a.limbs[i + limb + 1] << (64 - rest);
    }
    return shifted;
}

U256 operator~(const U256& a)
{
    U256 flipped;
    for (int i = 0; i < 4; ++i) flipped.limbs[i] = ~a.limbs[i];
    return flipped;
}

}  // namespace adit
