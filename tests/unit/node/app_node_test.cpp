#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "tests/unit/node/rpc_node.hpp"

namespace adit::node::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class LongPoll : public RpcNodeTest {
protected:
    /// Asks for a template newer than `id` on another thread.
    std::future<std::string> poll(const json::value& id) const
    {
        return std::async(std::launch::async, [this, id] {
            return said("getblocktemplate", {json::object{{"longpollid", id}}});
        });
    }
};

TEST_F(LongPoll, AnswersAtTheNextBlockAndHoldsUpNobody)
{
    const json::object offered = get_template();
    std::vector<std::future<std::string>> waiting;
    for (int i = 0; i < 20; ++i) waiting.push_back(poll(offered.at("longpollid")));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ok("getblockcount"), 0);
    EXPECT_EQ(waiting[0].wait_for(300ms), std::future_status::timeout);

    const std::string block = hex_of(mine(spec(), offered));
    EXPECT_EQ(said("submitblock", {block}), "null");
    for (auto& one : waiting) {
        ASSERT_EQ(one.wait_for(2s), std::future_status::ready);
        const auto answer = json::parse(one.get());
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->at("height"), 2);
        EXPECT_NE(answer->at("longpollid"), offered.at("longpollid"));
    }
}

TEST_F(LongPoll, AnswersAtOnceWhatIsOutOfDate)
{
    const json::object offered = get_template();
    mine_blocks(1);
    auto answer = poll(offered.at("longpollid"));
    EXPECT_EQ(answer.wait_for(2s), std::future_status::ready);
}

TEST_F(LongPoll, EndsWithTheNode)
{
    auto waiting = poll(get_template().at("longpollid"));
    EXPECT_EQ(waiting.wait_for(300ms), std::future_status::timeout);
    const auto start = Clock::now();
    node_->stop();
    EXPECT_LT(Clock::now() - start, 5s);
    ASSERT_EQ(waiting.wait_for(2s), std::future_status::ready);
    EXPECT_EQ(waiting.get(), "-9: Shutting down");
}

TEST_F(LongPoll, ForgetsCallersWhoHangUp)
{
    const std::string id(get_template().at("longpollid").as_string());
    const std::string body =
        R"({"method":"getblocktemplate","params":[{"longpollid":")" + id + "\"}]}";
    const std::string auth = "Authorization: " + node_->rpc_credentials().header() + "\r\n";
    // Far more in a row than may wait or be connected at once.
    for (int i = 0; i < 400; ++i) {
        adit::test::HttpProbe caller(node_->rpc_address().port);
        ASSERT_TRUE(caller.send(adit::test::http_post(auth, body)));
        if (i % 50 == 49) std::this_thread::sleep_for(300ms);
    }
    EXPECT_EQ(ok("getblockcount"), 0);
}

class Life : public RpcNodeTest {
protected:
    app::AppError fails(const app::NodeOptions& wish) const
    {
        auto config = read_options(wish);
        if (!config) return config.error();
        const auto started = app::NodeApp::start(std::move(*config));
        if (!started) return started.error();
        ADD_FAILURE() << "the node started";
        return {};
    }
    std::filesystem::path folder() const { return folder_.path() / "regtest"; }
};

TEST_F(Life, GoesOnWhereItEnded)
{
    mine_blocks(3);
    const json::value tip = ok("getbestblockhash");
    const std::string cookie = node_->rpc_credentials().header();
    start(address_of(8));
    EXPECT_EQ(ok("getblockcount"), 3);
    EXPECT_EQ(ok("getbestblockhash"), tip);
    EXPECT_NE(node_->rpc_credentials().header(), cookie);
    mine_blocks(1);
}

TEST_F(Life, LeavesNoTraceOfRunning)
{
    EXPECT_TRUE(std::filesystem::exists(folder() / ".cookie"));
    const auto seen = app::running_node(folder());
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->pid, getpid());
    EXPECT_EQ(seen->rpc.port, node_->rpc_address().port);
    struct stat info {};
    ASSERT_EQ(stat(folder().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077, 0u);
    node_.reset();
    EXPECT_FALSE(std::filesystem::exists(folder() / ".cookie"));
    EXPECT_FALSE(app::running_node(folder()));
}

