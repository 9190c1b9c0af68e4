#include "stratum/proto/template_job.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "stratum/proto/coinbase_payments.hpp"
#include "stratum/proto/merkle.hpp"
#include "stratum/proto/share.hpp"
#include "tests/support/vectors.hpp"

namespace adit::stratum {
namespace {

constexpr equihash::Params kSmall{48, 5};

std::shared_ptr<const BlockTemplate> must_read(const json::value& result)
{
    auto read = read_template(result);
    EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().text);
    return read ? *read : nullptr;
}

std::string error_of(const json::value& result)
{
    auto read = read_template(result);
    return read ? "" : read.error().text;
}

std::string header_hex(const BlockTemplate& offered, std::size_t offset, std::size_t size)
{
    return to_hex(ByteView(offered.header).subspan(offset, size));
}

TEST(TemplateJob, ReadsZebra)
{
    for (const char* file : {"rpc/zebra-getblocktemplate-main.json",
                             "rpc/zebra-getblocktemplate-longpoll-main.json"}) {
        const auto offered = must_read(test::load_vectors(file));
        EXPECT_EQ(offered->height, 1687105u);
        EXPECT_EQ(header_hex(*offered, 0, 4), "04000000");
        EXPECT_EQ(to_hex_reversed(ByteView(offered->header).subspan(4, 32)),
                  "0000000000d723156d9b65ffcf4984da7a19675ed7e2f06d9e5d5188af087bf8");
        // The id of a version 5 transaction is not its bytes' hash: it is taken as given (ZIP 244).
        EXPECT_EQ(to_hex_reversed(ByteView(offered->header).subspan(36, 32)),
                  "0dd4c87d6aba52431fef01079578826b547a22e444af986368c507918f893e8a");
        EXPECT_EQ(to_hex_reversed(ByteView(offered->header).subspan(68, 32)),
                  "9fe0f2f50842e3d0d5c4b78554ead8bfaa3314241f6f899d2373b96a3aaecccd");
        EXPECT_EQ(header_hex(*offered, 104, 4), "5455051f");
        EXPECT_EQ(offered->time, 1654008617u);
        EXPECT_EQ(offered->target.to_hex().substr(0, 10), "0005555400");
        EXPECT_EQ(offered->long_poll_id.size(), 46u);
        EXPECT_FALSE(offered->lacks_roots);
        ASSERT_EQ(offered->payments.size(), 1u);
        EXPECT_EQ(offered->payments[0].role, "coinbase");
        EXPECT_EQ(offered->payments[0].amount, 312500000);
    }
}

TEST(TemplateJob, ReadsZendAndAsksForItsRoots)
{
    json::value result = test::load_vectors("rpc/zend-getblocktemplate-regtest.json");
    const auto bare = must_read(result);
    EXPECT_TRUE(bare->lacks_roots);
    EXPECT_EQ(bare->height, 428u);
    EXPECT_EQ(header_hex(*bare, 104, 4), "f60e0f20");
    ASSERT_EQ(bare->payments.size(), 4u);
    EXPECT_EQ(bare->payments[0].role, "miner");
    EXPECT_EQ(bare->payments[0].amount, 750000000 + 24897);
    EXPECT_EQ(bare->payments[1].role, "treasury");
    EXPECT_EQ(bare->payments[1].amount, 250000000);
    EXPECT_EQ(bare->payments[2].role, "secure nodes");
    EXPECT_EQ(bare->payments[3].role, "super nodes");

    const std::string root(64, '1');
    const std::string commitment(64, '2');
    result.as_object()["merkleTree"] = root;
    result.as_object()["scTxsCommitment"] = commitment;
    const auto whole = must_read(result);
    EXPECT_FALSE(whole->lacks_roots);
    EXPECT_EQ(header_hex(*whole, 36, 32), root);
    EXPECT_EQ(header_hex(*whole, 68, 32), commitment);
    // Two transactions, then two certificates.
    EXPECT_EQ(whole->body[0], 2);
    const std::string body = to_hex(whole->body);
    EXPECT_NE(body.find("02fbffffff72bde3207509e4"), std::string::npos);
}

TEST(TemplateJob, PaymentsGoByRequiredOutputs)
{
    json::value result = test::load_vectors("rpc/zend-getblocktemplate-regtest.json");
    result.as_object()["coinbase_required_outputs"] =
        *json::parse(R"([{"amount":250000000,"script":"00","type":"treasury"},
                         {"amount":125000000,"script":"00","type":"secure_nodes"}])");
    const auto offered = must_read(result);
    ASSERT_EQ(offered->payments.size(), 3u);
    EXPECT_EQ(offered->payments[0].amount, 750000000 + 24897 + 125000000);
    EXPECT_EQ(offered->payments[2].role, "secure nodes");
}

