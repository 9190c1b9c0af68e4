// Ways to run a device, as people and the tuner write them.

#include "kernels/solver/way.hpp"

#include <gtest/gtest.h>

namespace adit::solver {
namespace {

struct Row {
    std::string text;
    Way way;
};

TEST(Way, ReadsAndPrintsTheSameText)
{
    const Row rows[]{{"", {}},
                     {"staged", {"staged", {}}},
                     {"staged:batch=4", {"staged", {{"batch", 4}}}},
                     {"a:b=0,c=4294967295", {"a", {{"b", 0}, {"c", 4'294'967'295}}}},
                     {":flights=1", {"", {{"flights", 1}}}}};
    for (const Row& row : rows) {
        const auto way = parse_way(row.text);
        ASSERT_TRUE(way) << row.text;
        EXPECT_EQ(*way, row.way);
        EXPECT_EQ(to_string(*way), row.text);
    }
}

TEST(Way, RefusesEverythingElse)
{
    for (const char* text : {"a:", "a:b", "a:b=", "a:=3", "a:b=-1", "a:b=4294967296", "a:b=1,",
                             "a:b=1,,c=2", "a:b=1,b=2", "a:b=0x10", "a:b=1 "})
        EXPECT_FALSE(parse_way(text)) << text;
    std::string many = "a:";
    for (int i = 0; i < 17; ++i) many += (i == 0 ? "k" : ",k") + std::to_string(i) + "=1";
    EXPECT_FALSE(parse_way(many));
}

TEST(Way, KnobsHaveTheirValueOrAnother)
{
    const Way way{"a", {{"batch", 3}}};
    EXPECT_EQ(way.knob("batch", 7), 3u);
    EXPECT_EQ(way.knob("flights", 7), 7u);
    constexpr std::string_view kKnown[]{"flights"};
    EXPECT_EQ(unknown_knob(way, kKnown), "batch");
    constexpr std::string_view kBoth[]{"flights", "batch"};
    EXPECT_EQ(unknown_knob(way, kBoth), std::nullopt);
}

}  // namespace
}  // namespace adit::solver
