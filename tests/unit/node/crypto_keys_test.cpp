#include "node/crypto/keys.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"

namespace adit::node::crypto {
namespace {

Bytes scalar(const char* hex_digits) { return *from_hex(hex_digits); }

// The generator and its double (SEC 2, section 2.4.1), and Bitcoin's best known WIF pair.
TEST(Keys, KnownPublicKeys)
{
    const auto one = SecretKey::from_bytes(
        scalar("0000000000000000000000000000000000000000000000000000000000000001"));
    EXPECT_EQ(to_hex(one->public_key().bytes),
              "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    EXPECT_EQ(to_hex(one->public_key().hash()), "751e76e8199196d454941c45d1b3a323f1433bd6");
    const auto two = SecretKey::from_bytes(
        scalar("0000000000000000000000000000000000000000000000000000000000000002"), false);
    EXPECT_EQ(to_hex(two->public_key().bytes),
              "04c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
              "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a");
}

TEST(Keys, OnlyScalarsBelowTheOrderAreKeys)
{
    const char* order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    const char* below = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140";
    EXPECT_FALSE(SecretKey::from_bytes(scalar(order)));
    EXPECT_TRUE(SecretKey::from_bytes(scalar(below)));
    EXPECT_FALSE(SecretKey::from_bytes(Bytes(32)));
    EXPECT_FALSE(SecretKey::from_bytes(Bytes(31, 1)));
    EXPECT_FALSE(SecretKey::from_bytes(Bytes(33, 1)));
}

TEST(Keys, GeneratingDrawsAgainUntilTheBytesAreAKey)
{
    int draws = 0;
    const auto key = SecretKey::generate([&](MutableByteView bytes) {
        std::fill(bytes.begin(), bytes.end(), ++draws == 1 ? u8{0xff} : u8{7});
    });
    EXPECT_EQ(draws, 2);
    EXPECT_EQ(to_hex(key.bytes()).substr(0, 4), "0707");
}

TEST(Keys, TheSystemsBytesDiffer)
{
    const auto random = system_random();
    EXPECT_NE(SecretKey::generate(random).to_wif(0x80), SecretKey::generate(random).to_wif(0x80));
}

TEST(Keys, AMovedKeyIsWiped)
{
    auto key = SecretKey::from_bytes(Bytes(32, 1));
    const ByteView old_place = key->bytes();
    const SecretKey moved = std::move(*key);
    EXPECT_EQ(to_hex(moved.bytes()), to_hex(Bytes(32, 1)));
    EXPECT_EQ(to_hex(old_place), to_hex(Bytes(32, 0)));
}

TEST(Keys, PublicKeysArePointsInOneOfTwoForms)
{
    const auto key = SecretKey::from_bytes(Bytes(32, 5), false);
    PublicKey point = key->public_key();
    EXPECT_TRUE(point.is_valid());
    point.bytes[0] = 6;  // hybrid form
    EXPECT_FALSE(point.is_valid());
    point.bytes[0] = 4;
    point.bytes[64] ^= 1;  // off the curve
    EXPECT_FALSE(point.is_valid());
    EXPECT_FALSE(PublicKey{}.is_valid());
    EXPECT_FALSE((PublicKey{Bytes(33, 2)}.is_valid() && PublicKey{Bytes(34, 2)}.is_valid()));
}

TEST(Keys, WifNeedsItsPrefixAndMark)
{
    const auto key = SecretKey::from_bytes(Bytes(32, 9));
    const std::string text = key->to_wif(0x80);
    EXPECT_FALSE(SecretKey::from_wif(text, 0xef));
    const u8 prefix = 0x80;
    Bytes marked(33, 9);
    marked.back() = 2;  // only 01 marks a compressed key
    EXPECT_FALSE(SecretKey::from_wif(base58check_encode({&prefix, 1}, marked), prefix));
    EXPECT_FALSE(SecretKey::from_wif(base58check_encode({&prefix, 1}, Bytes(32, 0)), prefix));
}

}  // namespace
}  // namespace adit::node::crypto
