#include <gtest/gtest.h>

#include "kernels/solver/solver.hpp"

namespace adit::solver {
namespace {

TEST(PlaceCounter, WritesLittleEndianWhereItIsTold)
{
    equihash::PowInput input;
    input.header.fill(0xee);
    place_counter(input, {30, 2, 0, 1}, 0x1234);
    EXPECT_EQ(input.header[138], 0x34);
    EXPECT_EQ(input.header[139], 0x12);
    EXPECT_EQ(input.header[137], 0xee);

    place_counter(input, {0, 8, 0, 1}, 0x0123'4567'89ab'cdef);
    EXPECT_EQ(input.header[107], 0xee);
    EXPECT_EQ(input.header[108], 0xef);
    EXPECT_EQ(input.header[115], 0x01);
    EXPECT_EQ(input.header[116], 0xee);
}

TEST(PlaceCounter, NeverWritesOutsideTheNonce)
{
    equihash::PowInput input;
    EXPECT_DEATH(place_counter(input, {31, 2, 0, 1}, 0), "check failed");
    EXPECT_DEATH(place_counter(input, {0, 9, 0, 1}, 0), "check failed");
    EXPECT_DEATH(place_counter(input, {0, 0, 0, 1}, 0), "check failed");
    EXPECT_DEATH(place_counter(input, {0, 1, 0, 1}, 256), "check failed");
}

TEST(DeviceErrors, AreLogWords)
{
    EXPECT_EQ(to_string(DeviceError::Word::out_of_memory), "out_of_memory");
    EXPECT_EQ(to_string(DeviceError::Word::self_test_failed), "self_test_failed");
}

}  // namespace
}  // namespace adit::solver