TEST_F(Life, EndsWhenAskedByRpc)
{
    EXPECT_FALSE(node_->wait_for_end(0ms));
    EXPECT_EQ(said("stop"), "\"Adit stopping\"");
    EXPECT_TRUE(node_->wait_for_end(2s));
    EXPECT_FALSE(node_->failure());
    const auto start = Clock::now();
    node_->stop();
    EXPECT_LT(Clock::now() - start, 2s);
}

TEST_F(Life, ASecondNodeIsToldWhoHoldsTheFolder)
{
    const app::AppError error = fails(options());
    EXPECT_EQ(error.exit_code, 1);
    EXPECT_EQ(error.text, "process " + std::to_string(getpid()) + " is using the data folder " +
                              folder().string() +
                              ": stop it (`adit rpc stop` with the same --data-dir and --chain), "
                              "or give another folder with --data-dir");
}

TEST_F(Life, ASecondNodeIsToldWhoHoldsThePort)
{
    const TempFolder elsewhere;
    app::NodeOptions wish = options();
    wish.data_dir = elsewhere.path().string();
    wish.rpc_port = node_->rpc_address().port;
    const app::AppError error = fails(wish);
    EXPECT_EQ(error.exit_code, 1);
    EXPECT_EQ(error.text, "cannot listen on 127.0.0.1:" + std::to_string(*wish.rpc_port) +
                              ": Address already in use, held by process " +
                              std::to_string(getpid()) +
                              " (rpc_node_test); stop that, or give another port with --rpc-port");
}

TEST_F(Life, BadWishesGetOneLine)
{
    const struct {
        std::function<void(app::NodeOptions&)> change;
        int exit_code;
        const char* text;
    } table[] = {
        {[](auto& o) { o.chain = "regtst"; }, 2, "did you mean `regtest`?"},
        {[](auto& o) { o.chain = "main"; }, 2, "a template, no chain yet: it lacks"},
        {[](auto& o) { o.chain = "/dev/null"; }, 2, "/dev/null"},
        {[](auto& o) { o.address = "nonsense"; }, 2,
         "--address nonsense: no address of the chain regtest, whose addresses begin with Rd"},
        {[](auto& o) { o.rpc_password = ""; }, 2, "--rpc-user and --rpc-password go together"},
        {[](auto& o) { o.rpc_user = "a:b"; }, 2, "--rpc-user: a user name has no colon"},
        {[](auto& o) { o.rpc_allow = {"lan"}; }, 2, "--rpc-allow lan: no address or range"},
        {[](auto& o) { o.rpc_bind = "nowhere"; }, 2, "cannot listen on nowhere"},
        {[](auto& o) { o.data_dir = "/proc/adit"; }, 1,
         "cannot use the data folder /proc/adit/regtest: No such file or directory; give another "
         "one with --data-dir"},
    };
    node_.reset();
    for (const auto& row : table) {
        app::NodeOptions wish = options();
        row.change(wish);
        const app::AppError error = fails(wish);
        EXPECT_EQ(error.exit_code, row.exit_code) << row.text;
        EXPECT_NE(error.text.find(row.text), std::string::npos) << error.text;
        EXPECT_EQ(error.text.find('\n'), std::string::npos) << error.text;
    }
}

