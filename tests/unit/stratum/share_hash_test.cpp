#include "stratum/proto/share.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "stratum/proto/compact_size.hpp"
#include "tests/support/vectors.hpp"

namespace adit::stratum {
namespace {

equihash::PowInput input_from(ByteView header)
{
    equihash::PowInput input;
    std::copy(header.begin(), header.end(), input.header.begin());
    return input;
}

struct SizeRow {
    u64 value;
    const char* hex;
};

TEST(CompactSize, IsTheShortestForm)
{
    for (const SizeRow& row :
         {SizeRow{0, "00"}, SizeRow{252, "fc"}, SizeRow{253, "fdfd00"}, SizeRow{1344, "fd4005"},
          SizeRow{0xffff, "fdffff"}, SizeRow{0x10000, "fe00000100"},
          SizeRow{0xffffffff, "feffffffff"}, SizeRow{0x100000000, "ff0000000001000000"}}) {
        Bytes bytes;
        append_compact_size(bytes, row.value);
        EXPECT_EQ(to_hex(bytes), row.hex) << row.value;
    }
}

TEST(ShareHash, IsTheBlockHashOfRealBlocks)
{
    int seen = 0;
    for (const char* file : {"headers/zcash-blocks.json", "headers/btg-blocks.json"}) {
        const json::value blocks = test::load_vectors(file);
        for (const json::value& entry : blocks.as_array()) {
            const json::object& block = entry.as_object();
            const Hash256 hash =
                share_hash(input_from(test::hex(block, "header140")), test::hex(block, "solution"));
            EXPECT_EQ(to_hex_reversed(hash.bytes), test::text(block, "hash"));
            ++seen;
        }
    }
    EXPECT_EQ(seen, 66);
}

}  // namespace
}  // namespace adit::stratum
