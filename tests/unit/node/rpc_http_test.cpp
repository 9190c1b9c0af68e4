#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "node/net/node_loop.hpp"
#include "node/rpc/client.hpp"
#include "node/rpc/http_shell.hpp"
#include "tests/support/http_probe.hpp"

namespace adit::node::rpc {
namespace {

using namespace std::chrono_literals;
using test::http_post;
using test::HttpProbe;

constexpr const char* kAuth = "Authorization: Basic dXNlcjpwYXNz\r\n";  // user:pass

/// A shell over loopback whose handler echoes, or keeps what begins with "wait".
class HttpShellTest : public testing::Test {
protected:
    void SetUp() override { start({}); }

    void start(HttpLimits limits)
    {
        limits.bad_password_delay = 250ms;
        HttpConfig config;
        config.callers = {Credentials("user", "pass"), Credentials("second", "")};
        config.names = {"rig.lan"};
        config.limits = limits;
        loop_ = std::make_unique<net::NodeLoop>();
        auto shell =
            HttpShell::listen(loop_->network(), config,
                              [this](std::string_view body, std::stop_token gone,
                                     std::function<void(HttpAnswer)> done) {
                                  if (!body.starts_with("wait"))
                                      return done({200, "[\"" + std::string(body) + "\"]\n"});
                                  const std::scoped_lock lock(mutex_);
                                  waiting_.emplace_back(std::move(gone), std::move(done));
                              });
        ASSERT_TRUE(shell) << shell.error().text;
        shell_ = std::move(*shell);
        loop_->start();
    }

    void TearDown() override
    {
        if (shell_) shell_->stop();
        answer_waiting();
        loop_->stop();
    }

    void answer_waiting()
    {
        const std::scoped_lock lock(mutex_);
        for (auto& [gone, done] : waiting_) done({200, "[\"late\"]\n"});
        waiting_.clear();
    }

    bool eventually(const std::function<bool()>& holds)
    {
        for (int i = 0; i < 1000; ++i) {
            if (const std::scoped_lock lock(mutex_); holds()) return true;
            std::this_thread::sleep_for(5ms);
        }
        return false;
    }

    int status_of(std::string_view request)
    {
        HttpProbe probe(shell_->port());
        probe.send(request);
        const auto answer = probe.read();
        return answer ? answer->status : 0;
    }

