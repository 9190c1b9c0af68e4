// The wallet's calls over a real socket: zcashd's shapes, its error numbers, and no secret in any
// answer.

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "node/wallet/wallet.hpp"
#include "tests/unit/node/rpc_node.hpp"

namespace adit::node {
namespace {

using json::value;
using test::keys_of;

constexpr const char* kPassphrase = "nine blue lanterns";

struct WalletCalls : test::RpcNodeTest {
    void SetUp() override
    {
        const auto chain = *app::read_chain(options());
        const auto place = app::chain_folder(options(), chain);
        std::filesystem::create_directories(place);
        const wallet::Secrets secrets{crypto::secret_copy(Bytes(16, 3)), {}};
        const auto file = wallet::seal(secrets, chain_id(chain), as_bytes(kPassphrase), {4, 8, 1},
                                       crypto::system_random());
        ASSERT_TRUE(wallet::store_key_file(place, file, as_bytes(kPassphrase)));
        start("");
        ASSERT_TRUE(node_);
    }
    std::string stranger() const { return address_of(9); }
};

struct NoWalletCalls : test::RpcNodeTest {};

TEST_F(NoWalletCalls, SaySo)
{
    for (const char* method : {"getbalance", "getnewaddress", "getwalletinfo", "listtransactions",
                               "listunspent", "walletlock"}) {
        const auto refused = error(method);
        EXPECT_EQ(static_cast<int>(refused.code), -18) << method;
        EXPECT_NE(refused.message.find("adit wallet new"), std::string::npos);
    }
    EXPECT_EQ(static_cast<int>(error("walletpassphrase", {"12345678", 1}).code), -18);
}

TEST_F(WalletCalls, HaveTheFamilysShapes)
{
    EXPECT_EQ(said("getbalance"), "0.00000000");
    EXPECT_EQ(said("listunspent"), "[]");
    EXPECT_EQ(said("listtransactions"), "[]");
    const std::string mining(*node_->wallet_address());
    const std::string fresh(ok("getnewaddress").get_string());
    EXPECT_NE(fresh, mining);
    EXPECT_NE(said("getnewaddress", {""}), said("getnewaddress", {""}));
    EXPECT_TRUE(object("validateaddress", {fresh}).at("ismine").get_bool());
    EXPECT_FALSE(object("validateaddress", {stranger()}).at("ismine").get_bool());

    mine_blocks(101);
    EXPECT_EQ(said("getbalance"), "15.00000000");
    EXPECT_EQ(said("getbalance", {"*", 100}), "15.00000000");
    EXPECT_EQ(said("getbalance", {"*", 101}), "7.50000000");
    const auto info = object("getwalletinfo");
    EXPECT_EQ(json::to_text(info.at("immature_balance")), "742.50000000");
    EXPECT_EQ(info.at("scanning"), value(false));
    EXPECT_EQ(info.at("scanned_height"), value(101));
    const value coins = ok("listunspent");
    ASSERT_EQ(coins.get_array().size(), 2u);
    EXPECT_EQ(
        keys_of(coins.get_array()[0].get_object()),
        "account address amount amountZat confirmations generated scriptPubKey spendable txid "
        "vout");
    EXPECT_EQ(ok("listunspent", {1, 9'999'999, json::array{value(fresh)}}).get_array().size(), 0u);
    const value lines = ok("listtransactions", {"*", 1});
    ASSERT_EQ(lines.get_array().size(), 1u);
    const auto& line = lines.get_array()[0].get_object();
    EXPECT_EQ(
        keys_of(line),
        "account address amount amountZat blockhash blockindex blocktime category "
        "confirmations generated size time timereceived txid vjoinsplit vout walletconflicts");
    EXPECT_EQ(line.at("category"), value("immature"));
    EXPECT_EQ(line.at("confirmations"), value(1));
    EXPECT_EQ(keys_of(object("gettransaction", {line.at("txid")})),
              "amount amountZat blockhash blockindex blocktime confirmations details generated hex "
              "time timereceived txid vjoinsplit walletconflicts");
}

TEST_F(WalletCalls, PayWhenUnlocked)
{
    mine_blocks(101);
    EXPECT_EQ(static_cast<int>(error("sendtoaddress", {stranger(), 1}).code), -13);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(said("walletpassphrase", {"nine blue lanternz", 60}),
              "-14: Error: The wallet passphrase entered was incorrect.");
    EXPECT_EQ(said("walletpassphrase", {"", 60}),
              "-14: Error: The wallet passphrase entered was incorrect.");
    EXPECT_GT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3)) << "both late";
    EXPECT_EQ(static_cast<int>(error("walletpassphrase", {kPassphrase, 0}).code), -8);
    EXPECT_EQ(said("walletpassphrase", {kPassphrase, 60}), "null");
    EXPECT_GT(object("getwalletinfo").at("unlocked_until").get_int64(), 0);

