#include "node/rpc/access.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace adit::node::rpc {
namespace {

struct HostRow {
    const char* host;
    const char* local;
    bool ours;
};
class Host : public testing::TestWithParam<HostRow> {};

TEST_P(Host, NamesThisNodeOrNot)
{
    const auto& [host, local, ours] = GetParam();
    EXPECT_EQ(host_is_ours(host, local, {"rig.lan"}), ours) << host;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Host,
    testing::Values(
        HostRow{"", "127.0.0.1", true}, HostRow{"localhost", "127.0.0.1", true},
        HostRow{"LocalHost:8231", "127.0.0.1", true}, HostRow{"127.0.0.1", "127.0.0.1", true},
        HostRow{"127.0.0.1:18231", "127.0.0.1", true}, HostRow{"127.8.8.8", "127.0.0.1", true},
        HostRow{"[::1]:8231", "::1", true}, HostRow{"[::1]", "127.0.0.1", true},
        HostRow{"rig.lan", "192.168.1.7", true}, HostRow{"RIG.LAN:80", "192.168.1.7", true},
        HostRow{"192.168.1.7:8231", "192.168.1.7", true},
        HostRow{"192.168.1.7", "::ffff:192.168.1.7", true},
        // A stranger's name that was pointed here, and what only looks like ours.
        HostRow{"evil.example", "127.0.0.1", false},
        HostRow{"evil.example:8231", "127.0.0.1", false},
        HostRow{"localhost.evil.example", "127.0.0.1", false},
        HostRow{"127.0.0.1.evil.example", "127.0.0.1", false},
        HostRow{"localhost:8231.evil.example", "127.0.0.1", false},
        HostRow{"localhost@evil.example", "127.0.0.1", false},
        HostRow{"xlocalhost", "127.0.0.1", false}, HostRow{"8.8.8.8", "127.0.0.1", false},
        HostRow{"127.0.0.1", "192.168.1.7", false}, HostRow{"192.168.1.8", "192.168.1.7", false},
        HostRow{"[::1", "::1", false}, HostRow{"[::1]x", "::1", false},
        HostRow{"[::1]:99999", "::1", false}, HostRow{"localhost:", "127.0.0.1", false},
        HostRow{"0177.0.0.1", "127.0.0.1", false}, HostRow{"2130706433", "127.0.0.1", false}));

struct RangeRow {
    const char* range;
    const char* inside;
    const char* outside;
};
class Range : public testing::TestWithParam<RangeRow> {};

TEST_P(Range, HoldsWhatItSays)
{
    const auto range = AddressRange::parse(GetParam().range);
    ASSERT_TRUE(range);
    EXPECT_TRUE(range->contains(GetParam().inside));
    EXPECT_FALSE(range->contains(GetParam().outside));
    EXPECT_TRUE(may_call(GetParam().inside, {*range}));
}

INSTANTIATE_TEST_SUITE_P(Table, Range,
                         testing::Values(RangeRow{"10.0.0.7", "10.0.0.7", "10.0.0.8"},
                                         RangeRow{"192.168.0.0/16", "192.168.255.1", "192.169.0.1"},
                                         RangeRow{"10.1.2.128/25", "10.1.2.129", "10.1.2.127"},
                                         RangeRow{"0.0.0.0/0", "8.8.8.8", "2001:db8::1"},
                                         RangeRow{"192.168.0.0/16", "::ffff:192.168.3.4", "::1"},
                                         RangeRow{"2001:db8::/32", "2001:db8:1::5", "2001:db9::"}));

TEST(Range, RefusesWhatIsNone)
{
    for (const char* text : {"", "10.0.0", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/x", "::1/129",
                             "10.0.0.1/-1", "10.0.0.1/8x", "lan", "10.0.0.1 "})
        EXPECT_FALSE(AddressRange::parse(text)) << text;
}

TEST(MayCall, LoopbackAlwaysOthersNever)
{
    for (const char* ours : {"127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"})
        EXPECT_TRUE(may_call(ours, {})) << ours;
    for (const char* theirs : {"10.0.0.1", "::2", "126.255.255.255", "", "localhost"})
        EXPECT_FALSE(may_call(theirs, {})) << theirs;
}

TEST(Credentials, MatchTheirOwnHeaderOnly)
{
    // RFC 7617's own example.
    const Credentials aladdin("Aladdin", "open sesame");
    EXPECT_EQ(aladdin.header(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_TRUE(aladdin.match("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    for (const char* wrong :
         {"", "Basic", "Basic ", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
          "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==",
          "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== ", "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="})
        EXPECT_FALSE(aladdin.match(wrong)) << wrong;
}

TEST(Cookie, IsFreshSecretAndForItsOwnerAlone)
{
    const auto folder =
        std::filesystem::temp_directory_path() / ("adit-cookie-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    const std::string path = (folder / kCookieFile).string();

    EXPECT_FALSE(read_cookie(path));
    const auto first = write_cookie(path);
    ASSERT_TRUE(first);
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);

    std::ifstream file(path);
    std::string line, more;
    std::getline(file, line);
    EXPECT_TRUE(line.starts_with("__cookie__:"));
    EXPECT_EQ(line.size(), 11u + 64u);
    EXPECT_FALSE(std::getline(file, more));
    EXPECT_TRUE(first->match(read_cookie(path)->header()));

    const auto second = write_cookie(path);
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->match(first->header()));
    EXPECT_TRUE(second->match(read_cookie(path)->header()));

    std::filesystem::remove_all(folder);
    EXPECT_EQ(write_cookie(path).error().text,
              "cannot write the cookie file " + path + ": No such file or directory");
}

}  // namespace
}  // namespace adit::node::rpc
