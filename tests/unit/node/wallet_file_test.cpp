// The key file: what is sealed comes back, what was touched does not, what is absurd is refused.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "kernels/base/hex.hpp"
#include "node/wallet/key_file.hpp"
#include "node/wallet/mnemonic.hpp"
#include "node/wallet/private_file.hpp"

namespace adit::node::wallet {
namespace {

constexpr ScryptCost kCheap{4, 8, 1};
const Bytes kPassphrase(as_bytes("correct horse battery").begin(),
                        as_bytes("correct horse battery").end());

/// Counts up: the same file each time, and salts that differ.
crypto::RandomBytes counting()
{
    return [next = u8{0}](MutableByteView out) mutable {
        for (u8& byte : out) byte = next++;
    };
}

Secrets made_up_secrets(std::size_t imported = 2)
{
    Secrets secrets{crypto::secret_copy(Bytes(32, 0x5a)), {}};
    for (std::size_t i = 0; i < imported; ++i)
        secrets.imported.push_back(
            *crypto::SecretKey::from_bytes(Bytes(32, static_cast<u8>(i + 1)), i % 2 == 0));
    return secrets;
}

KeyFile made_up_file(ScryptCost cost = kCheap)
{
    return seal(made_up_secrets(), Hash256{{7}}, kPassphrase, cost, counting());
}

bool contains(const Bytes& all, ByteView part)
{
    return std::search(all.begin(), all.end(), part.begin(), part.end()) != all.end();
}

TEST(KeyFile, WhatIsSealedComesBack)
{
    const KeyFile file = made_up_file();
    const auto read = read_key_file(to_bytes(file));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, file);
    EXPECT_EQ(read->ring.imported.size(), 2u);
    const auto secrets = unseal(*read, kPassphrase);
    ASSERT_TRUE(secrets);
    EXPECT_TRUE(equal(secrets->entropy, made_up_secrets().entropy));
    ASSERT_EQ(secrets->imported.size(), 2u);
    EXPECT_TRUE(equal(secrets->imported[1].bytes(), Bytes(32, 2)));
    EXPECT_FALSE(secrets->imported[1].is_compressed());
}

TEST(KeyFile, ShowsNoSecret)
{
    const Secrets secrets = made_up_secrets();
    const Bytes bytes = to_bytes(made_up_file());
    EXPECT_FALSE(contains(bytes, secrets.entropy));
    const SecretBytes seed = seed_of(as_text(words_of(secrets.entropy)));
    EXPECT_FALSE(contains(bytes, ByteView(seed).first(16)));
    EXPECT_FALSE(contains(bytes, kPassphrase));
    EXPECT_FALSE(contains(bytes, secrets.account().key().bytes()));
    for (const auto& key : secrets.imported) EXPECT_FALSE(contains(bytes, key.bytes()));
    EXPECT_TRUE(contains(bytes, secrets.account().key().public_key().bytes)) << "the search works";
}

TEST(KeyFile, AnotherPassphraseOpensNothing)
{
    const KeyFile file = made_up_file();
    for (const char* wrong : {"correct horse batterz", "", "correct horse battery "})
        EXPECT_EQ(unseal(file, as_bytes(wrong)).error(), KeyFileError::wrong_passphrase) << wrong;
}

TEST(KeyFile, EveryChangedBitShows)
{
    const Bytes whole = to_bytes(made_up_file());
    int refused_at_once = 0;
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        // The three bytes of the cost: they only change how long it takes to be refused.
        if (bit / 8 >= 10 && bit / 8 < 13) continue;
        Bytes changed = whole;
        changed[bit / 8] ^= static_cast<u8>(1 << bit % 8);
        const auto read = read_key_file(changed);
        if (!read) {
            ++refused_at_once;
            continue;
        }
        ASSERT_EQ(unseal(*read, kPassphrase).error(), KeyFileError::wrong_passphrase) << bit;
    }
    EXPECT_GT(refused_at_once, 80);
}

TEST(KeyFile, EveryCutIsRefused)
{
    const Bytes whole = to_bytes(made_up_file());
    for (std::size_t size = 0; size < whole.size(); ++size)
        ASSERT_FALSE(read_key_file(ByteView(whole).first(size))) << size;
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_EQ(read_key_file(longer).error(), KeyFileError::damaged);
}

struct CostRow {
    ScryptCost cost;
    bool bearable;
};
class Costs : public testing::TestWithParam<CostRow> {};

TEST_P(Costs, AreBounded)
{
    const auto [cost, bearable] = GetParam();
    EXPECT_EQ(cost.is_bearable(), bearable);
    KeyFile file = made_up_file();
    file.cost = cost;
    const auto read = read_key_file(to_bytes(file));
    EXPECT_EQ(read.has_value(), bearable);
    if (!bearable) {
        EXPECT_EQ(read.error(), KeyFileError::cost_unbearable);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Costs,
                         testing::Values(CostRow{{}, true}, CostRow{{20, 8, 1}, true},
                                         CostRow{{21, 8, 1}, false}, CostRow{{20, 9, 1}, false},
                                         CostRow{{255, 1, 1}, false}, CostRow{{0, 8, 1}, false},
                                         CostRow{{17, 0, 1}, false}, CostRow{{17, 8, 0}, false},
                                         CostRow{{20, 8, 2}, false}, CostRow{{16, 8, 16}, true},
                                         CostRow{{4, 255, 1}, false}, CostRow{{4, 8, 255}, false}));

TEST(KeyFile, NamesWhatItIsNot)
{
    EXPECT_EQ(read_key_file({}).error(), KeyFileError::not_a_key_file);
    EXPECT_EQ(read_key_file(as_bytes("SQLite format 3")).error(), KeyFileError::not_a_key_file);
    Bytes later = to_bytes(made_up_file());
    later[8] = 2;
    EXPECT_EQ(read_key_file(later).error(), KeyFileError::newer_version);
    EXPECT_EQ(read_key_file(Bytes(kKeyFileBytesMax + 1)).error(), KeyFileError::damaged);
}

TEST(KeyFile, SaltAndNonceAreFreshEachTime)
{
    const auto random = counting();
    const KeyFile first = seal(made_up_secrets(), {}, kPassphrase, kCheap, random);
    const KeyFile second = seal(made_up_secrets(), {}, kPassphrase, kCheap, random);
    EXPECT_NE(first.salt, second.salt);
    EXPECT_NE(first.nonce, second.nonce);
    EXPECT_NE(first.sealed, second.sealed);
}

TEST(PrivateFile, IsWholeAndItsOwnersAlone)
{
    const auto folder =
        std::filesystem::temp_directory_path() / ("adit-private-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const auto file = folder / "wallet.keys";
    EXPECT_TRUE(read_private_file(file, 10).error().missing);
    for (const char* text : {"one", "another"}) {
        ASSERT_TRUE(write_private_file(file, as_bytes(text)));
        EXPECT_EQ(as_text(*read_private_file(file, 10)), text);
        struct stat about {};
        ASSERT_EQ(::stat(file.c_str(), &about), 0);
        EXPECT_EQ(about.st_mode & 0777, 0600u);
    }
    EXPECT_FALSE(read_private_file(file, 3));
    EXPECT_FALSE(read_private_file(folder, 3));
    EXPECT_FALSE(write_private_file(folder / "no" / "folder", as_bytes("x")));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace adit::node::wallet