    const std::string one(ok("sendtoaddress", {stranger(), json::decimal("1.5")}).get_string());
    const auto told = object("gettransaction", {one});
    EXPECT_EQ(json::to_text(told.at("amount")), "-1.50000000");
    EXPECT_EQ(told.at("confirmations"), value(0));
    EXPECT_EQ(told.at("details").get_array()[0].get_object().at("category"), value("send"));
    EXPECT_TRUE(json::to_text(told.at("fee")).starts_with("-0.0000"));
    const json::object many{{stranger(), 1}, {address_of(8), json::decimal("0.25")}};
    const std::string two(
        ok("sendmany", {"", many, 1, "", json::array{value(stranger())}}).get_string());
    EXPECT_EQ(object("gettransaction", {two}).at("details").get_array().size(), 2u);

    ok("generate", {1});  // with what waits
    EXPECT_EQ(object("gettransaction", {one}).at("confirmations"), value(1));
    EXPECT_EQ(object("gettransaction", {two}).at("confirmations"), value(1));
    EXPECT_EQ(said("walletlock"), "null");
    EXPECT_EQ(static_cast<int>(error("sendtoaddress", {stranger(), 1}).code), -13);
}

TEST_F(WalletCalls, RefuseInTheFamilysWords)
{
    ok("walletpassphrase", {kPassphrase, 60});
    const std::string none(64, '0');
    EXPECT_EQ(said("sendtoaddress", {"nobody", 1}), "-5: Invalid address");
    EXPECT_EQ(said("sendtoaddress", {stranger(), 1}), "-6: Insufficient funds");
    EXPECT_EQ(said("sendtoaddress", {stranger(), "x"}), "-3: Invalid amount");
    EXPECT_EQ(said("sendtoaddress", {stranger(), -1}), "-3: Invalid amount");
    EXPECT_EQ(said("sendtoaddress", {stranger(), 0}), "-4: Invalid amount");
    EXPECT_EQ(said("sendtoaddress", {stranger(), json::decimal("0.00000001")}),
              "-4: Transaction amount too small");
    EXPECT_EQ(static_cast<int>(error("sendtoaddress", {stranger(), 1, "", "", false, -1}).code),
              -8);
    EXPECT_EQ(said("sendmany", {"", json::object{}}), "-4: there is nobody to pay");
    EXPECT_EQ(static_cast<int>(error("sendmany", {"mine", json::object{}}).code), -11);
    EXPECT_EQ(static_cast<int>(error("sendmany", {"", json::object{{stranger(), 1}}, 1, "",
                                                  json::array{value(address_of(8))}})
                                   .code),
              -8);
    EXPECT_EQ(static_cast<int>(error("getnewaddress", {"savings"}).code), -11);
    EXPECT_EQ(static_cast<int>(error("getbalance", {"*", -1}).code), -8);
    EXPECT_EQ(static_cast<int>(error("listunspent", {1, 9, value("x")}).code), -3);
    EXPECT_EQ(static_cast<int>(error("listtransactions", {"*", -1}).code), -8);
    EXPECT_EQ(said("gettransaction", {none}), "-5: Invalid or non-wallet transaction id");
    EXPECT_EQ(said("abandontransaction", {none}), "-5: Invalid or non-wallet transaction id");
}

}  // namespace
}  // namespace adit::node
