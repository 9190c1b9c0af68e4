#include <gtest/gtest.h>

#include <thread>

#include "kernels/base/hex.hpp"
#include "node/rpc/methods.hpp"
#include "node/rpc/services.hpp"
#include "node/rpc/shapes.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/node/rpc_node.hpp"

namespace adit::node::test {
namespace {

using json::array;
using json::value;

class Shapes : public RpcNodeTest {};

// What zcashd and zend name their members; ours may say more, never less.
TEST_F(Shapes, HaveTheFamilysKeys)
{
    mine_blocks(2);
    const value tip = ok("getbestblockhash");
    const struct {
        const char* method;
        array params;
        const char* keys;
    } table[] = {
        {"getblockchaininfo",
         {},
         "bestblockhash blocks chain chainid chainwork difficulty headers "
         "initial_block_download_complete mediantime pruned size_on_disk softforks "
         "verificationprogress"},
        {"getblock",
         {tip},
         "bits chainwork confirmations difficulty hash height mediantime merkleroot nonce "
         "previousblockhash reserved size solution time tx version"},
        {"getblock",
         {"1"},
         "bits chainwork confirmations difficulty hash height mediantime merkleroot nextblockhash "
         "nonce previousblockhash reserved size solution time tx version"},
        {"getblockheader",
         {tip},
         "bits chainwork confirmations difficulty hash height mediantime merkleroot nonce "
         "previousblockhash reserved solution time version"},
        {"getmininginfo",
         {},
         "blocks chain currentblocksize currentblocktx difficulty errors generate genproclimit "
         "localsolps networkhashps networksolps pooledtx testnet"},
        {"getblocksubsidy", {}, "community miner securenodes supernodes totalblocksubsidy"},
        {"getnetworkinfo",
         {},
         "connections localaddresses localservices networks protocolversion relayfee subversion "
         "timeoffset version warnings"},
        {"getinfo",
         {},
         "blocks build connections difficulty errors protocolversion proxy relayfee testnet "
         "timeoffset version"},
        {"validateaddress",
         {address_of(7)},
         "address ismine isscript isvalid iswatchonly scriptPubKey"},
        {"validateaddress", {"nonsense"}, "isvalid"},
        {"gettxoutsetinfo",
         {},
         "bestblock height issued issuedZat total_amount txouts unspendable unspendableZat unspent "
         "unspentZat"},
        {"getblocktemplate",
         {},
         "bits capabilities coinbase_required_outputs coinbasetxn coinbasevalue curtime height "
         "longpollid maxtime mintime mutable noncerange previousblockhash sigoplimit sizelimit "
         "target transactions version"},
        {"getrawmempool", {true}, ""},
    };
    for (const auto& row : table)
        EXPECT_EQ(keys_of(object(row.method, row.params)), row.keys) << row.method;
}

TEST_F(Shapes, OfPlainAnswers)
{
    EXPECT_EQ(said("getblockcount"), "0");
    EXPECT_EQ(said("getblockhash", {0}),
              '"' + to_hex_reversed(hash_of(spec().genesis.header).bytes) + '"');
    EXPECT_EQ(said("getbestblockhash"), said("getblockhash", {0}));
    EXPECT_EQ(said("getblockhash", {-1}), said("getblockhash", {0}));
    EXPECT_EQ(said("getdifficulty"), "1");
    EXPECT_EQ(said("getconnectioncount"), "0");
    EXPECT_EQ(said("getpeerinfo"), "[]");
    EXPECT_EQ(said("getrawmempool"), "[]");
    EXPECT_EQ(said("getlocalsolps"), "0");
    EXPECT_EQ(said("getnetworksolps"), "0");
    EXPECT_EQ(said("getnetworkhashps", {-1, 0}), "0");
    EXPECT_EQ(said("getblockheader", {ok("getbestblockhash"), false}),
              '"' + to_hex(to_bytes(spec().genesis.header)) + '"');
    EXPECT_EQ(said("getblock", {"0", 0}), '"' + hex_of(spec().genesis) + '"');
    node_->set_local_rate(12.5);
    EXPECT_EQ(said("getlocalsolps"), "12.5");
    EXPECT_EQ(said("uptime"), "0");
}

TEST_F(Shapes, OfErrors)
{
    const std::string none(64, '0');
    EXPECT_EQ(said("getblock", {none}), "-5: Block not found");
    EXPECT_EQ(said("getblock", {"1"}), "-8: Block height out of range");
    EXPECT_EQ(said("getblock", {"zz"}), "-8: hash|height must be 64 hex digits");
    EXPECT_EQ(said("getblock", {0, 3}), "-8: verbosity must be 0, 1 or 2");
    EXPECT_EQ(said("getblock", {0, "x"}), "-3: verbosity must be a whole number");
    EXPECT_EQ(said("getblock", {true}), "-3: hash|height must be a string");
    EXPECT_EQ(said("getblockheader", {none}), "-5: Block not found");
    EXPECT_EQ(said("getblockhash", {1}), "-8: Block height out of range");
    EXPECT_EQ(said("getblockhash", {-2}), "-8: Block height out of range");
    EXPECT_EQ(said("getblockhash", {nullptr}), "-3: height must be a whole number");
    EXPECT_EQ(said("getblocksubsidy", {-1}), "-8: Block height out of range");
    EXPECT_EQ(said("gettxout", {none, 0}), "null");
    EXPECT_EQ(said("gettxout", {none, -1}), "-8: n must be an output's place: 0, 1, 2 …");
    EXPECT_EQ(said("gettxout", {"00", 0}), "-8: txid must be 64 hex digits");
    EXPECT_EQ(said("submitblock", {"zz"}), "-22: Block decode failed");
    EXPECT_EQ(said("submitblock", {"00"}), "-22: Block decode failed");
    EXPECT_EQ(said("submitblock", {7}), "-3: hexdata must be a string");
    EXPECT_EQ(said("getblocktemplate", {"x"}), "-3: jsonrequestobject must be an object");
    EXPECT_EQ(said("getblocktemplate", {json::object{{"mode", "x"}}}), "-8: Invalid mode");
    EXPECT_EQ(said("getblocktemplate", {json::object{{"mode", 7}}}), "-8: Invalid mode");
    EXPECT_EQ(said("getblocktemplate", {json::object{{"longpollid", 7}}}),
              "-3: longpollid must be a string");
    EXPECT_EQ(said("nosuch"), "-32601: Method not found");
    // How pools find out that there is a submitblock.
    EXPECT_EQ(error("submitblock").code, rpc::RpcCode::misc);
}

TEST_F(Shapes, HelpKnowsEveryMethod)
{
    const std::string all(ok("help").get_string());
    for (const rpc::MethodInfo& info : rpc::method_infos()) {
        EXPECT_NE(all.find('\n' + rpc::usage_of(info)), std::string::npos) << info.name;
        const value help =
            ok("help", {boost::json::string_view(info.name.data(), info.name.size())});
        EXPECT_EQ(help.get_string(), boost::json::string_view(rpc::help_of(info)));
        EXPECT_GT(info.help.size(), 10u);
    }
    EXPECT_EQ(ok("help", {"nosuch"}).get_string(), "help: unknown command");
    EXPECT_TRUE(all.starts_with("== Blockchain ==\ngetbestblockhash\n"));
    EXPECT_NE(all.find("gettxout \"txid\" n ( includemempool )\n"), std::string::npos);
}

struct AmountRow {
    Amount amount;
    const char* text;
};
class Coins : public testing::TestWithParam<AmountRow> {};
TEST_P(Coins, PrintWithEightPlaces)
{
    EXPECT_EQ(json::to_text(rpc::coins_json(GetParam().amount)), GetParam().text);
}
INSTANTIATE_TEST_SUITE_P(Table, Coins,
                         testing::Values(AmountRow{0, "0.00000000"}, AmountRow{1, "0.00000001"},
                                         AmountRow{12'5000'0000, "12.50000000"},
                                         AmountRow{-1, "-0.00000001"},
                                         AmountRow{21'000'000 * kCoin, "21000000.00000000"},
                                         AmountRow{INT64_MAX, "92233720368.54775807"},
                                         AmountRow{INT64_MIN, "-92233720368.54775808"}));

TEST_F(RpcNodeTest, ABlockShowsTheSplit)
{
    mine_blocks(1);
    const json::object block = object("getblock", {ok("getbestblockhash"), 2});
    const array& txs = *json::array_of(block, "tx");
    ASSERT_EQ(txs.size(), 1u);
    const json::object& coinbase = txs[0].get_object();
    EXPECT_EQ(keys_of(coinbase), "locktime txid version vin vjoinsplit vout");
    EXPECT_EQ(keys_of(coinbase.at("vin").at(0).get_object()), "coinbase sequence");

    const array& outputs = *json::array_of(coinbase, "vout");
    ASSERT_EQ(outputs.size(), 4u);
    const char* const amounts[] = {"7.50000000", "2.50000000", "1.25000000", "1.25000000"};
    const auto& payees = spec().reward_eras.at(0).payees;
    for (std::size_t n = 0; n < 4; ++n) {
        const json::object& out = outputs[n].get_object();
        EXPECT_EQ(keys_of(out), "n scriptPubKey value valueZat");
        EXPECT_EQ(json::to_text(out.at("value")), amounts[n]);
        EXPECT_EQ(json::integer_of(out, "n"), static_cast<i64>(n));
        const json::object& script = out.at("scriptPubKey").get_object();
        EXPECT_EQ(keys_of(script), "addresses asm hex reqSigs type");
        EXPECT_EQ(script.at("type"), "pubkeyhash");
        EXPECT_EQ(json::to_text(script.at("addresses")),
                  "[\"" + (n == 0 ? address_of(7) : payees.at(n - 1).addresses.at(0)) + "\"]");
    }
    EXPECT_EQ(outputs[0].at("valueZat"), 7'5000'0000);
}

TEST_F(RpcNodeTest, SubsidiesFollowTheSpec)
{
    EXPECT_EQ(said("getblocksubsidy", {1}),
              R"({"miner":7.50000000,"community":2.50000000,"securenodes":1.25000000,)"
              R"("supernodes":1.25000000,"totalblocksubsidy":12.50000000})");
    EXPECT_EQ(said("getblocksubsidy"),
              R"({"miner":0.00000000,"community":0.00000000,"totalblocksubsidy":0.00000000})");
    const u32 halving = spec().subsidy.halving_interval;
    EXPECT_EQ(json::to_text(object("getblocksubsidy", {halving - 1}).at("miner")), "7.50000000");
    EXPECT_EQ(json::to_text(object("getblocksubsidy", {halving}).at("miner")), "3.75000000");
}

TEST_F(RpcNodeTest, SupplyAddsUp)
{
    mine_blocks(3);
    const json::object info = object("gettxoutsetinfo");
    EXPECT_EQ(json::to_text(info.at("issued")), "37.50000000");
    EXPECT_EQ(json::to_text(info.at("unspent")), "37.50000000");
    EXPECT_EQ(json::to_text(info.at("unspendable")), "0.00000000");
    EXPECT_EQ(json::integer_of(info, "txouts"), 12);
    EXPECT_EQ(json::integer_of(info, "issuedZat"), 37'5000'0000);
}

TEST_F(RpcNodeTest, AnOutputIsFoundUntilSpent)
{
    mine_blocks(2);
    const json::object block = object("getblock", {"1"});
    const value txid = json::array_of(block, "tx")->at(0);
    const json::object out = object("gettxout", {txid, 1});
    EXPECT_EQ(keys_of(out), "bestblock coinbase confirmations scriptPubKey value valueZat version");
    EXPECT_EQ(json::to_text(out.at("value")), "2.50000000");
    EXPECT_EQ(json::integer_of(out, "confirmations"), 2);
    EXPECT_EQ(out.at("coinbase"), true);
    EXPECT_EQ(said("gettxout", {txid, 4}), "null");
}

TEST_F(RpcNodeTest, RatesComeFromWorkAndTime)
{
    // Ten blocks of a regtest chain, 30 s apart but for the first: work 17 each.
    for (u32 i = 0; i < 10; ++i) {
        const Block block = mine(spec(), get_template(), [&](Block& b) {
            b.header.time = spec().genesis.header.time + 30 * (i + 1);
        });
        ASSERT_EQ(said("submitblock", {hex_of(block)}), "null");
    }
    const u64 work = object("getblock", {"1"}).at("chainwork").as_string().ends_with("22") ? 17 : 0;
    ASSERT_EQ(work, 17u);
    EXPECT_EQ(said("getnetworksolps"), std::to_string(10 * work / 300));
    node_->on_chain([&](chain::Chainstate& chain) {
        EXPECT_EQ(rpc::network_rate_sol_s(spec(), *chain.tip().block, 1), work / 30);
        EXPECT_EQ(rpc::network_rate_sol_s(spec(), *chain.at(Height(0)), 5), 0u);
    });
}

class Template : public RpcNodeTest {};

TEST_F(Template, HasAllThatBothKindsOfPoolsNeed)
{
    mine_blocks(1);
    const json::object offered = get_template({{"capabilities", array{"coinbasetxn", "longpoll"}}});
    EXPECT_EQ(json::integer_of(offered, "height"), 2);
    EXPECT_EQ(offered.at("previousblockhash"), ok("getbestblockhash"));
    EXPECT_EQ(offered.at("target"),
              boost::json::string_view("0f0f0f" + std::string(58, '0')).substr(0, 64));
    EXPECT_EQ(offered.at("bits"), "200f0f0f");
    EXPECT_EQ(offered.at("noncerange"), "00000000ffffffff");
    EXPECT_EQ(offered.at("capabilities"), array{"proposal"});
    EXPECT_EQ(json::integer_of(offered, "coinbasevalue"), 12'5000'0000);
    EXPECT_LE(*json::integer_of(offered, "mintime"), *json::integer_of(offered, "curtime"));
    EXPECT_LE(*json::integer_of(offered, "curtime"), *json::integer_of(offered, "maxtime"));

    // Pools that take our coinbase find zend's fields in it …
    const json::object& ours = offered.at("coinbasetxn").get_object();
    EXPECT_EQ(keys_of(ours),
              "communityfund data depends fee foundersreward hash required securenodes sigops "
              "supernodes");
    EXPECT_EQ(json::integer_of(ours, "communityfund"), 2'5000'0000);
    EXPECT_EQ(json::integer_of(ours, "securenodes"), 1'2500'0000);
    EXPECT_EQ(json::integer_of(ours, "supernodes"), 1'2500'0000);
    const auto coinbase = from_bytes<Transaction>(*from_hex(*json::string_of(ours, "data")));
    ASSERT_TRUE(coinbase);
    EXPECT_EQ(json::string_of(ours, "hash"), to_hex_reversed(txid_of(*coinbase).bytes));

    // … and those that build their own find every output that it must have.
    const array& required = *json::array_of(offered, "coinbase_required_outputs");
    ASSERT_EQ(required.size(), 3u);
    Amount rest = *json::integer_of(offered, "coinbasevalue");
    const char* const types[] = {"treasury", "secure_nodes", "super_nodes"};
    for (std::size_t i = 0; i < 3; ++i) {
        const json::object& output = required[i].get_object();
        EXPECT_EQ(keys_of(output), "address amount script type");
        EXPECT_EQ(output.at("type"), types[i]);
        EXPECT_EQ(output.at("script"),
                  boost::json::string(to_hex(coinbase->outputs[i + 1].script_pubkey)));
        EXPECT_EQ(json::integer_of(output, "amount"), coinbase->outputs[i + 1].value);
        rest -= *json::integer_of(output, "amount");
    }
    EXPECT_EQ(rest, coinbase->outputs[0].value);
}

TEST_F(Template, SaysAtLeastWhatZendSays)
{
    const value zend = adit::test::load_vectors("rpc/zend-getblocktemplate-regtest.json");
    const json::object ours = get_template();
    const auto kind_of = [](const value& v) {
        return v.is_uint64() ? boost::json::kind::int64 : v.kind();
    };
    for (const auto& [key, theirs] : zend.get_object()) {
        if (key == "certificates") continue;
        ASSERT_TRUE(ours.contains(key)) << key;
        EXPECT_EQ(kind_of(ours.at(key)), kind_of(theirs)) << key;
    }
    for (const auto& [key, theirs] : zend.at("coinbasetxn").get_object()) {
        ASSERT_TRUE(ours.at("coinbasetxn").get_object().contains(key)) << key;
        EXPECT_EQ(kind_of(ours.at("coinbasetxn").at(key)), kind_of(theirs)) << key;
    }
}

TEST_F(Template, NoTwoCoinbasesAreAlike)
{
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i)
        seen.insert(std::string(get_template().at("coinbasetxn").at("hash").as_string()));
    EXPECT_EQ(seen.size(), 20u);
}

TEST_F(Template, WithoutAnAddressTheErrorSaysSo)
{
    start("");
    const rpc::RpcError said = error("getblocktemplate");
    EXPECT_EQ(said.code, rpc::RpcCode::internal);
    EXPECT_NE(said.message.find("--address ADDRESS"), std::string::npos);
    EXPECT_EQ(ok("getblockcount"), 0);
}

class Submit : public RpcNodeTest {
protected:
    std::string submit(const Block& block) const { return said("submitblock", {hex_of(block)}); }
    std::string spoiled(const std::function<void(Block&)>& change) const
    {
        return submit(mine(spec(), get_template(), change));
    }
};

TEST_F(Submit, AGoodBlockIsOnTheChainAtOnce)
{
    const Block block = mine(spec(), get_template());
    EXPECT_EQ(submit(block), "null");
    EXPECT_EQ(said("getbestblockhash"), '"' + to_hex_reversed(hash_of(block.header).bytes) + '"');
    EXPECT_EQ(submit(block), "\"duplicate\"");
}

TEST_F(Submit, ABadBlockGetsItsWord)
{
    EXPECT_EQ(spoiled([](Block& b) { b.transactions[0].outputs[1].value -= 1; }),
              "\"cb-no-community-fund\"");
    EXPECT_EQ(spoiled([](Block& b) { b.transactions[0].outputs[0].value += 1; }),
              "\"bad-cb-amount\"");
    EXPECT_EQ(spoiled([](Block& b) {
                  b.transactions[0].inputs[0].script_sig = {0x52, 0x00};
              }),
              "\"bad-cb-height\"");
    EXPECT_EQ(spoiled([](Block& b) { b.header.merkle_root.bytes[0] ^= 1; }), "\"bad-txnmrklroot\"");
    EXPECT_EQ(spoiled([&](Block& b) { b.header.time = spec().genesis.header.time; }),
              "\"time-too-old\"");
    EXPECT_EQ(spoiled([](Block& b) { b.header.prev.bytes.fill(9); }), "\"prev-blk-not-found\"");

    Block unsolved = mine(spec(), get_template());
    unsolved.header.solution[7] ^= 1;
    const std::string word = submit(unsolved);
    EXPECT_TRUE(word == "\"invalid-solution\"" || word == "\"high-hash\"") << word;

    const Block bad =
        mine(spec(), get_template(), [](Block& b) { b.transactions[0].outputs[2].value += 1; });
    EXPECT_EQ(submit(bad), "\"cb-no-community-fund\"");
    EXPECT_EQ(submit(bad), "\"duplicate-invalid\"");
    EXPECT_EQ(ok("getblockcount"), 0);
}

TEST_F(Submit, ABrotherIsInconclusiveUntilItWins)
{
    const Block first = mine(spec(), get_template());
    const Block second = mine(spec(), get_template());
    EXPECT_EQ(submit(first), "null");
    EXPECT_EQ(submit(second), "\"inconclusive\"");
    EXPECT_EQ(submit(second), "\"duplicate-inconclusive\"");

    const value side = value(to_hex_reversed(hash_of(second.header).bytes));
    EXPECT_EQ(object("getblock", {side}).at("confirmations"), -1);
    const value tips = ok("getchaintips");
    ASSERT_EQ(tips.as_array().size(), 2u);
    std::set<std::string> statuses;
    for (const value& tip : tips.as_array()) {
        EXPECT_EQ(keys_of(tip.get_object()), "branchlen hash height status");
        statuses.insert(std::string(tip.at("status").as_string()));
    }
    EXPECT_EQ(statuses, (std::set<std::string>{"active", "valid-headers"}));
}

TEST_F(Submit, ProposalsAreJudgedWithoutWork)
{
    const auto propose = [&](const Block& block) {
        return said("getblocktemplate",
                    {json::object{{"mode", "proposal"}, {"data", hex_of(block)}}});
    };
    Block block = mine(spec(), get_template());
    Block unsolved = block;
    unsolved.header.nonce.fill(0);
    unsolved.header.solution.clear();
    EXPECT_EQ(propose(unsolved), "null");
    Block poor = unsolved;
    poor.transactions[0].outputs.pop_back();
    poor.header.merkle_root = merkle_root_of(poor.transactions).root;
    EXPECT_EQ(propose(poor), "\"cb-no-community-fund\"");
    Block elsewhere = unsolved;
    elsewhere.header.prev.bytes.fill(1);
    EXPECT_EQ(propose(elsewhere), "\"inconclusive-not-best-prevblk\"");
    EXPECT_EQ(submit(block), "null");
    EXPECT_EQ(propose(block), "\"duplicate\"");
    EXPECT_EQ(said("getblocktemplate", {json::object{{"mode", "proposal"}}}),
              "-3: Missing data String key for proposal");
    EXPECT_EQ(said("getblocktemplate", {json::object{{"mode", "proposal"}, {"data", "00"}}}),
              "-22: Block decode failed");
}

}  // namespace
}  // namespace adit::node::test
