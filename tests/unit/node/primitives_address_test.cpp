#include "node/primitives/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "kernels/base/hex.hpp"
#include "node/crypto/keys.hpp"
#include "tests/support/vectors.hpp"

namespace adit::node {
namespace {

std::string_view text_of(const json::value& v)
{
    return {v.get_string().data(), v.get_string().size()};
}

/// The prefixes of one net; Bitcoin's are one byte long.
struct Net {
    Bytes pubkey_hash;
    Bytes script_hash;
    u8 secret_key;
};
struct Family {
    const char* name;
    const char* folder;
    Net main;
    Net test;
};
const Family kFamilies[] = {
    {"bitcoin", "script/bitcoin", {{0x00}, {0x05}, 0x80}, {{0x6f}, {0xc4}, 0xef}},
    {"horizen",
     "script/horizen",
     {{0x20, 0x89}, {0x20, 0x96}, 0x80},
     {{0x20, 0x98}, {0x20, 0x92}, 0xef}},
};

TEST(Base58, PublishedPairs)
{
    const json::value pairs = test::load_vectors("script/bitcoin-base58_encode_decode.json");
    for (const auto& pair : pairs.as_array()) {
        const Bytes bytes = *from_hex(text_of(pair.at(0)));
        EXPECT_EQ(base58_encode(bytes), text_of(pair.at(1)));
        EXPECT_EQ(base58_decode(text_of(pair.at(1))), bytes);
    }
}

TEST(Base58, RefusesForeignCharactersAndLongTexts)
{
    for (const char* text : {"0", "O", "I", "l", " 2g", "2g ", "2 g", "2g\n", "\xff"})
        EXPECT_FALSE(base58_decode(text)) << text;
    EXPECT_TRUE(base58_decode(std::string(kBase58TextMax, '1')));
    EXPECT_FALSE(base58_decode(std::string(kBase58TextMax + 1, '1')));
}

TEST(Base58, EveryByteStringComesBack)
{
    rc::check([] {
        const auto bytes = *rc::gen::container<Bytes>(
            *rc::gen::inRange(0, 60),
            rc::gen::weightedOneOf<u8>({{3, rc::gen::arbitrary<u8>()}, {1, rc::gen::just<u8>(0)}}));
        RC_ASSERT(base58_decode(base58_encode(bytes)) == bytes);
        const Bytes prefix{1, 2};
        const std::string text = base58check_encode(prefix, bytes);
        RC_ASSERT(base58check_decode(text, prefix) == bytes);
        RC_ASSERT(!base58check_decode(text, Bytes{1, 3}));
    });
}

TEST(Base58, PublishedKeysAndAddresses)
{
    for (const Family& family : kFamilies) {
        const json::value rows =
            test::load_vectors(std::string(family.folder) + "-base58_keys_valid.json");
        EXPECT_GE(rows.as_array().size(), 40u);
        for (const auto& row : rows.as_array()) {
            const std::string_view text = text_of(row.at(0));
            const Bytes payload = *from_hex(text_of(row.at(1)));
            const json::object& facts = row.at(2).as_object();
            const Net& net = *json::bool_of(facts, "isTestnet") ? family.test : family.main;
            if (*json::bool_of(facts, "isPrivkey")) {
                const auto key = crypto::SecretKey::from_wif(text, net.secret_key);
                ASSERT_TRUE(key) << text;
                EXPECT_EQ(to_hex(key->bytes()), to_hex(payload)) << text;
                EXPECT_EQ(key->is_compressed(), *json::bool_of(facts, "isCompressed")) << text;
                EXPECT_EQ(key->to_wif(net.secret_key), text);
            } else {
                const bool is_script = test::text(facts, "addrType") == "script";
                const Bytes& prefix = is_script ? net.script_hash : net.pubkey_hash;
                EXPECT_EQ(base58check_decode(text, prefix), payload) << text;
                EXPECT_EQ(base58check_encode(prefix, payload), text);
            }
        }
    }
}

TEST(Base58, PublishedNonsenseIsNoAddressAndNoKey)
{
    for (const Family& family : kFamilies) {
        const json::value rows =
            test::load_vectors(std::string(family.folder) + "-base58_keys_invalid.json");
        for (const auto& row : rows.as_array()) {
            const std::string_view text = text_of(row.at(0));
            for (const Net& net : {family.main, family.test}) {
                EXPECT_FALSE(crypto::SecretKey::from_wif(text, net.secret_key)) << text;
                for (const Bytes& prefix : {net.pubkey_hash, net.script_hash}) {
                    const auto payload = base58check_decode(text, prefix);
                    EXPECT_FALSE(payload && payload->size() == 20) << text;
                }
            }
        }
    }
}

TEST(Addresses, HorizenOnesReadAndWrite)
{
    const AddressPrefixes main{{0x20, 0x89}, {0x20, 0x96}, 0x80};
    const AddressPrefixes test{{0x20, 0x98}, {0x20, 0x92}, 0xef};
    const std::string to_key = "znc3p7CFNTsz1s6CceskrTxKevQLPoDK4cK";
    const std::string to_script = "zswRHzwXtwKVmP8ffKKgWz6A7TB97Fuzx7w";
    EXPECT_EQ(parse_address(to_key, main)->kind, Address::Kind::pubkey_hash);
    EXPECT_EQ(parse_address(to_script, main)->kind, Address::Kind::script_hash);
    EXPECT_EQ(to_hex(parse_address(to_key, main)->hash),
              "7843a3fcc6ab7d02d40946360c070b13cf7b9795");
    for (const std::string& text : {to_key, to_script}) {
        EXPECT_EQ(to_text(*parse_address(text, main), main), text);
        EXPECT_FALSE(parse_address(text, test)) << "another net's";
        std::string broken = text;
        for (char& c : broken) {
            const char was = c;
            c = c == '2' ? '3' : '2';
            EXPECT_FALSE(parse_address(broken, main)) << broken;
            c = was;
        }
    }
}

}  // namespace
}  // namespace adit::node