/// The template a node must have offered before this block, from the block itself.
json::object template_before(ByteView block, std::size_t solution_bytes, i64 height)
{
    const auto shown = [&](std::size_t at) { return to_hex_reversed(block.subspan(at, 32)); };
    const auto word = [&](std::size_t at) { return to_hex_reversed(block.subspan(at, 4)); };
    const std::size_t body = 140 + 1 + solution_bytes;
    EXPECT_EQ(block[body], 1);  // the coinbase alone
    const ByteView coinbase = block.subspan(body + 1);
    return {{"version", static_cast<i64>(std::stoul(word(0), nullptr, 16))},
            {"previousblockhash", shown(4)},
            {"scTxsCommitment", shown(68)},
            {"curtime", static_cast<i64>(std::stoul(word(100), nullptr, 16))},
            {"bits", word(104)},
            {"height", height},
            {"coinbasetxn", {{"data", to_hex(coinbase)}}}};
}

TEST(TemplateJob, GivesBackEveryBlockOfARealNode)
{
    const json::value chain = test::load_vectors("horizen/zend-regtest-chain.json");
    int blocks = 0;
    for (const json::value& entry : chain.at("blocks").as_array()) {
        const Bytes block = test::hex(entry.as_object(), "block");
        const i64 height = test::integer(entry.as_object(), "height");
        const auto offered = must_read(template_before(block, kSmall.solution_bytes(), height));
        Share share;
        share.work = work_of(offered, kSmall, {}, 7, {});
        std::copy_n(block.begin() + 108, 32, share.nonce.begin());
        share.solution.bytes.assign(block.begin() + 141, block.begin() + 141 + 36);
        EXPECT_EQ(to_hex(assemble_block(share)), to_hex(block)) << height;
        equihash::PowInput input = share.work->input;
        input.set_nonce(share.nonce);
        const Hash256 hash = share_hash(input, share.solution.bytes);
        EXPECT_EQ(to_hex_reversed(hash.bytes), test::text(entry.as_object(), "hash"));
        EXPECT_LE(U256::from_le(hash), share.work->block_target) << height;
        EXPECT_EQ(share.work->epoch, 7u);
        ++blocks;
    }
    EXPECT_EQ(blocks, 113);
}

TEST(TemplateJob, SaysWhatIsMissing)
{
    const json::value good = test::load_vectors("rpc/zend-getblocktemplate-regtest.json");
    ASSERT_EQ(error_of(good), "");
    for (const char* field :
         {"previousblockhash", "version", "curtime", "height", "bits", "coinbasetxn"}) {
        json::value bad = good;
        bad.as_object().erase(field);
        EXPECT_NE(error_of(bad).find(field), std::string::npos) << field;
        bad.as_object()[field] = "zz";
        EXPECT_NE(error_of(bad), "") << field;
    }
    json::value broken = good;
    broken.as_object()["transactions"].as_array()[0].as_object()["data"] = "0";
    EXPECT_NE(error_of(broken).find("transactions"), std::string::npos);
    EXPECT_NE(error_of(json::value("text")), "");
    json::value impossible = good;
    impossible.as_object()["bits"] = "04923456";  // negative
    EXPECT_NE(error_of(impossible).find("bits"), std::string::npos);
}

TEST(TemplateJob, TimeIsNotBeforeTheEarliestAllowed)
{
    json::value result = test::load_vectors("rpc/zend-getblocktemplate-regtest.json");
    result.as_object()["mintime"] = 1635156600;
    EXPECT_EQ(must_read(result)->time, 1635156600u);
}

TEST(MerkleRoot, OfBytesCounted)
{
    const json::value vectors = test::load_vectors("pow/merkle.json");
    int seen = 0;
    for (const json::value& entry : vectors.at("cases").as_array()) {
        const json::object& row = entry.as_object();
        const auto rule = json::string_of(row, "leaves_rule");
        if (!rule || !rule->starts_with("leaf i = double SHA-256 of the one byte i")) continue;
        std::vector<Hash256> leaves;
        for (i64 i = 0; i < test::integer(row, "count"); ++i)
            leaves.push_back(hash::sha256d(std::array{static_cast<u8>(i)}));
        EXPECT_EQ(to_hex(merkle_root_of(leaves).bytes), test::text(row, "root_internal"));
        ++seen;
    }
    EXPECT_GE(seen, 5);
}

TEST(CoinbaseValue, IsUnknownWhenCutShort)
{
    const json::value result = test::load_vectors("rpc/zebra-getblocktemplate-main.json");
    const Bytes coinbase = test::hex(result.at("coinbasetxn").as_object(), "data");
    EXPECT_EQ(coinbase_value(coinbase), 312500000);
    for (std::size_t size = 0; size + 3 < coinbase.size(); ++size)
        EXPECT_EQ(coinbase_value(ByteView(coinbase).first(size)), std::nullopt) << size;
}

}  // namespace
}  // namespace adit::stratum
