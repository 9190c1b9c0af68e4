#include "stratum/proto/target.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace adit::stratum {
namespace {

U256 all_ones() { return ~U256{}; }

}  // namespace

U256 difficulty_one() { return all_ones() >> 13; }

double difficulty_of(const U256& target)
{
    if (target.is_zero()) return std::numeric_limits<double>::infinity();
    return difficulty_one().to_double() / target.to_double();
}

U256 target_of_difficulty(double difficulty)
{
    // 2^243 / difficulty as mantissa · 2^exponent, then shifted into place; less one, so that
    // difficulty 1 is exactly the limit.
    if (!(difficulty > 0)) return all_ones();
    const double quotient = std::ldexp(1.0, 243) / difficulty;
    if (quotient >= std::ldexp(1.0, 256)) return all_ones();
    if (quotient < 2) return U256(1);
    int exponent = 0;
    const double fraction = std::frexp(quotient, &exponent);  // in [0.5, 1)
    const U256 mantissa(static_cast<u64>(std::ldexp(fraction, 53)));
    const U256 value = exponent >= 53 ? mantissa << static_cast<unsigned>(exponent - 53)
                                      : mantissa >> static_cast<unsigned>(53 - exponent);
    return value - U256(1);
}

double solutions_per_share(const U256& target)
{
    return std::ldexp(1.0, 256) / (target.to_double() + 1.0);
}

U256 byte_swapped(const U256& number)
{
    Hash256 bytes = number.to_le();
    std::reverse(bytes.bytes.begin(), bytes.bytes.end());
    return U256::from_le(bytes);
}

}  // namespace adit::stratum