TEST_F(Life, SaysWhatAnOpenDoorMeans)
{
    const auto warning = [&](std::string bind, std::vector<std::string> allow) {
        app::NodeOptions wish = options();
        wish.rpc_bind = std::move(bind);
        wish.rpc_allow = std::move(allow);
        return rpc_warning(*read_options(wish));
    };
    EXPECT_EQ(warning("", {}), "");
    EXPECT_EQ(warning("::1", {}), "");
    EXPECT_EQ(warning("0.0.0.0", {}),
              "RPC listens on 0.0.0.0 and still answers this machine alone: name others with "
              "--rpc-allow");
    EXPECT_NE(warning("127.0.0.1", {"10.0.0.0/8"}).find("lets nobody in"), std::string::npos);
    EXPECT_NE(warning("10.0.0.1", {"10.0.0.0/8"}).find("not encrypted"), std::string::npos);
}

TEST_F(Life, AnswersItsUserAndItsCookieAndNobodyElse)
{
    const auto count = [&](const rpc::Credentials& who) {
        const auto answer = rpc::call(node_->rpc_address(), who, "getblockcount", {});
        return answer ? json::to_text(**answer) : answer.error().text;
    };
    EXPECT_EQ(count(*rpc::read_cookie((folder() / ".cookie").string())), "0");
    EXPECT_EQ(count(rpc::Credentials("user", "pass")), "0");
    for (const rpc::Credentials& stranger :
         {rpc::Credentials("user", "Pass"), rpc::Credentials("", ""),
          rpc::Credentials("pass", "user"), rpc::Credentials(rpc::kCookieUser, "pass")})
        EXPECT_NE(count(stranger).find("does not accept"), std::string::npos);
}

TEST_F(Life, TakesTheLargestBlockAsABody)
{
    const std::string hex(2 * spec().size.block_bytes_max, 'f');
    EXPECT_EQ(said("submitblock", {hex}), "-22: Block decode failed");
    const std::string more(hex.size() + 100'000, 'f');
    EXPECT_NE(said("submitblock", {more}).find("HTTP 413"), std::string::npos);
}

class Key : public RpcNodeTest {
protected:
    void SetUp() override {}
    Result<app::MiningKey, app::AppError> key() const
    {
        return app::mining_key(file(), *read_chain(options()), crypto::system_random());
    }
    std::filesystem::path file() const { return folder_.path() / "mining.key"; }
    std::string content() const
    {
        std::ifstream in(file());
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

TEST_F(Key, IsMadeOnceAndKept)
{
    const auto made = key();
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->made_now);
    EXPECT_TRUE(made->address.starts_with("Rd"));
    EXPECT_NE(made->notice().find(made->address), std::string::npos);
    struct stat info {};
    ASSERT_EQ(stat(file().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    const auto read = key();
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->made_now);
    EXPECT_EQ(read->address, made->address);
    EXPECT_EQ(read->script, made->script);
}

TEST_F(Key, IsNeverWrittenOver)
{
    ASSERT_TRUE(key());
    const std::string good = content();
    for (const std::string& bad :
         {std::string(), std::string("key nonsense\n"), good.substr(0, good.size() - 5),
          "address " + address_of(1) + "\n" + good.substr(good.rfind("key "))}) {
        std::ofstream(file()) << bad;
        const auto read = key();
        ASSERT_FALSE(read) << bad;
        EXPECT_EQ(read.error().exit_code, 1);
        EXPECT_NE(read.error().text.find(file().string()), std::string::npos);
        EXPECT_EQ(read.error().text.find('\n'), std::string::npos);
        EXPECT_EQ(content(), bad);
    }
    std::ofstream(file()) << good;
    EXPECT_TRUE(key());
}

TEST_F(Key, PaysForWhatTheNodeOffers)
{
    auto config = read_options(options());
    ASSERT_TRUE(config);
    auto started = app::NodeApp::start(std::move(*config), {true, nullptr});
    ASSERT_TRUE(started) << started.error().text;
    node_ = std::move(*started);
    ASSERT_TRUE(node_->key());
    mine_blocks(1);
    const json::object block = object("getblock", {"1", 2});
    EXPECT_EQ(json::to_text(
                  block.at("tx").at(0).at("vout").at(0).at("scriptPubKey").at("addresses").at(0)),
              '"' + node_->key()->address + '"');
}

}  // namespace
}  // namespace adit::node::test
