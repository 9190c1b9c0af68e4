#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "node/app/commands.hpp"
#include "tests/unit/node/rpc_node.hpp"

namespace adit::node::test {
namespace {

struct Outcome {
    int exit_code = -1;
    std::string out;
    std::string err;
};

/// `adit` with these words, in this process; 2 with CLI11's own words for what it refuses.
Outcome run(std::vector<std::string> words)
{
    CLI::App program("test", "adit");
    Outcome result;
    app::add_rpc_command(program, result.exit_code);
    app::add_node_command(program, result.exit_code);
    std::reverse(words.begin(), words.end());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
        program.parse(words);
    } catch (const CLI::ParseError& error) {
        result.exit_code = 2;
        std::cerr << error.what();
    }
    result.out = testing::internal::GetCapturedStdout();
    result.err = testing::internal::GetCapturedStderr();
    return result;
}

class RpcCommand : public RpcNodeTest {
protected:
    Outcome rpc(std::vector<std::string> words) const
    {
        const std::vector<std::string> where{"rpc", "--chain", "regtest", "--data-dir",
                                             folder_.path().string()};
        words.insert(words.begin(), where.begin(), where.end());
        return run(std::move(words));
    }
    std::string out(const std::vector<std::string>& words) const
    {
        const Outcome done = rpc(words);
        EXPECT_EQ(done.exit_code, 0) << done.err;
        EXPECT_EQ(done.err, "");
        return done.out;
    }
};

TEST_F(RpcCommand, PrintsStringsBareAndTheRestAsJson)
{
    const std::string genesis(ok("getbestblockhash").get_string());
    EXPECT_EQ(out({"getbestblockhash"}), genesis + '\n');
    EXPECT_EQ(out({"getblockcount"}), "0\n");
    EXPECT_EQ(out({"getpeerinfo"}), "[]\n");
    EXPECT_EQ(out({"gettxout", std::string(64, '0'), "0"}), "null\n");
    EXPECT_EQ(out({"validateaddress", "x"}), "{\n  \"isvalid\": false\n}\n");
    EXPECT_EQ(out({"getblocksubsidy", "1"}),
              "{\n  \"miner\": 7.50000000,\n  \"community\": 2.50000000,\n"
              "  \"securenodes\": 1.25000000,\n  \"supernodes\": 1.25000000,\n"
              "  \"totalblocksubsidy\": 12.50000000\n}\n");
    EXPECT_TRUE(out({"help"}).starts_with("== Blockchain ==\n"));
}

TEST_F(RpcCommand, TakesArgumentsAsTheMethodWantsThem)
{
    const std::string genesis(ok("getbestblockhash").get_string());
    EXPECT_EQ(out({"getblockhash", "0"}), genesis + '\n');
    EXPECT_EQ(out({"getblockhash", "-1"}), genesis + '\n');
    EXPECT_EQ(out({"getblock", "0", "0"}), hex_of(spec().genesis) + '\n');
    EXPECT_EQ(out({"getblock", genesis, "false"}), hex_of(spec().genesis) + '\n');
    EXPECT_EQ(out({"getblockheader", genesis, "false"}).size(), 2 * 177u + 1);
    EXPECT_NE(out({"getblocktemplate", "{\"mode\":\"template\"}"}).find("coinbasetxn"),
              std::string::npos);
    // Only digits, yet a text: the method wants an address.
    EXPECT_NE(out({"validateaddress", "12"}).find("false"), std::string::npos);
    // The command's own options may stand behind the method, too.
    EXPECT_EQ(run({"rpc", "getblockhash", "-1", "--chain", "regtest", "--data-dir",
                   folder_.path().string()})
                  .out,
              genesis + '\n');
}

TEST_F(RpcCommand, PrintsWhatTheNodeRefuses)
{
    const Outcome refused = rpc({"getblockhash", "5"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_EQ(refused.err, "error code: -8\nerror message:\nBlock height out of range\n");
    const Outcome unknown = rpc({"nosuch", "x"});
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_EQ(unknown.err, "error code: -32601\nerror message:\nMethod not found\n");
    const Outcome few = rpc({"getblock"});
    EXPECT_EQ(few.exit_code, 1);
    EXPECT_NE(few.err.find("getblock \"hash|height\" ( verbosity )"), std::string::npos);
}

TEST_F(RpcCommand, ComplainsInOneLineBeforeItAsks)
{
    const struct {
        std::vector<std::string> words;
        const char* text;
    } table[] = {
        {{}, "adit: say which call: `adit rpc help` lists them\n"},
        {{"getblockcount", "--verbose"},
         "adit: unknown option --verbose; `adit rpc --help` lists the options\n"},
        {{"getblockhash", "five"}, "adit: height `five`: must be a number, true, false or JSON\n"},
        {{"getblocktemplate", "{"},
         "adit: jsonrequestobject `{`: must be a number, true, false or JSON\n"},
    };
    for (const auto& row : table) {
        const Outcome done = rpc(row.words);
        EXPECT_EQ(done.exit_code, 2);
        EXPECT_EQ(done.err, row.text);
    }
}

TEST_F(RpcCommand, FindsPortAndSecretOrTakesThoseGiven)
{
    const std::string port = std::to_string(node_->rpc_address().port);
    const std::vector<std::string> by_hand{"--rpc-port",     port,   "--rpc-user",   "user",
                                           "--rpc-password", "pass", "getblockcount"};
    EXPECT_EQ(out(by_hand), "0\n");
    std::vector<std::string> wrong = by_hand;
    wrong[5] = "Pass";
    const Outcome refused = rpc(wrong);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(refused.err, "adit: the node at 127.0.0.1:" + port +
                               " does not accept this user and password, or this cookie\n");
}

TEST_F(RpcCommand, SaysWhenThereIsNoNode)
{
    const std::string port = std::to_string(node_->rpc_address().port);
    node_.reset();
    const Outcome nobody = rpc({"getblockcount"});
    EXPECT_EQ(nobody.exit_code, 4);
    EXPECT_NE(nobody.err.find("no node is running on it; start one with `adit node`"),
              std::string::npos);
    EXPECT_EQ(std::count(nobody.err.begin(), nobody.err.end(), '\n'), 1);

    const Outcome closed =
        rpc({"--rpc-port", port, "--rpc-user", "u", "--rpc-password", "p", "help"});
    EXPECT_EQ(closed.exit_code, 4);
    EXPECT_EQ(closed.err, "adit: no node answers at 127.0.0.1:" + port + " (Connection refused)\n");

    const Outcome elsewhere = run({"rpc", "--chain", "nosuch", "help"});
    EXPECT_EQ(elsewhere.exit_code, 2);
    EXPECT_NE(elsewhere.err.find("the chains are main test regtest local"), std::string::npos);
}

TEST_F(RpcCommand, ACookieLeftByAKilledNodeHelpsNobody)
{
    node_.reset();
    std::ofstream(folder_.path() / "regtest" / ".cookie") << "__cookie__:0123\n";
    const Outcome nobody = rpc({"getblockcount"});
    EXPECT_EQ(nobody.exit_code, 4);
    EXPECT_NE(nobody.err.find("no node"), std::string::npos) << nobody.err;
}

TEST(NodeCommand, RefusesWhatItCannotUse)
{
    EXPECT_EQ(run({"node", "--chain", "main"}).exit_code, 2);
    EXPECT_NE(run({"node", "--chain", "main"}).err.find("adit chain new --preset main"),
              std::string::npos);
    EXPECT_EQ(run({"node", "--rpc-port", "70000"}).exit_code, 2);
    EXPECT_EQ(run({"node", "--chain", "regtest", "--address", "x"}).exit_code, 2);
}

}  // namespace
}  // namespace adit::node::test
