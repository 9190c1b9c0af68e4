#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "kernels/cpu/cpu_backend.hpp"
#include "kernels/hash/dispatch.hpp"
#include "tests/unit/equihash/vectors.hpp"

namespace adit::cpu::test {

using equihash::MinimalSolution;
using equihash::Params;
using equihash::Personalization;
using equihash::PowInput;

/// A solver of the CPU's one device; a failure ends the test program.
inline std::unique_ptr<solver::Solver> make_solver(const Params& params,
                                                   const Personalization& personalization,
                                                   std::string lane, u32 threads = 1)
{
    const auto device = cpu_backend()->devices().at(0);
    auto made = cpu_backend()->make_solver(device, {.params = params,
                                                    .personalization = personalization,
                                                    .lane = std::move(lane),
                                                    .teams = {threads}});
    if (!made) throw std::runtime_error(made.error().detail);
    return std::move(*made);
}

inline PowInput pow_input(ByteView header)
{
    PowInput input;
    if (header.size() != input.header.size()) throw std::runtime_error("not a header");
    std::copy(header.begin(), header.end(), input.header.begin());
    return input;
}

/// Exactly the nonce that `input` carries: the counter is the nonce's first byte as it stands.
inline solver::NonceRange this_nonce(const PowInput& input)
{
    return {.counter_offset = 0, .counter_bytes = 1, .first = input.nonce()[0], .count = 1};
}

/// All solutions of one header, sorted.
inline std::vector<MinimalSolution> solve_one(solver::Solver& solver, const PowInput& input)
{
    auto report = solver.solve(input, this_nonce(input), {});
    if (!report) throw std::runtime_error(report.error().detail);
    EXPECT_EQ(report->nonces_done, 1u);
    std::vector<MinimalSolution> found;
    for (auto& one : report->found) {
        EXPECT_TRUE(equal(one.nonce, input.nonce()));
        found.push_back(std::move(one.solution));
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// Tests that run once a lane; a lane the machine has not is skipped by name.
class EveryLane : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override
    {
        if (!hash::runs_here(*hash::parse_lane(GetParam())))
            GTEST_SKIP() << "this machine has no lane " << GetParam();
    }
    std::string lane() const { return GetParam(); }
};

inline std::string lane_name(const testing::TestParamInfo<const char*>& info) { return info.param; }

inline constexpr const char* kLanes[] = {"portable", "avx2", "avx512"};

}  // namespace adit::cpu::test
