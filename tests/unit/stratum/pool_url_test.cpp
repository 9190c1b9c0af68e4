#include "stratum/client/pool_url.hpp"

#include <gtest/gtest.h>

#include "stratum/client/socks5.hpp"

namespace adit::stratum::client {
namespace {

struct UrlRow {
    const char* text;
    PoolUrl expected;
};

class GoodUrls : public testing::TestWithParam<UrlRow> {};

TEST_P(GoodUrls, AreRead)
{
    const auto url = parse_pool_url(GetParam().text);
    ASSERT_TRUE(url) << url.error().text;
    EXPECT_EQ(*url, GetParam().expected) << to_string(*url);
}

constexpr auto kTcp = Transport::tcp;
constexpr auto kTls = Transport::tls;

INSTANTIATE_TEST_SUITE_P(
    Forms, GoodUrls,
    testing::Values(
        UrlRow{"pool.example:3333", {kTcp, "", "", "pool.example", 3333, "", false}},
        UrlRow{"stratum+tcp://pool.example:3333", {kTcp, "", "", "pool.example", 3333, "", false}},
        UrlRow{"stratum+ssl://Pool.Example:3443/", {kTls, "", "", "pool.example", 3443, "", false}},
        UrlRow{"stratum+tls://p:1", {kTls, "", "", "p", 1, "", false}},
        UrlRow{"ssl://p:1", {kTls, "", "", "p", 1, "", false}},
        UrlRow{"tcp://p:65535", {kTcp, "", "", "p", 65535, "", false}},
        UrlRow{"stratum2+ssl://p:1", {kTls, "", "", "p", 1, "", false}},
        UrlRow{"equihash+tcp://p:1", {kTcp, "", "", "p", 1, "", false}},
        UrlRow{"zstratum://p:1", {kTcp, "", "", "p", 1, "", false}},
        UrlRow{"stratum://p:1#xnsub", {kTcp, "", "", "p", 1, "", true}},
        UrlRow{"STRATUM+SSL://WALLET.rig1:x@eu.pool.example:3333",
               {kTls, "WALLET.rig1", "x", "eu.pool.example", 3333, "", false}},
        UrlRow{"w.r:a:b@p:1", {kTcp, "w.r", "a:b", "p", 1, "", false}},
        UrlRow{"me@mail.example:pw@p:1", {kTcp, "me@mail.example", "pw", "p", 1, "", false}},
        UrlRow{"me%40mail.example:p%3Aw%@p:1",
               {kTcp, "me@mail.example", "p:w%", "p", 1, "", false}},
        UrlRow{"w:d=5#2@p:1", {kTcp, "w", "d=5#2", "p", 1, "", false}},
        UrlRow{"[::1]:3333", {kTcp, "", "", "::1", 3333, "", false}},
        UrlRow{"stratum+tcp://u@[fe80::1%eth0]:3333",
               {kTcp, "u", "", "fe80::1%eth0", 3333, "", false}},
        UrlRow{"http://u:p@127.0.0.1:8232/wallet",
               {Transport::http, "u", "p", "127.0.0.1", 8232, "/wallet", false}},
        UrlRow{"https://node.example:443",
               {Transport::https, "", "", "node.example", 443, "", false}}));

struct BadUrlRow {
    std::string text;
    const char* says;
};

TEST(BadUrls, SayWhatToChange)
{
    for (const BadUrlRow& row : {
             BadUrlRow{"", "names no host"},
             BadUrlRow{"pool.example", "has no port; write pool.example:PORT"},
             BadUrlRow{"stratum+tcp://pool.example", "has no port"},
             BadUrlRow{"stratum+tcp://:3333", "names no host"},
             BadUrlRow{"pool.example:0", "1 to 65535"},
             BadUrlRow{"pool.example:65536", "1 to 65535"},
             BadUrlRow{"pool.example:port", "1 to 65535"},
             BadUrlRow{"pool.example:33 33", "has a blank"},
             BadUrlRow{"ftp://pool.example:21", "write stratum+tcp://"},
             BadUrlRow{"stratum+udp://p:1", "write stratum+tcp://"},
             BadUrlRow{"node://", "adit solo mines at it"},
             BadUrlRow{"stratum+tcp://p:1/path", "end it after the port"},
             BadUrlRow{"p:1#nonsense", "only #xnsub"},
             BadUrlRow{"::1:3333", "write [address]:port"},
             BadUrlRow{"[::1:3333", "never closes"},
             BadUrlRow{"[::1]", "has no port"},
             BadUrlRow{"p;rm:1", "characters that names do not have"},
             BadUrlRow{std::string(300, 'a') + ":1", "characters that names do not have"},
             BadUrlRow{std::string(2000, 'a'), "too long"},
         }) {
        const auto url = parse_pool_url(row.text);
        ASSERT_FALSE(url) << row.text;
        EXPECT_NE(url.error().text.find(row.says), std::string::npos) << url.error().text;
        EXPECT_EQ(url.error().text.find('\n'), std::string::npos);
    }
}

TEST(BadUrls, NeverShowAPassword)
{
    for (const char* text : {"ftp://user:secret@p:1", "user:secret@p", "user:secret@p:99999"})
        EXPECT_EQ(parse_pool_url(text).error().text.find("secret"), std::string::npos) << text;
    EXPECT_EQ(to_string(*parse_pool_url("ssl://user:secret@[::1]:5")), "stratum+ssl://[::1]:5");
}

TEST(PoolUrl, LoginName)
{
    EXPECT_EQ(login_name("wallet", "rig1"), "wallet.rig1");
    EXPECT_EQ(login_name("wallet.rig", ""), "wallet.rig");
    EXPECT_EQ(login_name("", "rig1"), "rig1");
}

struct MoveRow {
    const char* from;
    const char* to;
    bool allowed;
};

TEST(PoolUrl, AReconnectStaysInTheDomain)
{
    for (const MoveRow& row : {
             MoveRow{"eu.pool.example", "us.pool.example", true},
             MoveRow{"eu.pool.example", "EU.pool.example", true},
             MoveRow{"pool.example", "backup.pool.example", true},
             MoveRow{"backup.pool.example", "pool.example", true},
             MoveRow{"eu.pool.example", "pool.evil.example", false},
             MoveRow{"eu.pool.example", "eu.pool.example.evil.net", false},
             MoveRow{"pool.example", "evil.example", false},
             MoveRow{"eupool.example", "pool.example", false},
             MoveRow{"pool.co.uk", "evil.co.uk", false},
             MoveRow{"eu.pool.co.uk", "us.pool.co.uk", true},
             MoveRow{"10.0.0.1", "10.0.0.1", true},
             MoveRow{"10.0.0.1", "10.0.0.2", false},
             MoveRow{"1.2.3.4", "9.2.3.4", false},
             MoveRow{"::1", "::2", false},
             MoveRow{"localhost", "localhost", true},
             MoveRow{"localhost", "example", false},
             MoveRow{"pool.example", "", false},
         })
        EXPECT_EQ(may_move(row.from, row.to), row.allowed) << row.from << " to " << row.to;
}

// ── SOCKS5 ──────────────────────────────────────────────────────────────────────────────────────

using State = Socks5Handshake::State;
std::string bytes(std::initializer_list<int> values)
{
    std::string out;
    for (const int value : values) out += static_cast<char>(value);
    return out;
}

TEST(Proxy, IsReadFromItsUrl)
{
    EXPECT_EQ(parse_proxy("socks5://u:p@127.0.0.1:9050"), (Proxy{"127.0.0.1", 9050, "u", "p"}));
    EXPECT_EQ(parse_proxy("socks5h://tor:9050"), (Proxy{"tor", 9050, "", ""}));
    EXPECT_EQ(parse_proxy("localhost:1080"), (Proxy{"localhost", 1080, "", ""}));
    EXPECT_FALSE(parse_proxy("http://proxy:8080"));
    EXPECT_FALSE(parse_proxy("socks5://proxy"));
    EXPECT_FALSE(parse_proxy("socks5://" + std::string(256, 'u') + "@h:1"));
}

/// Plays a whole exchange, the proxy's bytes cut at `cut`; gives what we said and what was left.
struct Played {
    State state{};
    std::string said;
    std::string left;
    std::string error;
};
Played play(const Proxy& proxy, const std::string& answers, std::size_t cut)
{
    Socks5Handshake handshake(proxy, "pool.example", 3333);
    Played played;
    played.said = handshake.take_output();
    for (const std::string& part : {answers.substr(0, cut), answers.substr(cut)}) {
        const std::size_t used = handshake.on_bytes(part);
        played.said += handshake.take_output();
        played.left += part.substr(used);
    }
    played.state = handshake.state();
    played.error = handshake.error();
    return played;
}

TEST(Socks5, ConnectsByNameHoweverTheBytesAreCut)
{
    const std::string by_name = bytes({5, 1, 0, 3, 12}) + "pool.example" + bytes({13, 5});
    const std::string plain = bytes({5, 0}) + bytes({5, 0, 0, 1, 10, 0, 0, 1, 0, 80}) + "HELLO";
    for (std::size_t cut = 0; cut <= plain.size(); ++cut) {
        const Played played = play({"p", 1, "", ""}, plain, cut);
        EXPECT_EQ(played.state, State::connected) << cut;
        EXPECT_EQ(played.said, bytes({5, 1, 0}) + by_name) << cut;
        EXPECT_EQ(played.left, "HELLO") << cut;
    }
    const std::string with_login =
        bytes({5, 2, 1, 0}) + bytes({5, 0, 0, 3, 4}) + "gate" + bytes({0, 80});
    for (std::size_t cut = 0; cut <= with_login.size(); ++cut) {
        const Played played = play({"p", 1, "me", "pw"}, with_login, cut);
        EXPECT_EQ(played.state, State::connected) << cut;
        EXPECT_EQ(played.said,
                  bytes({5, 2, 0, 2}) + bytes({1, 2}) + "me" + bytes({2}) + "pw" + by_name)
            << cut;
        EXPECT_EQ(played.left, "") << cut;
    }
    const std::string v6 = bytes({5, 0, 5, 0, 0, 4}) + std::string(18, 'x') + "L";
    EXPECT_EQ(play({"p", 1, "", ""}, v6, 3).left, "L");
}

struct RefusalRow {
    Proxy proxy;
    std::string answers;
    const char* says;
};

TEST(Socks5, SaysWhyItFails)
{
    const Proxy open{"p", 1, "", ""};
    const Proxy login{"p", 1, "u", "x"};
    for (const RefusalRow& row : {
             RefusalRow{open, "HTTP/1.1 400", "does not speak SOCKS5"},
             RefusalRow{open, bytes({5, 0xff}), "wants a login"},
             RefusalRow{open, bytes({5, 2}), "wants a login"},
             RefusalRow{login, bytes({5, 9}), "not offered"},
             RefusalRow{login, bytes({5, 2, 1, 1}), "refused user or password"},
             RefusalRow{open, bytes({5, 0, 5, 5, 0, 1, 0}), "connection refused"},
             RefusalRow{open, bytes({5, 0, 5, 77, 0, 1, 0}), "code 77"},
             RefusalRow{open, bytes({5, 0, 4, 0, 0, 1, 0}), "not SOCKS5"},
             RefusalRow{open, bytes({5, 0, 5, 0, 0, 9, 0}), "unknown kind of address"},
         }) {
        const Played played = play(row.proxy, row.answers, 1);
        EXPECT_EQ(played.state, State::failed) << row.says;
        EXPECT_NE(played.error.find(row.says), std::string::npos) << played.error;
    }
    Socks5Handshake too_long(open, std::string(256, 'h'), 1);
    EXPECT_EQ(too_long.state(), State::failed);
}

}  // namespace
}  // namespace adit::stratum::client