    std::mutex mutex_;
    std::vector<std::pair<std::stop_token, std::function<void(HttpAnswer)>>> waiting_;
    std::unique_ptr<net::NodeLoop> loop_;
    std::unique_ptr<HttpShell> shell_;
};

TEST_F(HttpShellTest, AnswersWhoProvesWhoHeIs)
{
    HttpProbe probe(shell_->port());
    probe.send(http_post(kAuth, "hello"));
    const auto answer = probe.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "[\"hello\"]\n");
    EXPECT_EQ(answer->headers.at("content-type"), "application/json");
}

TEST_F(HttpShellTest, KeepsAConnectionAndTakesRequestsInARow)
{
    HttpProbe probe(shell_->port());
    probe.send(http_post(kAuth, "one") + http_post(kAuth, "two"));
    EXPECT_EQ(probe.read()->body, "[\"one\"]\n");
    EXPECT_EQ(probe.read()->body, "[\"two\"]\n");
    probe.send(http_post(std::string(kAuth) + "Connection: close\r\n", "three"));
    EXPECT_EQ(probe.read()->body, "[\"three\"]\n");
    EXPECT_TRUE(probe.ends());
}

TEST_F(HttpShellTest, TakesARequestInPieces)
{
    HttpProbe probe(shell_->port());
    for (const char byte : http_post(kAuth, "hello")) {
        probe.send(std::string(1, byte));
        std::this_thread::sleep_for(200us);
    }
    EXPECT_EQ(probe.read()->body, "[\"hello\"]\n");
}

TEST_F(HttpShellTest, SaysGoOnToCarefulClients)
{
    HttpProbe probe(shell_->port());
    probe.send(std::string("POST / HTTP/1.1\r\n") + kAuth +
               "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(probe.read()->status, 100);
    probe.send("hello");
    EXPECT_EQ(probe.read()->body, "[\"hello\"]\n");
}

TEST_F(HttpShellTest, RefusesTheRestByNumber)
{
    const std::string auth = kAuth;
    const struct {
        std::string request;
        int status;
    } table[] = {
        {http_post("", "x"), 401},
        {http_post("Authorization: Basic dXNlcjpwYXNzMg==\r\n", "x"), 401},
        {http_post("Authorization: Bearer dXNlcjpwYXNz\r\n", "x"), 401},
        {http_post("Authorization: Basic c2Vjb25kOg==\r\n", "x"), 200},  // second:
        {"GET / HTTP/1.1\r\n" + auth + "\r\n", 405},
        {"PUT / HTTP/1.1\r\n" + auth + "\r\n", 405},
        {"POST /wallet HTTP/1.1\r\n" + auth + "Content-Length: 0\r\n\r\n", 404},
        {http_post(auth + "Host: localhost:1\r\n", "x"), 200},
        {http_post(auth + "Host: 127.0.0.1\r\n", "x"), 200},
        {http_post(auth + "Host: rig.lan\r\n", "x"), 200},
        {http_post(auth + "Host: evil.example\r\n", "x"), 403},
        {http_post("Host: evil.example\r\n", "x"), 403},  // who it is does not matter then
        {"POST / HTTP/1.0\r\n" + auth + "Content-Length: 1\r\n\r\nx", 200},
        {"hello\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nno colon here\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" + auth + "Content-Length: many\r\n\r\n", 400},
    };
    for (const auto& row : table) EXPECT_EQ(status_of(row.request), row.status) << row.request;
}

TEST_F(HttpShellTest, LetsABadPasswordWaitButNotItsNeighbours)
{
    HttpProbe guesser(shell_->port());
    const auto start = std::chrono::steady_clock::now();
    guesser.send(http_post("Authorization: Basic dXNlcjpwYXNzMg==\r\n", "x"));
    HttpProbe neighbour(shell_->port());
    neighbour.send(http_post(kAuth, "x"));
    ASSERT_EQ(neighbour.read()->status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 250ms);
    const auto answer = guesser.read();
    EXPECT_GE(std::chrono::steady_clock::now() - start, 250ms);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401);
    EXPECT_EQ(answer->body, "");
    EXPECT_EQ(answer->headers.at("www-authenticate"), "Basic realm=\"jsonrpc\"");
    EXPECT_TRUE(guesser.ends());
}

TEST_F(HttpShellTest, TellsTheHandlerWhenItsCallerHangsUp)
{
    {
        HttpProbe probe(shell_->port());
        probe.send(http_post(kAuth, "wait"));
        ASSERT_TRUE(eventually([&] { return waiting_.size() == 1; }));
        EXPECT_FALSE(waiting_[0].first.stop_requested());
    }
    EXPECT_TRUE(eventually([&] { return waiting_[0].first.stop_requested(); }));
}

TEST_F(HttpShellTest, AWaitingCallHoldsUpNobodyElse)
{
    HttpProbe waiter(shell_->port());
    waiter.send(http_post(kAuth, "wait"));
    ASSERT_TRUE(eventually([&] { return waiting_.size() == 1; }));
    HttpProbe other(shell_->port());
    other.send(http_post(kAuth, "x"));
    EXPECT_EQ(other.read()->status, 200);
    EXPECT_FALSE(waiter.read(20ms));
    answer_waiting();
    EXPECT_EQ(waiter.read()->body, "[\"late\"]\n");
}

TEST_F(HttpShellTest, StopLetsLastAnswersOut)
{
    HttpProbe idle(shell_->port());
    HttpProbe waiter(shell_->port());
    waiter.send(http_post(kAuth, "wait"));
    ASSERT_TRUE(eventually([&] { return waiting_.size() == 1; }));
    shell_->stop();
    ASSERT_TRUE(eventually([&] { return waiting_[0].first.stop_requested(); }));
    EXPECT_TRUE(idle.ends());
    answer_waiting();
    EXPECT_EQ(waiter.read()->body, "[\"late\"]\n");
    EXPECT_TRUE(waiter.ends());
    const auto start = std::chrono::steady_clock::now();
    loop_->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

TEST_F(HttpShellTest, StopDoesNotWaitForEverForAnAnswer)
{
    HttpProbe waiter(shell_->port());
    waiter.send(http_post(kAuth, "wait"));
    ASSERT_TRUE(eventually([&] { return waiting_.size() == 1; }));
    shell_->stop();
    EXPECT_TRUE(waiter.ends(5s));
}

TEST_F(HttpShellTest, SaysWhyItCannotListen)
{
    const auto listen = [&](std::string bind, u16 port) {
        HttpConfig config;
        config.bind = std::move(bind);
        config.port = port;
        auto shell = HttpShell::listen(loop_->network(), config, nullptr);
        return shell ? HttpShell::ListenError{} : shell.error();
    };
    const std::string port = std::to_string(shell_->port());
    EXPECT_TRUE(listen("127.0.0.1", shell_->port()).in_use);
    EXPECT_EQ(listen("127.0.0.1", shell_->port()).text,
              "cannot listen on 127.0.0.1:" + port + ": Address already in use");
    EXPECT_EQ(listen("rig.lan", 0).text,
              "cannot listen on rig.lan: give an address of this machine, such as 127.0.0.1");
    EXPECT_EQ(listen("192.0.2.1", 0).text,
              "cannot listen on 192.0.2.1:0: Cannot assign requested address");
}

class HttpLimitsTest : public HttpShellTest {
protected:
    void SetUp() override
    {
        HttpLimits limits;
        limits.connections_max = 2;
        limits.header_bytes_max = 1000;
        limits.body_bytes_max = 1000;
        limits.idle_max = 300ms;
        start(limits);
    }
};

TEST_F(HttpLimitsTest, HeadersAndBodiesHaveThem)
{
    const std::string auth = kAuth;
    EXPECT_EQ(status_of(http_post(auth, std::string(1000, 'x'))), 200);
    EXPECT_EQ(status_of(http_post(auth, std::string(1001, 'x'))), 413);
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked\r\n\r\n" +
                        "5dc\r\n" + std::string(1500, 'x') + "\r\n0\r\n\r\n"),
              413);
    EXPECT_EQ(status_of(http_post(auth + "X: " + std::string(1000, 'x') + "\r\n", "x")), 431);
}

