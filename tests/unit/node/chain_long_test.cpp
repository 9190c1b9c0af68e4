// A long chain starts fast, when its process was killed and when it was closed.

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/unit/node/chain_process.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

constexpr u32 kBlocks = 100'000;
constexpr auto kReadyWithin = std::chrono::seconds(2);

TEST(LongChain, IsReadyWithinTwoSeconds)
{
    const auto spec = test::made_up_spec();
    const test::TemporaryFolder folder;
    const auto config = test::store_config(folder.path() / "store");
    test::Process writer({"long", config.folder.string(), std::to_string(kBlocks)});
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(10);
    ASSERT_EQ(writer.read_line(patience), "done");
    writer.kill();
    for (const char* end : {"killed", "closed"}) {
        const auto start = std::chrono::steady_clock::now();
        const auto store = open_store(config);
        ASSERT_TRUE(store) << store.error().text;
        const auto chain = Chainstate::open(spec, **store, test::made_up_options());
        const auto took = std::chrono::steady_clock::now() - start;
        ASSERT_TRUE(chain);
        EXPECT_EQ((*chain)->tip().block->height.value, kBlocks);
        EXPECT_LT(took, kReadyWithin) << end;
        std::printf("%s: ready in %.2f s\n", end, std::chrono::duration<double>(took).count());
    }
}

}  // namespace
}  // namespace adit::node::chain
