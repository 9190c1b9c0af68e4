#include "kernels/base/u256.hpp"

#include <gtest/gtest.h>

namespace adit {
namespace {

U256 number(std::string digits)
{
    digits.insert(0, 64 - digits.size(), '0');
    return *U256::from_hex(digits);
}

TEST(U256, KnowsItsArithmetic)
{
    const U256 all = ~U256{};
    EXPECT_EQ(number("ffffffffffffffff") + U256(1), number("10000000000000000"));
    EXPECT_EQ(number("10000000000000000") - U256(1), number("ffffffffffffffff"));
    EXPECT_EQ(number("123456789abcdef0123456789abcdef0") * 16,
              number("123456789abcdef0123456789abcdef00"));
    EXPECT_EQ(all / U256(1), all);
    EXPECT_EQ(all / all, U256(1));
    EXPECT_EQ(number("1000000000000000000000000") / 3, number("555555555555555555555555"));
    EXPECT_EQ(U256(1) << 255 >> 255, U256(1));
    EXPECT_EQ(U256(1) << 64, number("10000000000000000"));
    EXPECT_EQ(U256(3) << 255, U256(1) << 255);
    EXPECT_EQ(U256(1) << 256, U256{});
    EXPECT_LT(U256(~u64{0}), U256(1) << 64);
}

TEST(U256, CountsBits)
{
    EXPECT_EQ(U256{}.bit_length(), 0);
    EXPECT_EQ(U256(1).bit_length(), 1);
    EXPECT_EQ((U256(1) << 200).bit_length(), 201);
    EXPECT_EQ((~U256{}).bit_length(), 256);
    EXPECT_DOUBLE_EQ((U256(1) << 200).to_double(), 0x1p200);
}

TEST(U256, ReadsBytesLittleEndianAndShowsThemBigEndian)
{
    Hash256 bytes;
    bytes.bytes[0] = 0x34;
    bytes.bytes[1] = 0x12;
    EXPECT_EQ(U256::from_le(bytes), U256(0x1234));
    EXPECT_EQ(U256(0x1234).to_le(), bytes);
    EXPECT_EQ(U256(0x1234).to_hex(), std::string(60, '0') + "1234");
}

TEST(U256, EndsTheProcessRatherThanWrap)
{
    EXPECT_DEATH((void)(~U256{} + U256(1)), "check failed");
    EXPECT_DEATH((void)(U256(1) - U256(2)), "check failed");
    EXPECT_DEATH((void)(~U256{} * 2), "check failed");
    EXPECT_DEATH((void)(U256(1) / U256{}), "check failed");
}

}  // namespace
}  // namespace adit
