// Loss of power, killed processes, full disks: no announced block is lost, what is there is whole.

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "kernels/base/hex.hpp"
#include "tests/unit/node/chain_faulty_files.hpp"
#include "tests/unit/node/chain_process.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

using test::FaultyFiles;
using test::kNow;
using test::Leaf;
using test::Tree;

/// Remembers the last block it was told of.
struct Announced final : ChainListener {
    const BlockNode* last = nullptr;
    void on_tip_changed(const TipChange& change) override { last = change.to; }
};

struct Disk {
    std::shared_ptr<FaultyFiles> files = std::make_shared<FaultyFiles>();
    std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);

    Result<std::unique_ptr<Store>, StoreError> open(const std::filesystem::path& folder) const
    {
        StoreConfig config = test::store_config(folder);
        config.env = env.get();
        config.memory_bytes_max = 256 << 10;  // tables are written all the time
        return open_store(config);
    }
};

/// Gives the tree's blocks in order until the store fails.
/// @return what was announced last, if anything was
std::optional<BlockHash> feed(const Disk& disk, const std::filesystem::path& folder,
                              const consensus::ChainSpec& spec, Tree& tree)
{
    auto store = disk.open(folder);
    if (!store) return std::nullopt;
    auto chain = Chainstate::open(spec, **store, test::made_up_options());
    if (!chain) return std::nullopt;
    Announced announced;
    (*chain)->add_listener(announced);
    BlockHash last = (*chain)->tip().block->hash;
    for (Leaf& leaf : tree.leaves()) {
        const Publish when = leaf.node->height.value % 4 == 0 ? Publish::now : Publish::later;
        (void)(*chain)->accept_block(leaf.block, kNow, when);
        if ((*chain)->failure()) break;
    }
    if (announced.last != nullptr) last = announced.last->hash;
    return last;
}

TEST(LossOfPower, LosesNoAnnouncedBlock)
{
    const auto spec = test::made_up_spec();
    u64 lost = 0;
    int rounds_cut_short = 0;
    constexpr u64 kSeeds = std::max(6, ADIT_KILLS / 10);
    constexpr int kRounds = 10;
    for (u64 seed = 1; seed <= kSeeds; ++seed) {
        Tree tree(spec, seed);
        Random random(seed * 77);
        const test::TemporaryFolder folder;
        BlockHash announced = hash_of(spec.genesis.header);
        for (int round = 0; round < kRounds; ++round) {
            SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
            for (int i = 0; i < 25; ++i) tree.grow();
            {
                Disk disk;
                disk.files->die_after(static_cast<i64>(random.below(120)));
                if (const auto last = feed(disk, folder.path() / "store", spec, tree))
                    announced = *last;
                if (disk.files->dead()) ++rounds_cut_short;
                disk.files->die_after(0);
                disk.files->lose_power(random);
                lost += disk.files->lost_bytes();
            }
            const Disk disk;
            auto store = disk.open(folder.path() / "store");
            ASSERT_TRUE(store) << store.error().text;
            auto chain = Chainstate::open(spec, **store, test::made_up_options());
            ASSERT_TRUE(chain) << chain.error().text;
            const Leaf& tip = tree.find((*chain)->tip().block->hash);
            ASSERT_GE(tip.node->total_work, tree.find(announced).node->total_work);
            ASSERT_EQ(test::world_in(**store), tip.world);
            announced = tip.node->hash;
        }
    }
    EXPECT_GT(lost, 10'000u) << "the disk never lost anything, so nothing was shown";
    EXPECT_GT(rounds_cut_short, static_cast<int>(kSeeds) * kRounds / 2);
}

TEST(FullDisk, IsNamedAndHealsOnceThereIsSpace)
{
    const auto spec = test::made_up_spec();
    Tree tree(spec, 5);
    for (int i = 0; i < 60; ++i) tree.grow();
    for (const i64 space : {0, 3'000, 20'000, 60'000}) {
        SCOPED_TRACE(space);
        const test::TemporaryFolder folder;
        BlockHash announced = hash_of(spec.genesis.header);
        {
            const Disk disk;
            auto store = disk.open(folder.path() / "store");
            ASSERT_TRUE(store);
            auto chain = std::move(*Chainstate::open(spec, **store, test::made_up_options()));
            disk.files->fill_after(space);
            for (Leaf& leaf : tree.leaves())
                if (!chain->failure()) (void)chain->accept_block(leaf.block, kNow);
            ASSERT_TRUE(chain->failure());
            EXPECT_EQ(chain->failure()->fault, StoreFault::disk_full);
            EXPECT_NE(chain->failure()->text.find("free some space"), std::string::npos);
            announced = chain->tip().block->hash;
        }
        const Disk disk;
        auto store = disk.open(folder.path() / "store");
        ASSERT_TRUE(store) << store.error().text;
        auto chain = std::move(*Chainstate::open(spec, **store, test::made_up_options()));
        const Leaf& tip = tree.find(chain->tip().block->hash);
        EXPECT_GE(tip.node->total_work, tree.find(announced).node->total_work);
        EXPECT_EQ(test::world_in(**store), tip.world);
        for (Leaf& leaf : tree.leaves()) (void)chain->accept_block(leaf.block, kNow);
        EXPECT_FALSE(chain->failure());
    }
}

/// One writer killed at a random moment, in its start or in its work. @return what it said last
std::optional<BlockHash> kill_a_writer(const std::string& path, u64 seed, Random& random,
                                       int& announcements)
{
    test::Process writer({"write", path, std::to_string(seed)});
    auto until = std::chrono::steady_clock::now();
    std::string last;
    if (!random.one_in(3)) last = writer.read_line(until + std::chrono::seconds(20)).value_or("");
    until = std::chrono::steady_clock::now() + std::chrono::milliseconds(random.below(150));
    while (const auto line = writer.read_line(until)) last = *line, ++announcements;
    std::this_thread::sleep_until(until);
    writer.kill();
    while (const auto line = writer.read_line(until)) last = *line;
    const auto hash = hash_from_hex(last);
    return hash ? std::optional(BlockHash(*hash)) : std::nullopt;
}

TEST(KilledProcess, LosesNoAnnouncedBlock)
{
    constexpr int kKillsPerStore = 12;
    const auto spec = test::made_up_spec();
    Random random(entropy_seed());
    int announcements = 0;
    for (int round = 0; round < ADIT_KILLS; round += kKillsPerStore) {
        const u64 seed = static_cast<u64>(round) + 1;
        Tree tree(spec, seed);
        while (tree.leaves().size() <= test::kWriterBlocks) tree.grow();
        const test::TemporaryFolder folder;
        const std::string path = (folder.path() / "store").string();
        U256 announced;
        for (int i = 0; i < kKillsPerStore; ++i) {
            SCOPED_TRACE("seed " + std::to_string(seed) + " kill " + std::to_string(i));
            if (const auto said = kill_a_writer(path, seed, random, announcements))
                announced = std::max(announced, tree.find(*said).node->total_work);
            auto store = open_store(test::store_config(path));
            ASSERT_TRUE(store) << store.error().text;
            auto chain = Chainstate::open(spec, **store, test::made_up_options());
            ASSERT_TRUE(chain) << chain.error().text;
            const Leaf& tip = tree.find((*chain)->tip().block->hash);
            ASSERT_GE(tip.node->total_work, announced);
            ASSERT_EQ(test::world_in(**store), tip.world);
        }
    }
    EXPECT_GT(announcements, ADIT_KILLS) << "killed before anything happened, nearly every time";
}

}  // namespace
}  // namespace adit::node::chain
