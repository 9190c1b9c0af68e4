#include "node/primitives/block.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "tests/support/vectors.hpp"

namespace adit::node {
namespace {

TxId leaf(u8 number) { return TxId(hash::sha256d(Bytes{number})); }

/// Numbers standing in a text: "leaves 0..5 then again leaves [4, 5]" → 0 5 4 5.
std::vector<int> numbers_in(std::string_view text)
{
    std::vector<int> numbers;
    bool inside = false;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (digit && !inside) numbers.push_back(0);
        if (digit) numbers.back() = numbers.back() * 10 + (c - '0');
        inside = digit;
    }
    return numbers;
}

TEST(Merkle, RootsAndTheDuplicateRule)
{
    const auto file = test::load_vectors("pow/merkle.json");
    int mutated = 0;
    for (const auto& entry : *json::array_of(file.as_object(), "cases")) {
        const json::object& row = entry.as_object();
        SCOPED_TRACE(test::text(row, "leaves_rule"));
        const std::size_t count = static_cast<std::size_t>(test::integer(row, "count"));
        std::vector<TxId> leaves;
        if (*json::bool_of(row, "mutated")) {
            const std::vector<int> rule = numbers_in(test::text(row, "leaves_rule"));
            for (int i = rule[0]; i <= rule[1]; ++i) leaves.push_back(leaf(static_cast<u8>(i)));
            for (std::size_t i = 2; i < rule.size(); ++i)
                leaves.push_back(leaf(static_cast<u8>(rule[i])));
            ++mutated;
        } else {
            for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf(static_cast<u8>(i)));
        }
        ASSERT_EQ(leaves.size(), count);
        const MerkleRoot found = merkle_root_of(leaves);
        EXPECT_EQ(to_hex(found.root.bytes), test::text(row, "root_internal"));
        EXPECT_EQ(found.mutated, *json::bool_of(row, "mutated"));
    }
    EXPECT_EQ(mutated, 6);
    EXPECT_TRUE(merkle_root_of(std::vector<TxId>{}).root.is_zero());
}

TEST(Blocks, PublishedGenesisBlocksReadAndWrite)
{
    const auto file = test::load_vectors("headers/genesis.json");
    const json::array& rows =
        file.is_array() ? file.as_array() : *json::array_of(file.as_object(), "blocks");
    int whole = 0;
    for (const auto& entry : rows) {
        const json::object& row = entry.as_object();
        SCOPED_TRACE(test::text(row, "id"));
        if (json::member_of(row, "block") == nullptr) continue;
        const Bytes bytes = test::hex(row, "block");
        const auto block = from_bytes<Block>(bytes);
        ASSERT_TRUE(block);
        EXPECT_EQ(to_bytes(*block), bytes);
        EXPECT_EQ(to_hex_reversed(hash_of(block->header).bytes), test::text(row, "hash"));
        EXPECT_EQ(to_hex(pow_input_of(block->header).view()), test::text(row, "header140"));
        EXPECT_EQ(to_hex(block->header.solution), test::text(row, "solution"));
        EXPECT_EQ(block->header.time, test::integer(row, "time"));
        EXPECT_EQ(to_hex_reversed(block->header.merkle_root.bytes), test::text(row, "merkle_root"));
        const MerkleRoot merkle = merkle_root_of(block->transactions);
        EXPECT_EQ(merkle.root, block->header.merkle_root);
        ASSERT_EQ(block->transactions.size(), 1u);
        EXPECT_TRUE(block->transactions[0].is_coinbase());
        ++whole;
    }
    EXPECT_GE(whole, 6);
}

TEST(Blocks, AnyCutAndAnyByteBehindIsRefused)
{
    Block block;
    block.header.solution = Bytes(36, 7);
    Transaction tx;
    tx.inputs.push_back({OutPoint{}, {1, 2}, 3});
    tx.outputs.push_back({5, {6}});
    block.transactions = {tx, tx};
    Bytes bytes = to_bytes(block);
    EXPECT_EQ(from_bytes<Block>(bytes), block);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(from_bytes<Block>(ByteView(bytes).first(size))) << size;
    bytes.push_back(0);
    EXPECT_FALSE(from_bytes<Block>(bytes));
}

TEST(CompactSize, OnlyTheShortestFormIsRead)
{
    const auto read = [](const char* hex) -> std::optional<u64> {
        const Bytes bytes = *from_hex(hex);
        Reader reader(bytes);
        const u64 value = reader.compact_size();
        return reader.ok() && reader.left() == 0 ? std::optional(value) : std::nullopt;
    };
    EXPECT_EQ(read("fc"), 252u);
    EXPECT_EQ(read("fdfd00"), 253u);
    EXPECT_EQ(read("fdffff"), 65535u);
    EXPECT_EQ(read("fe00000100"), 65536u);
    EXPECT_EQ(read("fe00000002"), kCompactSizeMax);
    for (const char* bad : {"", "fd", "fdfc00", "fdff", "feffff0000", "fe01000002",
                            "ff0000000001000000", "ffffffffffffffffff"})
        EXPECT_FALSE(read(bad)) << bad;
    for (const u64 value : {0ull, 252ull, 253ull, 65535ull, 65536ull, 0x02000000ull}) {
        Writer writer;
        writer.compact_size(value);
        EXPECT_EQ(read(to_hex(writer.take()).c_str()), value);
    }
}

TEST(Readers, NeverAllocateMoreThanIsThere)
{
    // A list that claims 2^25 transactions and brings none.
    const Bytes claim = *from_hex("fe00000002");
    Reader reader(claim);
    std::vector<Transaction> list;
    reader.list(list);
    EXPECT_FALSE(reader.ok());
    EXPECT_LE(list.size(), 1u);
}

TEST(Amounts, PrintAsPlainDecimals)
{
    EXPECT_EQ(format_amount(0), "0.00000000");
    EXPECT_EQ(format_amount(12'5000'0000), "12.50000000");
    EXPECT_EQ(format_amount(-1), "-0.00000001");
    EXPECT_EQ(format_amount(INT64_MAX), "92233720368.54775807");
    EXPECT_EQ(format_amount(INT64_MIN), "-92233720368.54775808");
}

}  // namespace
}  // namespace adit::node
