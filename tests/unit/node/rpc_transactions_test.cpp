#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/primitives/merkle_proof.hpp"
#include "node/script/templates.hpp"
#include "tests/unit/node/rpc_node.hpp"

// Transactions over RPC, from coinbase to confirmation, and what pools ask at start.
namespace adit::node::rpc {
namespace {

class Transactions : public test::RpcNodeTest {
protected:
    void SetUp() override { start(address_of_key(1)); }

    static crypto::SecretKey key(u8 mark)
    {
        return *crypto::SecretKey::from_bytes(Bytes(32, mark));
    }
    std::string wif(u8 mark) const { return key(mark).to_wif(spec().prefixes.secret_key); }
    static std::string address_of_key(u8 mark)
    {
        const Address address{Address::Kind::pubkey_hash, key(mark).public_key().hash()};
        return to_text(address, consensus::find_spec("regtest")->prefixes);
    }
    /// A list as the only parameter.
    static json::array one(json::array list)
    {
        json::array params;
        params.emplace_back(std::move(list));
        return params;
    }
    /// The coinbase's id of the block at this height.
    std::string coinbase_at(int height)
    {
        const json::object block = object("getblock", {std::to_string(height)});
        return std::string(block.at("tx").as_array().at(0).as_string());
    }
    /// Spends a coinbase: so much to this address, and what is left of 7.5 is the fee.
    std::string spend_coinbase(int height, std::string_view to, const char* amount)
    {
        const json::array inputs{json::object{{"txid", coinbase_at(height)}, {"vout", 0}}};
        const json::object outputs{{to, amount}};
        return text("createrawtransaction", {inputs, outputs});
    }
    std::string sign(const std::string& hex, const json::array& keys)
    {
        const json::object answer = object("signrawtransaction", {hex, json::array{}, keys});
        EXPECT_TRUE(answer.at("complete").as_bool()) << json::to_text(answer);
        return std::string(answer.at("hex").as_string());
    }
    std::string text(std::string_view method, const json::array& params)
    {
        const json::value v = ok(method, params);
        return v.is_string() ? std::string(v.get_string()) : json::to_text(v);
    }
    std::vector<std::string> waiting()
    {
        std::vector<std::string> txids;
        const json::value list = ok("getrawmempool");
        for (const json::value& v : list.as_array()) txids.emplace_back(v.as_string());
        return txids;
    }
};

TEST_F(Transactions, GoFromCoinbaseToConfirmation)
{
    ASSERT_EQ(ok("generate", {101}).as_array().size(), 101u);
    const std::string unsigned_hex = spend_coinbase(1, address_of_key(2), "7.4999");
    EXPECT_EQ(said("sendrawtransaction", {unsigned_hex}),
              "-26: 16: mandatory-script-verify-flag-failed (Operation not valid with the current "
              "stack size)");
    const std::string hex = sign(unsigned_hex, {wif(1)});

    // Not before it is handed in …
    const json::object tried =
        ok("testmempoolaccept", one(json::array{hex})).as_array().at(0).as_object();
    EXPECT_TRUE(tried.at("allowed").as_bool());
    EXPECT_TRUE(waiting().empty());
    const std::string txid = text("sendrawtransaction", {hex});
    EXPECT_EQ(tried.at("txid").as_string(), txid);
    EXPECT_EQ(waiting(), std::vector{txid});
    // … and again is no harm.
    EXPECT_EQ(text("sendrawtransaction", {hex}), txid);

    const json::object info = object("getmempoolinfo");
    EXPECT_EQ(info.at("size").as_int64(), 1);
    EXPECT_EQ(info.at("bytes").as_int64(), static_cast<i64>(hex.size() / 2));
    const json::object entry = ok("getrawmempool", {true}).as_object().at(txid).as_object();
    EXPECT_EQ(json::to_text(entry.at("fee")), "0.00010000");
    EXPECT_EQ(entry.at("height").as_int64(), 101);

    const json::object offered = get_template();
    ASSERT_EQ(offered.at("transactions").as_array().size(), 1u);
    const json::object& chosen = offered.at("transactions").as_array()[0].as_object();
    EXPECT_EQ(chosen.at("hash").as_string(), txid);
    EXPECT_EQ(chosen.at("fee").as_int64(), 10'000);
    EXPECT_EQ(offered.at("coinbasevalue").as_int64(), 12'5000'0000 + 10'000);

    EXPECT_EQ(object("getrawtransaction", {txid, 1}).contains("blockhash"), false);
    const std::string block = text("getbestblockhash", {});
    const std::string mined = std::string(ok("generate", {1}).as_array()[0].as_string());
    EXPECT_NE(mined, block);
    EXPECT_TRUE(waiting().empty());
    const json::object found = object("getrawtransaction", {txid, 1});
    EXPECT_EQ(found.at("blockhash").as_string(), mined);
    EXPECT_EQ(found.at("confirmations").as_int64(), 1);
    EXPECT_EQ(found.at("hex").as_string(), hex);
    EXPECT_EQ(test::keys_of(found),
              "blockhash blocktime confirmations height hex locktime time txid version vin "
              "vjoinsplit vout");
    EXPECT_EQ(said("sendrawtransaction", {hex}).substr(0, 4), "-27:");
    EXPECT_EQ(text("getrawtransaction", {txid, 0, mined}), hex);

    // The proof, and one that was tampered with.
    const std::string proof = text("gettxoutproof", one(json::array{txid}));
    EXPECT_EQ(json::to_text(ok("verifytxoutproof", {proof})), "[\"" + txid + "\"]");
    auto broken = *from_bytes<MerkleProof>(*from_hex(proof));
    broken.hashes.back().bytes[0] ^= 1;
    EXPECT_EQ(json::to_text(ok("verifytxoutproof", {to_hex(to_bytes(broken))})), "[]");
}

TEST_F(Transactions, AreRefusedByName)
{
    ok("generate", {102});
    const std::string good = sign(spend_coinbase(1, address_of_key(2), "7.4"), {wif(1)});
    EXPECT_EQ(said("sendrawtransaction", {good}), "-26: 256: absurdly-high-fee");
    EXPECT_EQ(said("sendrawtransaction", {"00"}), "-22: TX decode failed");
    const std::string young = sign(spend_coinbase(50, address_of_key(2), "7.4999"), {wif(1)});
    EXPECT_EQ(said("sendrawtransaction", {young}), "-26: 64: bad-txns-premature-spend-of-coinbase");
    const json::array unknown{json::object{{"txid", std::string(64, '1')}, {"vout", 0}}};
    const std::string orphan =
        text("createrawtransaction", {unknown, json::object{{address_of_key(2), 1}}});
    EXPECT_EQ(said("sendrawtransaction", {orphan}), "-25: Missing inputs");
    const json::object unsignable =
        object("signrawtransaction", {orphan, json::array{}, json::array{wif(1)}});
    EXPECT_FALSE(unsignable.at("complete").as_bool());
    EXPECT_EQ(unsignable.at("errors").as_array()[0].as_object().at("error").as_string(),
              "Input not found or already spent");
    const std::string free = sign(spend_coinbase(1, address_of_key(2), "7.5"), {wif(1)});
    EXPECT_EQ(said("sendrawtransaction", {free}), "-26: 66: min relay fee not met");

    EXPECT_EQ(text("sendrawtransaction", {good, true}).size(), 64u);
    const std::string rival = sign(spend_coinbase(1, address_of_key(3), "7.4999"), {wif(1)});
    EXPECT_EQ(said("sendrawtransaction", {rival}), "-26: 18: txn-mempool-conflict");

    const json::array inputs{json::object{{"txid", coinbase_at(1)}, {"vout", 0}}};
    EXPECT_EQ(said("createrawtransaction", {inputs, json::object{{"nobody", 1}}}),
              "-5: Invalid address: nobody");
    EXPECT_EQ(
        said("createrawtransaction", {inputs, json::object{{address_of_key(2), "0.000000001"}}}),
        "-3: Invalid amount");
    EXPECT_EQ(said("createrawtransaction", {inputs, json::object{{address_of_key(2), -1}}}),
              "-3: Invalid amount");
    EXPECT_EQ(said("signrawtransaction", {good, json::array{}, json::array{"what"}}),
              "-5: Invalid private key");
}

TEST_F(Transactions, SurviveARestart)
{
    ok("generate", {101});
    const std::string hex = sign(spend_coinbase(1, address_of_key(2), "7.4999"), {wif(1)});
    const std::string txid = text("sendrawtransaction", {hex});
    start(address_of_key(1));
    EXPECT_EQ(waiting(), std::vector{txid});
    ok("generate", {1});
    EXPECT_TRUE(waiting().empty());
    start(address_of_key(1));
    EXPECT_TRUE(waiting().empty());
}

TEST_F(Transactions, AreSignedByOneAfterTheOther)
{
    ok("generate", {101});
    Script redeem = script::ScriptBuilder()
                        .push_number(2)
                        .push(key(1).public_key().bytes)
                        .push(key(2).public_key().bytes)
                        .push(key(3).public_key().bytes)
                        .push_number(3)
                        .op(script::OP_CHECKMULTISIG)
                        .take();
    const json::object decoded = object("decodescript", {to_hex(redeem)});
    EXPECT_EQ(decoded.at("type").as_string(), "multisig");
    EXPECT_EQ(decoded.at("reqSigs").as_int64(), 2);
    EXPECT_EQ(decoded.at("addresses").as_array().size(), 3u);
    const std::string shared(decoded.at("p2sh").as_string());
    const std::string fund =
        text("sendrawtransaction", {sign(spend_coinbase(1, shared, "7.4999"), {wif(1)})});

    const json::array inputs{json::object{{"txid", fund}, {"vout", 0}}};
    const std::string hex =
        text("createrawtransaction", {inputs, json::object{{address_of_key(9), "7.4998"}}});
    const Script locked = script::pay_to_script_hash(hash::hash160(redeem));
    const json::array outputs{json::object{{"txid", fund},
                                           {"vout", 0},
                                           {"scriptPubKey", to_hex(locked)},
                                           {"redeemScript", to_hex(redeem)}}};
    const json::object half = object("signrawtransaction", {hex, outputs, json::array{wif(3)}});
    EXPECT_FALSE(half.at("complete").as_bool());
    const json::object whole =
        object("signrawtransaction", {half.at("hex"), outputs, json::array{wif(1)}});
    EXPECT_TRUE(whole.at("complete").as_bool()) << json::to_text(whole);
    EXPECT_EQ(text("sendrawtransaction", {whole.at("hex")}).size(), 64u);
    EXPECT_EQ(waiting().size(), 2u);
    ok("generate", {1});
    EXPECT_EQ(object("getblock", {"102"}).at("tx").as_array().size(), 3u);
}

TEST_F(Transactions, ComeBackWhenTheirBlockIsInvalidated)
{
    ok("generate", {101});
    const std::string hex = sign(spend_coinbase(1, address_of_key(2), "7.4999"), {wif(1)});
    const std::string txid = text("sendrawtransaction", {hex});
    const std::string block(ok("generate", {1}).as_array()[0].as_string());
    EXPECT_EQ(said("invalidateblock", {block}), "null");
    EXPECT_EQ(ok("getblockcount").as_int64(), 101);
    EXPECT_EQ(waiting(), std::vector{txid});
    const json::array tips = ok("getchaintips").as_array();
    EXPECT_TRUE(std::any_of(tips.begin(), tips.end(), [&](const json::value& tip) {
        return tip.as_object().at("hash").as_string() == block &&
               tip.as_object().at("status").as_string() == "invalid";
    }));
    // It stays so over a restart, and until taken back.
    start(address_of_key(1));
    EXPECT_EQ(ok("getblockcount").as_int64(), 101);
    EXPECT_EQ(said("reconsiderblock", {block}), "null");
    EXPECT_EQ(text("getbestblockhash", {}), block);
    EXPECT_TRUE(waiting().empty());
    EXPECT_EQ(said("invalidateblock", {std::string(64, '0')}), "-5: Block not found");
}

/// What s-nomp asks a daemon before it opens its port, and what it reads of the answers.
TEST_F(Transactions, NodeAnswersWhatAPoolAsksAtStart)
{
    const json::object address = object("validateaddress", {address_of_key(1)});
    EXPECT_TRUE(address.at("isvalid").as_bool());
    EXPECT_TRUE(ok("getdifficulty").is_number());
    const json::object info = object("getinfo");
    EXPECT_TRUE(info.at("testnet").is_bool());
    EXPECT_TRUE(info.at("connections").is_int64());
    EXPECT_TRUE(info.at("protocolversion").is_int64());
    EXPECT_EQ(info.at("errors").as_string(), "");
    const json::object mining = object("getmininginfo");
    EXPECT_TRUE(mining.contains("networkhashps"));
    EXPECT_TRUE(mining.contains("difficulty"));
    EXPECT_TRUE(mining.contains("blocks"));
    // That it exists: any error but "method not found" (-32601), and -1 in particular.
    EXPECT_EQ(static_cast<int>(error("submitblock").code), -1);
    const json::object subsidy = object("getblocksubsidy");
    EXPECT_TRUE(subsidy.contains("miner"));
    const json::object offered =
        get_template({{"capabilities", json::array{"coinbasetxn", "workid", "coinbase/append"}}});
    for (const char* key : {"previousblockhash", "transactions", "coinbasetxn", "target", "mintime",
                            "curtime", "bits", "height", "version"})
        EXPECT_TRUE(offered.contains(key)) << key;
    EXPECT_TRUE(ok("getpeerinfo").is_array());
    // Then a block, as the pool hands it in, and whether it is there.
    const Block block = test::mine(spec(), offered);
    EXPECT_EQ(said("submitblock", {test::hex_of(block)}), "null");
    EXPECT_EQ(object("getblock", {to_hex_reversed(hash_of(block.header).bytes)})
                  .at("confirmations")
                  .as_int64(),
              1);
}

TEST_F(Transactions, AreProposedInBlocks)
{
    ok("generate", {101});
    const std::string hex = sign(spend_coinbase(1, address_of_key(2), "7.4999"), {wif(1)});
    text("sendrawtransaction", {hex});
    Block block = test::mine(spec(), get_template());
    // The coinbase takes a fee that no transaction pays: mine() left that out.
    const auto propose = [&](const Block& proposed) {
        return said("getblocktemplate",
                    {json::object{{"mode", "proposal"}, {"data", test::hex_of(proposed)}}});
    };
    EXPECT_EQ(propose(block), "\"bad-cb-amount\"");
    block.transactions.push_back(*from_bytes<Transaction>(*from_hex(hex)));
    block.header.merkle_root = merkle_root_of(block.transactions).root;
    EXPECT_EQ(propose(block), "null");
    block.transactions[1].inputs[0].script_sig[10] ^= 1;
    block.header.merkle_root = merkle_root_of(block.transactions).root;
    EXPECT_EQ(propose(block), "\"mandatory-script-verify-flag-failed\"");
}

}  // namespace
}  // namespace adit::node::rpc
