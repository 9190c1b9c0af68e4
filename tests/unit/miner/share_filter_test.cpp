#include "miner/work/share_filter.hpp"

#include <gtest/gtest.h>

#include "miner/work/batch_sizer.hpp"
#include "stratum/proto/share.hpp"

namespace adit::miner::work {
namespace {

using namespace std::chrono_literals;

/// True solutions, to this verifier, begin with a 1.
bool begins_with_one(const equihash::Params&, const equihash::Personalization&,
                     const equihash::PowInput&, const equihash::MinimalSolution& solution)
{
    return solution.bytes.at(0) == 1;
}

stratum::Work easy_work(u64 epoch)
{
    stratum::Work work;
    work.epoch = epoch;
    work.share_target = ~U256();
    return work;
}

solver::FoundSolution found(u8 first, u8 second = 0) { return {{}, {Bytes{first, second}}}; }

TEST(ShareFilter, TellsStaleFromWrong)
{
    ShareFilter filter(begins_with_one);
    const auto work = easy_work(3);
    EXPECT_EQ(filter.judge(work, found(1), 3).judgement, Judgement::share);
    EXPECT_EQ(filter.judge(work, found(1, 1), 4).judgement, Judgement::stale);
    EXPECT_EQ(filter.judge(work, found(2), 3).judgement, Judgement::wrong);
    EXPECT_EQ(filter.judge(work, found(2), 4).judgement, Judgement::wrong);
}

TEST(ShareFilter, AShareIsOneOnce)
{
    ShareFilter filter(begins_with_one);
    EXPECT_EQ(filter.judge(easy_work(1), found(1), 1).judgement, Judgement::share);
    EXPECT_EQ(filter.judge(easy_work(1), found(1), 1).judgement, Judgement::duplicate);
    EXPECT_EQ(filter.judge(easy_work(1), found(1, 1), 1).judgement, Judgement::share);
}

TEST(ShareFilter, HoldsTheHashAgainstBothTargets)
{
    ShareFilter filter(begins_with_one);
    auto work = easy_work(1);
    const Hash256 hash = stratum::share_hash(work.input, found(1).solution.bytes);
    const U256 number = U256::from_le(hash);

    work.share_target = number;  // at the target counts
    auto verdict = filter.judge(work, found(1), 1);
    EXPECT_EQ(verdict.judgement, Judgement::share);
    EXPECT_EQ(verdict.hash, hash);
    EXPECT_FALSE(verdict.is_block);

    work.block_target = number;
    EXPECT_TRUE(filter.judge(work, found(1), 1).is_block);

    work.share_target = number - U256(1);
    EXPECT_EQ(filter.judge(work, found(1), 1).judgement, Judgement::solution);
}

TEST(ShareFilter, AChangedPrefixIsWrong)
{
    ShareFilter filter(begins_with_one);
    auto work = easy_work(1);
    work.prefix_bytes = 4;
    work.input.header[equihash::kNonceOffset + 3] = 7;
    auto answer = found(1);
    EXPECT_EQ(filter.judge(work, answer, 1).judgement, Judgement::wrong);
    answer.nonce[3] = 7;
    answer.nonce[4] = 99;
    EXPECT_EQ(filter.judge(work, answer, 1).judgement, Judgement::share);
}

TEST(BatchSizer, FindsTheSizeThatTakesAsLongAsWanted)
{
    BatchSizer sizer(100ms);
    EXPECT_EQ(sizer.nonces(), 1u);
    for (int i = 0; i < 10; ++i)
        sizer.learn(sizer.nonces(), std::chrono::microseconds(500 * sizer.nonces()));
    EXPECT_EQ(sizer.nonces(), 200u);
    sizer.learn(1, 3s);  // the device became slow
    EXPECT_EQ(sizer.nonces(), 1u);
    sizer.learn(0, 3s);
    EXPECT_EQ(sizer.nonces(), 1u);
    for (int i = 0; i < 30; ++i) sizer.learn(sizer.nonces(), 1ns);
    EXPECT_EQ(sizer.nonces(), BatchSizer::kNoncesMax);
}

}  // namespace
}  // namespace adit::miner::work
