// BIP 32 and BIP 39 by their own vectors, and what must not pass.

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/crypto/hd_keys.hpp"
#include "node/wallet/mnemonic.hpp"
#include "node/wallet/word_list.hpp"
#include "tests/support/vectors.hpp"

namespace adit::node::wallet {
namespace {

using crypto::HdKey;
using crypto::kHardened;

std::string str(ByteView bytes) { return std::string(as_text(bytes)); }

TEST(Bip32, KnownTrees)
{
    int keys = 0;
    const auto file = test::load_vectors("wallet/bip32.json");
    for (const auto& v : *json::array_of(file.as_object(), "vectors")) {
        const auto master = HdKey::from_seed(test::hex(v.as_object(), "seed"));
        ASSERT_TRUE(master);
        for (const auto& k : *json::array_of(v.as_object(), "keys")) {
            std::vector<u32> path;
            for (const auto& step : *json::array_of(k.as_object(), "path"))
                path.push_back(static_cast<u32>(step.as_int64()));
            const auto below = path.empty() ? HdKey::from_seed(test::hex(v.as_object(), "seed"))
                                            : master->descendant(path);
            ASSERT_TRUE(below);
            EXPECT_EQ(str(below->to_text()), test::text(k.as_object(), "private"));
            EXPECT_EQ(below->public_part().to_text(), test::text(k.as_object(), "public"));
            // The public way down gives the same.
            if (!path.empty() && path.back() < kHardened) {
                const auto last = path.back();
                path.pop_back();
                const auto parent =
                    path.empty() ? master->public_part() : master->descendant(path)->public_part();
                EXPECT_EQ(parent.child(last)->to_text(), test::text(k.as_object(), "public"));
            }
            ++keys;
        }
    }
    EXPECT_EQ(keys, 17);
}

TEST(Bip32, WhatHasNoChild)
{
    EXPECT_FALSE(HdKey::from_seed(Bytes(15)));
    EXPECT_FALSE(HdKey::from_seed(Bytes(65)));
    const auto master = HdKey::from_seed(Bytes(16, 1));
    ASSERT_TRUE(master);
    EXPECT_FALSE(master->public_part().child(kHardened));
    crypto::HdPublicKey no_point = master->public_part();
    no_point.key[0] = 5;
    EXPECT_FALSE(no_point.child(0));
    crypto::HdPublicKey deep = master->public_part();
    deep.place.depth = 255;
    EXPECT_FALSE(deep.child(0));
}

TEST(Bip39, TheListIsThePublishedOne)
{
    EXPECT_EQ(to_hex(hash::sha256(as_bytes(kEnglishWords)).bytes),
              "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
    EXPECT_EQ(mnemonic_words().size(), 2048u);
    EXPECT_EQ(mnemonic_words()[2047], "zoo");
}

TEST(Bip39, KnownSentences)
{
    int rows = 0;
    const auto file = test::load_vectors("wallet/bip39.json");
    for (const auto& v : *json::array_of(file.as_object(), "vectors")) {
        const Bytes entropy = test::hex(v.as_object(), "entropy");
        const auto words = test::text(v.as_object(), "words");
        EXPECT_EQ(str(words_of(entropy)), words);
        const auto back = entropy_of(words);
        ASSERT_TRUE(back) << words;
        EXPECT_TRUE(equal(*back, entropy));
        const auto seed = seed_of(words, "TREZOR");
        EXPECT_EQ(to_hex(seed), test::text(v.as_object(), "seed"));
        EXPECT_EQ(str(HdKey::from_seed(seed)->to_text()), test::text(v.as_object(), "master"));
        ++rows;
    }
    EXPECT_EQ(rows, 24);
}

TEST(Bip39, ReadsAsPeopleWrite)
{
    const auto read = entropy_of(
        "  Legal winner THANK year\nwave sausage\tworth useful legal winner thank yellow \r\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(to_hex(*read), "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f");
}

struct BadSentence {
    const char* words;
    MnemonicError error;
};
class BadSentences : public testing::TestWithParam<BadSentence> {};

TEST_P(BadSentences, AreRefusedByTheirName)
{
    const auto read = entropy_of(GetParam().words);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), GetParam().error);
    EXPECT_FALSE(to_string(read.error()).empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSentences,
    testing::Values(
        BadSentence{"", MnemonicError::word_count}, BadSentence{"zoo", MnemonicError::word_count},
        BadSentence{"abandon abandon abandon abandon abandon abandon abandon abandon abandon",
                    MnemonicError::word_count},
        BadSentence{
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
            "abandon abandon abandon abandon abandon abandon abandon",
            MnemonicError::word_count},
        BadSentence{
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
            "abandon abandon",
            MnemonicError::checksum},
        BadSentence{"abandon abandon abandon abandon abandon abandon abandon abandon abandon about "
                    "abandon abandon",
                    MnemonicError::checksum},
        BadSentence{
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
            "abandon abouT0",
            MnemonicError::unknown_word},
        BadSentence{"abandonabandon", MnemonicError::unknown_word}));

}  // namespace
}  // namespace adit::node::wallet
