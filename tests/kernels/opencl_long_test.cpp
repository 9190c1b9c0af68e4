// One nonce of each larger set on whatever OpenCL device is here: gigabytes and, on PoCL, minutes.

#include "tests/kernels/opencl_support.hpp"

namespace adit::opencl {
namespace {

using equihash::Params;

class EveryLargeSet : public test::OpenclTest, public testing::WithParamInterface<Params> {};
INSTANTIATE_TEST_SUITE_P(Opencl, EveryLargeSet,
                         testing::Values(Params{210, 9}, Params{144, 5}, Params{192, 7},
                                         Params{125, 4, true}, Params{150, 5}, Params{96, 3}),
                         [](const auto& row) {
                             return std::to_string(row.param.n) + "_" + std::to_string(row.param.k);
                         });

TEST_P(EveryLargeSet, FindsTheKnownAnswer) { expect_the_known_answer(GetParam()); }

}  // namespace
}  // namespace adit::opencl
