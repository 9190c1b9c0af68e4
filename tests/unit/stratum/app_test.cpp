// What `adit mine` and `adit pool` are told, and what they say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratum/app/block_lines.hpp"
#include "stratum/app/pool_flags.hpp"

namespace adit::stratum::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Share block(u32 height, u8 mark)
{
    auto work = std::make_shared<Work>();
    work->height = height;
    Share share;
    share.work = work;
    share.hash.bytes[31] = mark;
    return share;
}
ShareVerdict refused(u32 height, u8 mark, const std::string& why)
{
    return {block(height, mark), ShareOutcome::stale, why, {}};
}

TEST(BlockLines, TheFirstOfEachKindIsSaidAndTheOthersAreCounted)
{
    std::vector<std::string> said;
    BlockLines lines([&](const std::string& line) { said.push_back(line); });
    for (u8 i = 1; i <= 5; ++i) lines.found(block(7, i), "w.one");
    lines.ruled({block(7, 1), ShareOutcome::accepted, "", {}}, "node");
    for (u8 i = 2; i <= 5; ++i) lines.ruled(refused(7, i, "inconclusive"), "node");
    lines.ruled(refused(7, 2, "duplicate"), "node");
    EXPECT_THAT(said, ElementsAre("block 7 0100000000000000… found by w.one",
                                  "block 7 0100000000000000… accepted by node",
                                  "block 7 0200000000000000… refused by node: inconclusive",
                                  "block 7 0200000000000000… refused by node: duplicate"));
    said.clear();
    lines.flush();
    EXPECT_THAT(said, ElementsAre("  4 more like it found",
                                  "  3 more like it refused by node: inconclusive"));
    said.clear();
    lines.flush();
    EXPECT_THAT(said, IsEmpty());
    lines.found(block(7, 6), "w.two");
    EXPECT_THAT(said, IsEmpty());
    lines.found(block(8, 7), "w.two");
    EXPECT_THAT(said,
                ElementsAre("  1 more like it found", "block 8 0700000000000000… found by w.two"));
}

/// -o, -u, -p as they stand on the command line.
PoolFlags flags_of(const std::vector<std::pair<char, std::string>>& words)
{
    PoolFlags flags;
    for (const auto& [kind, text] : words) {
        auto& list = kind == 'o'   ? flags.urls
                     : kind == 'u' ? flags.users
                     : kind == 'p' ? flags.passwords
                     : kind == 'n' ? flags.ports
                                   : flags.workers;
        flags.order.emplace_back(kind, list.size());
        list.push_back(text);
    }
    return flags;
}

std::vector<std::string> logins(const std::vector<std::pair<char, std::string>>& words)
{
    std::vector<std::string> names;
    const auto urls = read_urls(flags_of(words));
    EXPECT_TRUE(urls) << (urls ? "" : urls.error().text);
    if (urls)
        for (const client::PoolUrl& url : *urls) names.push_back(url.user + ":" + url.password);
    return names;
}

TEST(PoolFlags, ALoginBelongsToTheUrlBeforeItOrToAll)
{
    EXPECT_THAT(logins({{'o', "a.example:1"}, {'u', "one"}, {'o', "b.example:2"}, {'u', "two"}}),
                ElementsAre("one:", "two:"));
    EXPECT_THAT(logins({{'u', "all"}, {'o', "a.example:1"}, {'o', "own@b.example:2"}}),
                ElementsAre("all:", "own:"));
    EXPECT_THAT(logins({{'o', "a.example:1"}, {'o', "b.example:2"}, {'u', "all"}, {'p', "x"}}),
                ElementsAre("all:x", "all:x"));
}

TEST(PoolFlags, AmongPoolsANodeHasOnlyItsOwnLogin)
{
    EXPECT_THAT(logins({{'u', "wallet"}, {'o', "http://node:8232"}, {'o', "a.example:1"}}),
                ElementsAre(":", "wallet:"));
    EXPECT_THAT(logins({{'o', "http://node:8232"}, {'o', "a.example:1"}, {'u', "wallet"}}),
                ElementsAre(":", "wallet:"));
    EXPECT_THAT(logins({{'o', "w@a.example:1"}, {'o', "http://node:8232"}, {'u', "rpc"}}),
                ElementsAre("w:", "rpc:"));
    EXPECT_THAT(logins({{'u', "rpc"}, {'o', "http://n1:8232"}, {'o', "http://n2:8232"}}),
                ElementsAre("rpc:", "rpc:"));
}

TEST(PoolFlags, APortMayStandApart)
{
    const auto urls = read_urls(flags_of(
        {{'o', "w@a.example"}, {'n', "3333"}, {'o', "stratum+ssl://w@b.example"}, {'n', "443"}}));
    ASSERT_TRUE(urls) << urls.error().text;
    EXPECT_EQ(to_string((*urls)[0]), "stratum+tcp://a.example:3333");
    EXPECT_EQ(to_string((*urls)[1]), "stratum+ssl://b.example:443");
    EXPECT_THAT(read_urls(flags_of({{'n', "1"}, {'o', "w@a.example"}})).error().text,
                HasSubstr("behind its --server"));
    EXPECT_THAT(read_urls(flags_of({{'o', "w@a.example:2"}, {'n', "1"}})).error().text,
                HasSubstr("names a port already"));
}

TEST(PoolFlags, APoolMustKnowWhomToPay)
{
    const auto urls = read_urls(flags_of({{'o', "a.example:1"}}));
    ASSERT_TRUE(urls);
    const auto options = read_pool_options(PoolFlags{}, *urls, {});
    ASSERT_FALSE(options);
    EXPECT_THAT(options.error().text, HasSubstr("-u WALLET"));
}

}  // namespace
}  // namespace adit::stratum::app
