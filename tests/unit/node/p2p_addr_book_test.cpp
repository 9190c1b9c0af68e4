#include "node/p2p/addr_book.hpp"

#include <gtest/gtest.h>

#include <set>

namespace adit::node::p2p {
namespace {

constexpr UnixTime kToday = 1'800'000'000;

Hash256 key_of(u8 value)
{
    Hash256 key;
    key.bytes.fill(value);
    return key;
}

TEST(Endpoint, ReadsAndShowsItself)
{
    for (const char* text : {"1.2.3.4:8233", "[2001:db8::1]:1", "127.0.0.1:65535"})
        EXPECT_EQ(Endpoint::parse(text)->text(), text);
    for (const char* text : {"", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3:1",
                             "host:1", "[::1:1", "::1:1", "1.2.3.4:1x"})
        EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(Endpoint, KnowsItsKindAndGroup)
{
    struct Row {
        const char* text;
        bool routable;
    };
    for (const Row& row :
         {Row{"8.8.8.8:1", true}, Row{"10.0.0.1:1", false}, Row{"172.16.0.1:1", false},
          Row{"172.32.0.1:1", true}, Row{"192.168.1.1:1", false}, Row{"127.0.0.1:1", false},
          Row{"0.0.0.0:1", false}, Row{"224.0.0.1:1", false}, Row{"100.64.0.1:1", false},
          Row{"203.0.113.9:1", false}, Row{"[2a00::1]:1", true}, Row{"[fe80::1]:1", false},
          Row{"[fd00::1]:1", false}, Row{"[::1]:1", false}, Row{"[2001:db8::1]:1", false}})
        EXPECT_EQ(Endpoint::parse(row.text)->is_routable(), row.routable) << row.text;

    const auto same = [](const char* a, const char* b) {
        return network_group(*Endpoint::parse(a)) == network_group(*Endpoint::parse(b));
    };
    EXPECT_TRUE(same("8.8.1.1:1", "8.8.9.9:2"));
    EXPECT_FALSE(same("8.8.1.1:1", "8.9.1.1:1"));
    EXPECT_TRUE(same("[2a00:1::1]:1", "[2a00:1:2::9]:1"));
    EXPECT_FALSE(same("192.168.1.1:1", "192.168.1.2:1"));
    EXPECT_FALSE(same("127.0.0.1:1", "127.0.0.1:2"));
}

TEST(AddrBook, MovesWhatAnsweredToTried)
{
    AddrBook book(key_of(1), 1);
    const Endpoint a = Endpoint::ipv4(8, 8, 8, 8, 1);
    EXPECT_FALSE(book.pick(kToday));
    EXPECT_TRUE(book.add(a, 1, Endpoint::ipv4(9, 9, 9, 9, 1), kToday, kToday));
    EXPECT_FALSE(book.add(a, 1, Endpoint::ipv4(9, 9, 9, 9, 1), kToday, kToday));
    EXPECT_EQ(book.pick(kToday), a);
    EXPECT_FALSE(book.is_tried(a));
    book.connected(a, kToday);
    EXPECT_TRUE(book.is_tried(a));
    EXPECT_EQ(book.new_count(), 0u);
    EXPECT_EQ(book.pick(kToday + 1000), a);
    EXPECT_FALSE(book.pick(kToday, AddrBook::From::fresh)) << "nothing new left";
}

TEST(AddrBook, GivesOneSourceGroupAtMostItsBuckets)
{
    AddrBook book(key_of(2), 1);
    Random random(5);
    for (int i = 0; i < 100'000; ++i) {
        const u64 r = random.next();
        book.add(Endpoint::ipv4(static_cast<u8>(20 + r % 100), static_cast<u8>(r >> 8),
                                static_cast<u8>(r >> 16), static_cast<u8>(r >> 24), 8233),
                 1, Endpoint::ipv4(66, 66, static_cast<u8>(r >> 32), 1, 1), kToday, kToday);
    }
    EXPECT_LE(book.size(), std::size_t{AddrBook::kNewBucketsPerSource} * AddrBook::kSlots);
    EXPECT_GT(book.size(), 3000u);
}

TEST(AddrBook, GivesOneAddressGroupAtMostItsTriedBuckets)
{
    AddrBook book(key_of(3), 1);
    for (int i = 0; i < 20'000; ++i)
        book.connected(Endpoint::ipv4(77, 77, static_cast<u8>(i >> 8), static_cast<u8>(i), 8233),
                       kToday);
    EXPECT_LE(book.tried_count(), std::size_t{AddrBook::kTriedBucketsPerGroup} * AddrBook::kSlots);
}

TEST(AddrBook, TestsAnEntryBeforeItIsEvicted)
{
    // Fill one group's places until a newcomer must wait for a test.
    AddrBook book(key_of(4), 1);
    int i = 0;
    for (; !book.pick_test() && i < 5'000; ++i)
        book.connected(Endpoint::ipv4(77, 77, static_cast<u8>(i >> 8), static_cast<u8>(i), 8233),
                       kToday);
    const auto incumbent = book.pick_test();
    ASSERT_TRUE(incumbent);
    const std::size_t tried = book.tried_count();

    UnixTime now = kToday + AddrBook::kTestImmunity_s + 10;
    book.settle_tests(now);
    EXPECT_TRUE(book.is_tried(*incumbent)) << "untested: it stays";
    book.attempted(*incumbent, now);
    now += 61;
    book.settle_tests(now);
    EXPECT_FALSE(book.is_tried(*incumbent)) << "it did not answer";
    EXPECT_EQ(book.tried_count(), tried);
    EXPECT_FALSE(book.pick_test());
}

TEST(AddrBook, KeepsAnEntryThatAnswersItsTest)
{
    AddrBook book(key_of(4), 1);
    for (int i = 0; !book.pick_test() && i < 5'000; ++i)
        book.connected(Endpoint::ipv4(77, 77, static_cast<u8>(i >> 8), static_cast<u8>(i), 8233),
                       kToday);
    const auto incumbent = book.pick_test();
    ASSERT_TRUE(incumbent);
    const UnixTime now = kToday + AddrBook::kTestImmunity_s + 10;
    book.attempted(*incumbent, now);
    book.connected(*incumbent, now + 1);
    book.settle_tests(now + 100);
    EXPECT_TRUE(book.is_tried(*incumbent));
    EXPECT_FALSE(book.pick_test());
}

TEST(AddrBook, TellsOnlyAFewAndNoneThatIsHopeless)
{
    AddrBook book(key_of(5), 1);
    for (int i = 0; i < 200; ++i)
        book.add(Endpoint::ipv4(static_cast<u8>(20 + i), 1, 1, 1, 1), 1,
                 Endpoint::ipv4(static_cast<u8>(20 + i), 9, 9, 9, 1), kToday, kToday);
    const std::size_t known = book.size();
    EXPECT_EQ(book.sample(1000, kToday).size(), (known * 23 + 99) / 100);
    EXPECT_EQ(book.sample(7, kToday).size(), 7u);
    std::set<std::array<u8, 16>> seen;
    for (const auto& a : book.sample(1000, kToday)) EXPECT_TRUE(seen.insert(a.address.ip).second);
    for (int i = 0; i < 200; ++i)
        for (int tries = 0; tries < 3; ++tries)
            book.attempted(Endpoint::ipv4(static_cast<u8>(20 + i), 1, 1, 1, 1), kToday);
    EXPECT_TRUE(book.sample(1000, kToday + 100).empty());
}

TEST(AddrBook, SurvivesARestartAndRefusesDamage)
{
    AddrBook book(key_of(6), 1);
    for (int i = 0; i < 500; ++i) {
        const Endpoint e =
            Endpoint::ipv4(static_cast<u8>(20 + i % 200), static_cast<u8>(i), 1, 1, 8233);
        book.add(e, 1, Endpoint::ipv4(static_cast<u8>(i), 3, 1, 1, 1), kToday, kToday);
        if (i % 3 == 0) book.connected(e, kToday);
    }
    const Bytes saved = book.save();
    const auto loaded = AddrBook::load(saved, 2);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->tried_count(), book.tried_count());
    EXPECT_NEAR(static_cast<double>(loaded->size()), static_cast<double>(book.size()), 20);
    for (std::size_t at : {std::size_t{0}, std::size_t{40}, saved.size() / 2, saved.size() - 1}) {
        Bytes bad = saved;
        bad[at] ^= 1;
        EXPECT_FALSE(AddrBook::load(bad, 2)) << at;
    }
    EXPECT_FALSE(AddrBook::load({}, 2));
    EXPECT_FALSE(AddrBook::load(ByteView(saved).first(saved.size() - 1), 2));
}

}  // namespace
}  // namespace adit::node::p2p
