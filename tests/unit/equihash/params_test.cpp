#include "kernels/equihash/params.hpp"

#include <gtest/gtest.h>

#include "tests/support/vectors.hpp"

namespace adit::equihash {
namespace {

TEST(Params, HaveTheSizesOfTheTable)
{
    const auto file = test::load_vectors("equihash/encoding.json");
    const auto& sizes = *json::array_of(file.get_object(), "sizes");
    ASSERT_EQ(sizes.size(), kKnownParams.size());
    for (const auto& entry : sizes) {
        const auto& o = entry.get_object();
        const auto params = find_params(static_cast<u32>(test::integer(o, "n")),
                                        static_cast<u32>(test::integer(o, "k")));
        ASSERT_TRUE(params) << test::integer(o, "n");
        SCOPED_TRACE(to_string(*params));
        EXPECT_EQ(params->collision_bits(), test::integer(o, "collision_bits"));
        EXPECT_EQ(params->index_bits(), test::integer(o, "index_bits"));
        EXPECT_EQ(params->indices(), test::integer(o, "indices"));
        EXPECT_EQ(params->rows(), test::integer(o, "list_size"));
        EXPECT_EQ(params->slots_per_call(), test::integer(o, "hashes_per_blake2b"));
        EXPECT_EQ(params->slot_bytes(), test::integer(o, "bytes_per_hash"));
        EXPECT_EQ(params->digest_bytes(), test::integer(o, "blake2b_out"));
        EXPECT_EQ(params->solution_bytes(), test::integer(o, "solution_bytes"));
        EXPECT_TRUE(params->fits_the_house());
    }
}

TEST(Params, AreReadInEverySpellingOfTheField)
{
    for (const char* text :
         {"200,9", "200_9", "200/9", "EQUI200_9", "equihash200_9", "Equihash200,9"})
        EXPECT_EQ(parse_params(text), (Params{200, 9})) << text;
    EXPECT_EQ(parse_params("125,4"), (Params{125, 4, true}));
    for (const Params& params : kKnownParams) EXPECT_EQ(parse_params(to_string(params)), params);
}

TEST(Params, RefuseWhatIsNotASet)
{
    for (const char* text :
         {"", "200", "200,", ",9", "200,9,0", "200,09", "0200,9", "200 ,9", "200,9 ", "200-9",
          "100,4", "equi", "equiequi200,9", "-200,9", "4294967496,9"})
        EXPECT_FALSE(parse_params(text)) << text;
}

TEST(Personalization, IsExactlyEightBytes)
{
    EXPECT_EQ(Personalization::from_text("BgoldPoW")->text(), "BgoldPoW");
    EXPECT_EQ(Personalization{}.text(), "ZcashPoW");
    EXPECT_FALSE(Personalization::from_text("ZcashPo"));
    EXPECT_FALSE(Personalization::from_text("ZcashPoW "));
}

}  // namespace
}  // namespace adit::equihash
