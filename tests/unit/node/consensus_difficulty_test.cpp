#include "node/consensus/difficulty.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/base/compact.hpp"
#include "kernels/base/endian.hpp"
#include "tests/support/vectors.hpp"

namespace adit::node::consensus {
namespace {

u32 bits_of(const json::object& o, std::string_view key)
{
    return load_be<u32>(test::hex(o, key).data());
}

/// Blocks one after another, oldest first, and the ancestry a next one sees: never more than the
/// rules may ask for, so that a rule that looks further would be caught.
class Chain {
public:
    explicit Chain(const ChainSpec& spec) : spec_(spec) {}
    void add(u32 time, u32 bits) { blocks_.push_back({time, bits}); }

    Ancestry ancestry()
    {
        const std::size_t count = std::min<std::size_t>(blocks_.size(), ancestors_needed(spec_));
        window_.assign(blocks_.rbegin(), blocks_.rbegin() + static_cast<std::ptrdiff_t>(count));
        return {Height(static_cast<u32>(blocks_.size() - 1)), window_};
    }
    u32 next_bits_at(u32 time) { return next_bits(spec_, ancestry(), time); }

private:
    const ChainSpec& spec_;
    std::vector<Ancestor> blocks_;
    std::vector<Ancestor> window_;
};

ChainSpec main_like()
{
    ChainSpec spec;
    spec.difficulty.limit = ~U256{} >> 13;
    spec.difficulty.limit_bits = 0x1f07'ffff;
    return spec;
}

TEST(Difficulty, SingleStepsOfZcash)
{
    const auto file = test::load_vectors("pow/retarget.json");
    for (const auto& entry : *json::array_of(file.as_object(), "single")) {
        const json::object& row = entry.as_object();
        const U256 mean = decode_compact(bits_of(row, "mean_target_bits")).target;
        const i64 took_s = test::integer(row, "last_mtp") - test::integer(row, "first_mtp");
        EXPECT_EQ(encode_compact(scaled_target(main_like().difficulty, mean, took_s)),
                  bits_of(row, "bits"));
    }
}

TEST(Difficulty, WholeChains)
{
    const auto file = test::load_vectors("pow/retarget.json");
    for (const auto& entry : *json::array_of(file.as_object(), "chains")) {
        const json::object& facts = entry.as_object();
        SCOPED_TRACE(test::text(facts, "name"));
        ChainSpec spec;
        DifficultyRule& rule = spec.difficulty;
        rule.limit = *U256::from_hex(test::text(facts, "pow_limit"));
        rule.limit_bits = encode_compact(rule.limit);
        rule.spacing_s = static_cast<u32>(test::integer(facts, "spacing"));
        rule.window = static_cast<u32>(test::integer(facts, "window"));
        rule.adjust_down_percent = static_cast<u32>(test::integer(facts, "adjust_down"));
        rule.adjust_up_percent = static_cast<u32>(test::integer(facts, "adjust_up"));
        rule.damping = static_cast<u32>(test::integer(facts, "damping"));
        if (*json::bool_of(facts, "min_difficulty_after_6_spacings"))
            rule.minimum_difficulty_after_s = 6 * rule.spacing_s;

        Chain chain(spec);
        const json::array& blocks = *json::array_of(facts, "blocks");
        ASSERT_GE(blocks.size(), 90u);
        for (const auto& block_entry : blocks) {
            const json::object& block = block_entry.as_object();
            const u32 time = static_cast<u32>(test::integer(block, "time"));
            const i64 height = test::integer(block, "height");
            if (height > 0) {
                EXPECT_EQ(median_time(chain.ancestry(), spec.time.median_span),
                          test::integer(block, "mtp_of_prev"))
                    << height;
                EXPECT_EQ(chain.next_bits_at(time), bits_of(block, "bits")) << height;
            }
            chain.add(time, bits_of(block, "bits"));
        }
    }
}

TEST(Difficulty, TheFirstWindowCarriesTheLimit)
{
    const ChainSpec spec = main_like();
    Chain chain(spec);
    chain.add(1'000'000, 0x1e07'ffff);  // a genesis harder than the limit
    for (u32 height = 1; height <= 17; ++height) {
        EXPECT_EQ(chain.next_bits_at(1'000'000 + height), spec.difficulty.limit_bits) << height;
        chain.add(1'000'000 + height, 0x1e07'ffff);
    }
    EXPECT_NE(chain.next_bits_at(1'000'018), spec.difficulty.limit_bits);
}

TEST(Difficulty, TheMedianIsTheUpperMiddleOfWhatThereIs)
{
    const ChainSpec spec = main_like();
    Chain chain(spec);
    chain.add(50, 1);
    EXPECT_EQ(median_time(chain.ancestry(), 11), 50u);
    chain.add(40, 1);
    EXPECT_EQ(median_time(chain.ancestry(), 11), 50u) << "of two, the larger";
    chain.add(10, 1);
    EXPECT_EQ(median_time(chain.ancestry(), 11), 40u);
    EXPECT_EQ(median_time(chain.ancestry(), 11, 1), 50u) << "of the parent";
    EXPECT_EQ(median_time(chain.ancestry(), 1), 10u);
}

TEST(Difficulty, AMinuteTooLateIsExact)
{
    ChainSpec spec = main_like();
    spec.difficulty.minimum_difficulty_after_s = 60;
    Chain chain(spec);
    for (u32 i = 0; i < 30; ++i) chain.add(1'000'000 + i, 0x1d07'ffff);
    const u32 last = 1'000'029;
    EXPECT_NE(chain.next_bits_at(last + 60), spec.difficulty.limit_bits);
    EXPECT_EQ(chain.next_bits_at(last + 61), spec.difficulty.limit_bits);
    EXPECT_EQ(minimum_difficulty_from(spec, chain.ancestry()), last + 61);

    spec.difficulty.retarget = false;
    EXPECT_EQ(chain.next_bits_at(last + 61), 0x1d07'ffffu) << "no retarget: the parent's, always";
    EXPECT_FALSE(minimum_difficulty_from(spec, chain.ancestry()));
}

TEST(Difficulty, WhatIsTheLimitAnywayNeedsNoMinute)
{
    ChainSpec spec = main_like();
    spec.difficulty.minimum_difficulty_after_s = 60;
    Chain chain(spec);
    chain.add(1'000'000, spec.difficulty.limit_bits);
    EXPECT_FALSE(minimum_difficulty_from(spec, chain.ancestry()));
    spec.difficulty.minimum_difficulty_after_s = 0;
    EXPECT_FALSE(minimum_difficulty_from(spec, chain.ancestry()));
}

TEST(Difficulty, NeverPassesTheLimitHoweverLongItTook)
{
    DifficultyRule rule = main_like().difficulty;
    rule.adjust_down_percent = 1000;
    EXPECT_EQ(scaled_target(rule, rule.limit, i64{1} << 40), rule.limit);
    rule.limit = ~U256{} / 17;  // the largest limit a window of 17 allows
    EXPECT_EQ(scaled_target(rule, rule.limit, i64{1} << 40), rule.limit);
    EXPECT_LT(scaled_target(rule, rule.limit, -(i64{1} << 40)), rule.limit);
}

TEST(Difficulty, ForPeopleIsTheLimitOverTheTarget)
{
    const ChainSpec spec = main_like();
    EXPECT_DOUBLE_EQ(difficulty_of(spec, 0x1f07'ffff), 1.0);
    EXPECT_DOUBLE_EQ(difficulty_of(spec, 0x1f03'ffff), 524287.0 / 262143.0);
    EXPECT_DOUBLE_EQ(difficulty_of(spec, 0x1e07'ffff), 256.0);
    EXPECT_EQ(difficulty_of(spec, 0), 0.0);
    EXPECT_EQ(difficulty_of(spec, 0x1d80'0001), 0.0);
}

}  // namespace
}  // namespace adit::node::consensus
