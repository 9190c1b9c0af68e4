#include "kernels/equihash/encoding.hpp"

#include <gtest/gtest.h>

#include <random>

#include "kernels/base/hex.hpp"
#include "tests/support/vectors.hpp"

namespace adit::equihash {
namespace {

TEST(Encoding, PacksTheKnownExamples)
{
    const auto file = test::load_vectors("equihash/encoding.json");
    const auto& examples = *json::array_of(file.get_object(), "minimal");
    ASSERT_EQ(examples.size(), 4u);
    for (const auto& entry : examples) {
        const auto& o = entry.get_object();
        const auto bits = static_cast<u32>(test::integer(o, "index_bits"));
        const Bytes packed = test::hex(o, "minimal");
        std::vector<u32> indices;
        for (const auto& index : *json::array_of(o, "indices"))
            indices.push_back(static_cast<u32>(index.to_number<u64>()));

        std::vector<u32> unpacked(indices.size());
        unpack_indices(packed, bits, unpacked);
        EXPECT_EQ(unpacked, indices);
        Bytes again(packed.size(), 0xee);
        pack_indices(indices, bits, again);
        EXPECT_EQ(to_hex(again), to_hex(packed));
    }
}

TEST(Encoding, RoundTripsEveryWidthAndCount)
{
    std::mt19937 random(1);
    for (u32 bits = 1; bits <= 27; ++bits)
        for (std::size_t count = 0; count <= 40; ++count) {
            std::vector<u32> indices(count), back(count);
            for (u32& index : indices) index = static_cast<u32>(random()) >> (32 - bits);
            Bytes packed((count * bits + 7) / 8);
            pack_indices(indices, bits, packed);
            unpack_indices(packed, bits, back);
            ASSERT_EQ(back, indices) << bits << " bits, " << count;
        }
}

TEST(Encoding, TakesSolutionsOfExactlyTheRightSize)
{
    for (const Params& params : kKnownParams) {
        SCOPED_TRACE(to_string(params));
        const Bytes minimal(params.solution_bytes(), 0xff);
        const auto indices = to_indices(params, minimal);
        ASSERT_TRUE(indices);
        EXPECT_EQ(indices->values, std::vector<u32>(params.indices(), params.rows() - 1));
        EXPECT_EQ(to_minimal(params, indices->values)->bytes, minimal);

        EXPECT_EQ(to_indices(params, ByteView(minimal).first(minimal.size() - 1)).error(),
                  SolutionError::bad_length);
        EXPECT_EQ(to_indices(params, Bytes(minimal.size() + 1)).error(), SolutionError::bad_length);
        EXPECT_EQ(to_indices(params, {}).error(), SolutionError::bad_length);
    }
}

TEST(Encoding, PacksOnlyWhatFits)
{
    const Params params{48, 5};
    std::vector<u32> indices(32, 511);
    EXPECT_TRUE(to_minimal(params, indices));
    indices[17] = 512;
    EXPECT_EQ(to_minimal(params, indices).error(), SolutionError::index_too_large);
    indices.pop_back();
    EXPECT_EQ(to_minimal(params, indices).error(), SolutionError::bad_length);
}

TEST(Encoding, ErrorsAreLogWords)
{
    EXPECT_EQ(to_string(SolutionError::bad_length), "bad_length");
    EXPECT_EQ(to_string(SolutionError::out_of_order), "out_of_order");
    EXPECT_EQ(to_string(SolutionError::not_zero), "not_zero");
}

}  // namespace
}  // namespace adit::equihash
