// 113 blocks of a real zend regtest through the whole chain state, on disk.

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/consensus/subsidy.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

TEST(ZendChain, ConnectsThroughTheChainState)
{
    const auto spec = consensus::find_spec(std::string(ADIT_TEST_SPECS_DIR) + "/zend-regtest.toml");
    ASSERT_TRUE(spec) << spec.error().text();
    const auto file = adit::test::load_vectors("horizen/zend-regtest-chain.json");
    const json::array& rows = *json::array_of(file.as_object(), "blocks");
    ASSERT_EQ(rows.size(), 113u);

    const test::TemporaryFolder folder;
    StoreConfig config = test::store_config(folder.path() / "store");
    config.chain_id = chain_id(*spec);
    std::unique_ptr<Chainstate> chain;
    std::unique_ptr<Store> store;
    const auto reopen = [&] {
        chain.reset();
        store.reset();
        store = std::move(*open_store(config));
        chain = std::move(*Chainstate::open(*spec, *store, {}));
    };
    reopen();
    for (const json::value& entry : rows) {
        const json::object& row = entry.as_object();
        const i64 height = adit::test::integer(row, "height");
        SCOPED_TRACE(height);
        const auto block = from_bytes<Block>(adit::test::hex(row, "block"));
        ASSERT_TRUE(block);
        const auto outcome = chain->accept_block(*block, block->header.time, Publish::later);
        ASSERT_TRUE(outcome) << reject_word(outcome.error());
        ASSERT_EQ(*outcome, BlockOutcome::connected);
        if (height == 60) reopen();
    }
    ASSERT_TRUE(chain->publish());
    const Tip tip = chain->tip();
    EXPECT_EQ(to_hex_reversed(tip.block->hash.view()),
              adit::test::text(rows.back().as_object(), "hash"));
    EXPECT_EQ(tip.supply.issued, tip.supply.unspent + tip.supply.unspendable);
    // Block 112 leaves one base unit unclaimed.
    EXPECT_EQ(tip.supply.issued, consensus::issued_up_to(spec->subsidy, Height(113)) - 1);
    EXPECT_EQ(tip.supply.coins, 104u * 2 + 9u * 4);
}

}  // namespace
}  // namespace adit::node::chain
