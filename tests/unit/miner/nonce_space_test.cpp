#include "miner/work/nonce_space.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace adit::miner::work {
namespace {

TEST(NonceSpace, OneWorkerHasItAll)
{
    const auto range = NonceSpace(0, 1).slice(0);
    EXPECT_EQ(range, (solver::NonceRange{0, 8, 0, ~u64{0}}));
}

TEST(NonceSpace, SlicesOfAByteCoverItOnce)
{
    const NonceSpace space(31, 3);
    EXPECT_EQ(space.slice(0), (solver::NonceRange{31, 1, 0, 86}));
    EXPECT_EQ(space.slice(1), (solver::NonceRange{31, 1, 86, 85}));
    EXPECT_EQ(space.slice(2), (solver::NonceRange{31, 1, 171, 85}));
}

TEST(NonceSpace, MoreWorkersThanNoncesLeaveSomeWithNone)
{
    const NonceSpace space(31, 300);
    EXPECT_EQ(space.slice(255).count, 1u);
    EXPECT_EQ(space.slice(256).count, 0u);
    EXPECT_FALSE(NonceCursor(space.slice(256)).take(10));
}

TEST(NonceSpace, SlicesNeverOverlapAndLeaveNothing)
{
    EXPECT_TRUE(rc::check([] {
        const u32 prefix = *rc::gen::inRange<u32>(0, 32);
        const u32 workers = *rc::gen::inRange<u32>(1, 200);
        const NonceSpace space(prefix, workers);
        u64 expected_first = 0;
        for (u32 worker = 0; worker < workers; ++worker) {
            const auto range = space.slice(worker);
            RC_ASSERT(range.first == expected_first);
            RC_ASSERT(range.counter_offset == prefix);
            RC_ASSERT(range.counter_offset + range.counter_bytes <= 32u);
            expected_first += range.count;
        }
        const u32 bytes = std::min(8u, 32 - prefix);
        const u64 all = bytes == 8 ? ~u64{0} : u64{1} << (8 * bytes);
        RC_ASSERT(expected_first == all);
    }));
}

TEST(NonceSpace, SaltLiesBehindTheCounterOrNowhere)
{
    for (u32 prefix = 0; prefix < 32; ++prefix) {
        equihash::PowInput input;
        NonceSpace(prefix, 1).place_salt(input, 0x0102030405060708);
        const ByteView nonce = input.nonce();
        const auto at = std::find(nonce.begin(), nonce.end(), 8) - nonce.begin();
        if (prefix + 16 <= 32) {
            EXPECT_EQ(at, prefix + 8) << prefix;
        } else {
            EXPECT_EQ(at, 32) << prefix;
        }
    }
}

TEST(NonceCursor, RunsOnOverHeadersWrapsAndEnds)
{
    NonceCursor cursor({31, 1, 10, 5});
    EXPECT_EQ(cursor.take(3)->first, 10u);
    cursor.begin_header();
    EXPECT_EQ(cursor.take(9), (solver::NonceRange{31, 1, 13, 2}));  // up to the end of the slice
    EXPECT_EQ(cursor.take(9), (solver::NonceRange{31, 1, 10, 3}));  // the rest, from its beginning
    EXPECT_FALSE(cursor.take(1));
    cursor.begin_header();
    EXPECT_EQ(cursor.take(1)->first, 13u);
}

}  // namespace
}  // namespace adit::miner::work
