#include "kernels/base/compact.hpp"

namespace adit {
namespace {

constexpr u32 kSignBit = 0x0080'0000;
constexpr u32 kMantissaBits = 0x007f'ffff;

bool overflows(u32 mantissa, u32 length)
{
    return mantissa != 0 &&
           (length > 34 || (mantissa > 0xff && length > 33) || (mantissa > 0xffff && length > 32));
}

}  // namespace

CompactTarget decode_compact(u32 bits)
{
    const u32 length = bits >> 24;
    u32 mantissa = bits & kMantissaBits;
    if (length < 3) mantissa >>= 8 * (3 - length);

    CompactTarget out;
    out.negative = mantissa != 0 && (bits & kSignBit) != 0;
    out.overflow = overflows(mantissa, length);
    out.target = length <= 3 ? U256(mantissa) : U256(mantissa) << 8 * (length - 3);
    return out;
}

u32 encode_compact(const U256& target)
{
    u32 length = static_cast<u32>(target.bit_length() + 7) / 8;
    u32 mantissa = static_cast<u32>(length <= 3 ? target.limbs[0] << 8 * (3 - length)
                                                : (target >> 8 * (length - 3)).limbs[0]);
    if ((mantissa & kSignBit) != 0) {  // the top bit would read as a sign: one digit more
        mantissa >>= 8;
        ++length;
    }
    return length << 24 | mantissa;
}

U256 work_of_target(const U256& target)
{
    // 2^256 / (t+1) = (2^256 - (t+1)) / (t+1) + 1, and 2^256 - (t+1) is ~t.
    return ~target / (target + U256(1)) + U256(1);
}

}  // namespace adit