TEST_F(HttpLimitsTest, SilenceEndsAConnection)
{
    HttpProbe silent(shell_->port());
    HttpProbe slow(shell_->port());
    slow.send("POST / HTTP/1.1\r\nContent-");
    EXPECT_TRUE(silent.ends(5s));
    EXPECT_TRUE(slow.ends(5s));
}

TEST_F(HttpLimitsTest, OneConnectionTooManyIsToldSo)
{
    HttpProbe first(shell_->port());
    first.send(http_post(kAuth, "wait"));
    HttpProbe second(shell_->port());
    second.send(http_post(kAuth, "wait"));
    ASSERT_TRUE(eventually([&] { return waiting_.size() == 2; }));
    HttpProbe third(shell_->port());
    EXPECT_EQ(third.read()->status, 503);
    EXPECT_TRUE(third.ends());
}

TEST_F(HttpLimitsTest, AWaitingCallIsNotSilence)
{
    HttpProbe waiter(shell_->port());
    waiter.send(http_post(kAuth, "wait"));
    ASSERT_TRUE(eventually([&] { return waiting_.size() == 1; }));
    std::this_thread::sleep_for(500ms);
    answer_waiting();
    EXPECT_EQ(waiter.read()->body, "[\"late\"]\n");
}

TEST_F(HttpShellTest, OurOwnClientUnderstandsIt)
{
    const NodeAddress here{"127.0.0.1", shell_->port()};
    const auto answer = post(here, Credentials("user", "pass"), "hello", 5s);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "[\"hello\"]\n");

    const std::string at = "127.0.0.1:" + std::to_string(here.port);
    const auto wrong = call(here, Credentials("user", "no"), "help", {});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, CallError::Kind::refused);
    EXPECT_EQ(wrong.error().text,
              "the node at " + at + " does not accept this user and password, or this cookie");
    EXPECT_EQ(call(here, Credentials("user", "pass"), "help", {}).error().kind,
              CallError::Kind::no_answer);
    EXPECT_EQ(post(here, Credentials("user", "pass"), "wait", 1s).error().kind,
              CallError::Kind::no_answer);

    shell_->stop();
    answer_waiting();
    loop_->stop();
    const auto nobody = call(here, Credentials("user", "pass"), "help", {});
    EXPECT_EQ(nobody.error().kind, CallError::Kind::no_node);
    EXPECT_EQ(nobody.error().text, "no node answers at " + at + " (Connection refused)");
}

}  // namespace
}  // namespace adit::node::rpc
