#include "kernels/base/hex.hpp"

#include <gtest/gtest.h>

namespace adit {
namespace {

TEST(Hex, RoundTrips)
{
    const Bytes bytes{0x00, 0x01, 0xab, 0xff};
    EXPECT_EQ(to_hex(bytes), "0001abff");
    EXPECT_EQ(to_hex_reversed(bytes), "ffab0100");
    EXPECT_EQ(from_hex("0001ABff"), bytes);
    EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Hex, RefusesWhatIsNotHex)
{
    for (const char* text : {"0", "0g", " 00", "0x00", "00 ", "000"})
        EXPECT_FALSE(from_hex(text).has_value()) << text;
}

TEST(Hex, HashesHaveExactly64Digits)
{
    const std::string digits = "01" + std::string(62, '0');
    EXPECT_EQ(hash_from_hex(digits)->bytes[0], 1);
    EXPECT_EQ(hash_from_hex_reversed(digits)->bytes[31], 1);
    EXPECT_FALSE(hash_from_hex(digits.substr(2)));
    EXPECT_FALSE(hash_from_hex_reversed(digits + "00"));
}

}  // namespace
}  // namespace adit
