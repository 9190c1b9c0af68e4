#include "kernels/base/compact.hpp"

#include <gtest/gtest.h>

#include "kernels/base/endian.hpp"
#include "tests/support/vectors.hpp"

namespace adit {
namespace {

u32 bits_of(const json::object& o, std::string_view key)
{
    return load_be<u32>(test::hex(o, key).data());
}

TEST(Compact, ReadsTheKnownForms)
{
    const auto file = test::load_vectors("pow/compact.json");
    const auto& cases = *json::array_of(file.get_object(), "cases");
    ASSERT_EQ(cases.size(), 30u);
    for (const auto& entry : cases) {
        const auto& o = entry.get_object();
        SCOPED_TRACE(test::text(o, "compact"));
        const CompactTarget read = decode_compact(bits_of(o, "compact"));
        EXPECT_EQ(read.negative, *json::bool_of(o, "negative"));
        EXPECT_EQ(read.overflow, *json::bool_of(o, "overflow"));
        if (read.overflow) {
            EXPECT_FALSE(read.usable());
            continue;
        }
        EXPECT_EQ(read.target.to_hex(), test::text(o, "target"));
        const u32 sign = read.negative ? 0x0080'0000 : 0;
        EXPECT_EQ(encode_compact(read.target) | sign, bits_of(o, "reencoded"));
        EXPECT_EQ(read.usable(), !read.negative && !read.target.is_zero());
    }
}

TEST(Compact, KnowsTheWorkBehindBits)
{
    const auto file = test::load_vectors("pow/compact.json");
    for (const auto& entry : *json::array_of(file.get_object(), "work")) {
        const auto& o = entry.get_object();
        const U256 target = decode_compact(bits_of(o, "bits")).target;
        EXPECT_EQ(work_of_target(target).to_hex(), test::text(o, "work"));
    }
    EXPECT_EQ(work_of_target(U256(1)), U256(1) << 255);
    EXPECT_EQ(work_of_target(~U256{} - U256(1)), U256(1));
}

TEST(Compact, RoundsDownAndStaysReadable)
{
    for (int shift = 0; shift < 256; ++shift) {
        const U256 target = U256(0x1234'5678'9abc'def1) << static_cast<unsigned>(shift);
        const CompactTarget read = decode_compact(encode_compact(target));
        EXPECT_FALSE(read.negative || read.overflow) << shift;
        EXPECT_LE(read.target, target) << shift;
        EXPECT_GE(read.target.bit_length(), target.bit_length()) << shift;
        EXPECT_EQ(encode_compact(read.target), encode_compact(target)) << shift;
    }
    EXPECT_EQ(encode_compact(~U256{}), 0x2100'ffffu);
}

}  // namespace
}  // namespace adit
