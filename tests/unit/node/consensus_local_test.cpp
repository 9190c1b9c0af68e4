// The local chain in virtual time: a rig of 6,000 Sol/s leaves, a laptop of 8 Sol/s goes on.

#include <gtest/gtest.h>

#include "kernels/base/compact.hpp"
#include "kernels/base/random.hpp"
#include "node/consensus/check_header.hpp"
#include "node/consensus/difficulty.hpp"
#include "node/consensus/spec_file.hpp"

namespace adit::node::consensus {
namespace {

using std::chrono::seconds;
constexpr double kRigSolS = 6000;
constexpr double kLaptopSolS = 8;

double to_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// A chain of headers mined by somebody who finds solutions at random and asks for a new template
/// with every block and when the minimum-difficulty rule changes the bits. Headers carry the time
/// of their template, never the clock's at the find: the worse case for a rule that reads times.
class VirtualChain {
public:
    VirtualChain(ChainSpec spec, u64 seed) : spec_(std::move(spec)), random_(seed)
    {
        blocks_.push_back({spec_.genesis.header.time, spec_.genesis.header.bits});
        clock_.advance(std::chrono::hours(24));
    }

    /// Mines one block; how long it took.
    Duration mine(double rate_sol_s)
    {
        const Duration started = clock_.now() - TimePoint{};
        for (;;) {
            const Ancestry ancestry = last();
            const u32 time = template_time(ancestry);
            const u32 bits = next_bits(spec_, ancestry, time);
            const Duration wait = random_.exponential(mean_wait(bits, rate_sol_s));
            const auto easier_from = minimum_difficulty_from(spec_, ancestry);
            if (easier_from && time < *easier_from) {
                const Duration until = seconds(*easier_from - time);
                if (wait > until) {  // nothing found so far; the wait has no memory
                    clock_.advance(until);
                    continue;
                }
            }
            clock_.advance(wait);
            blocks_.insert(blocks_.begin(), {time, bits});
            return clock_.now() - TimePoint{} - started;
        }
    }

private:
    Ancestry last() const
    {
        const std::size_t count = std::min<std::size_t>(blocks_.size(), ancestors_needed(spec_));
        return {Height(static_cast<u32>(blocks_.size() - 1)), std::span(blocks_).first(count)};
    }
    u32 template_time(const Ancestry& ancestry) const
    {
        return std::max(static_cast<u32>(clock_.unix_time()),
                        time_bounds(spec_, ancestry).earliest);
    }
    static Duration mean_wait(u32 bits, double rate_sol_s)
    {
        const double tries = 0x1p256 / decode_compact(bits).target.to_double();
        return std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(tries / rate_sol_s));
    }

    ChainSpec spec_;
    Random random_;
    ManualClock clock_{1'795'219'200};  // the genesis' own time
    std::vector<Ancestor> blocks_;      // newest first
};

ChainSpec local()
{
    auto spec = find_spec("local");
    EXPECT_TRUE(spec) << spec.error().text();
    return *spec;
}

class LocalChain : public testing::TestWithParam<u64> {};

TEST_P(LocalChain, After300BlocksOfARigEachOfALaptopsComesWithinThreeMinutes)
{
    VirtualChain chain(local(), GetParam());
    for (int i = 0; i < 300; ++i) chain.mine(kRigSolS);
    for (int i = 0; i < 50; ++i) EXPECT_LT(chain.mine(kLaptopSolS), seconds(180)) << i;
}

TEST_P(LocalChain, AFirstBlockTakesSecondsOnALaptop)
{
    VirtualChain chain(local(), GetParam());
    for (int i = 0; i < 5; ++i) EXPECT_LT(chain.mine(kLaptopSolS), seconds(60));
}

INSTANTIATE_TEST_SUITE_P(Seeds, LocalChain, testing::Range<u64>(1, 21));

// At the limit a rig would find a block every 3 ms. The rule rises about 2 % a block, so 10 s are
// reached after some 420; one block in e^6 then takes over a minute, carries the limit, and weighs
// so much in the mean of targets that the climb begins anew. Over it all the rig is held to
// seconds.
TEST(LocalChainAndARig, IsHeldToSecondsABlock)
{
    for (u64 seed = 1; seed <= 5; ++seed) {
        VirtualChain chain(local(), seed);
        constexpr int kBlocks = 2000;
        double mean_s = 0;
        double slowest_100_s = 0;
        for (int i = 0; i < kBlocks / 100; ++i) {
            double hundred_s = 0;
            for (int j = 0; j < 100; ++j) hundred_s += to_seconds(chain.mine(kRigSolS)) / 100;
            mean_s += hundred_s * 100 / kBlocks;
            slowest_100_s = std::max(slowest_100_s, hundred_s);
        }
        EXPECT_GT(mean_s, 1.5) << seed;
        EXPECT_LT(mean_s, 11) << seed;
        EXPECT_GT(slowest_100_s, 6) << seed << ": it climbs to ten seconds, give or take";
        EXPECT_LT(slowest_100_s, 15) << seed;
    }
}

TEST(LocalChainWithoutItsMinute, WouldLeaveTheLaptopWaiting)
{
    ChainSpec spec = local();
    spec.difficulty.minimum_difficulty_after_s = 0;
    double waited_s = 0;
    for (u64 seed = 1; seed <= 20; ++seed) {
        VirtualChain chain(spec, seed);
        for (int i = 0; i < 600; ++i) chain.mine(kRigSolS);
        waited_s += to_seconds(chain.mine(kLaptopSolS)) / 20;
    }
    EXPECT_GT(waited_s, 3600) << "hours, on average";
}

}  // namespace
}  // namespace adit::node::consensus
