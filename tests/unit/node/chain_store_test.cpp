#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "node/chain/records.hpp"
#include "node/chain/store_folder.hpp"
#include "tests/unit/node/chain_process.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::chrono::steady_clock::time_point soon()
{
    return std::chrono::steady_clock::now() + std::chrono::seconds(20);
}

std::string contents_of(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& contents)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << contents;
}

/// Everything in a folder but the lock and RocksDB's own diary.
std::map<std::string, std::string> snapshot_of(const fs::path& folder)
{
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (entry.is_regular_file() && name != "LOCK" && !name.starts_with("LOG"))
            files[fs::relative(entry.path(), folder).string()] = contents_of(entry.path());
    }
    return files;
}

using Contents = std::array<std::map<Bytes, Bytes>, kColumns>;

/// All of a store, or why it cannot be read.
Result<Contents, StoreError> contents_of(const Store& store)
{
    Contents contents;
    for (std::size_t i = 0; i < kColumns; ++i)
        ADIT_CHECKED(store.scan(static_cast<Column>(i), [&](ByteView key, ByteView value) {
            contents[i][Bytes(key.begin(), key.end())] = Bytes(value.begin(), value.end());
            return true;
        }));
    return contents;
}

class StoreTest : public testing::Test {
protected:
    fs::path path() const { return folder.path() / "data" / "store"; }
    Result<std::unique_ptr<Store>, StoreError> open() const
    {
        return open_store(test::store_config(path()));
    }
    /// A store with the blocks of a tree in it, closed again.
    Contents fill(int blocks)
    {
        const auto spec = test::made_up_spec();
        auto store = std::move(*open());
        auto chain = std::move(*Chainstate::open(spec, *store, test::made_up_options()));
        test::Tree tree(spec, 4);
        for (int i = 0; i < blocks; ++i) (void)chain->accept_block(tree.grow().block, test::kNow);
        return *contents_of(*store);
    }
    StoreError refusal() const
    {
        const auto before = snapshot_of(path());
        const auto store = open();
        EXPECT_FALSE(store);
        EXPECT_EQ(snapshot_of(path()), before) << "a refused store must stay as it was";
        return store ? StoreError{} : store.error();
    }
    std::vector<fs::path> files_of(const std::string& extension) const
    {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(path() / "db"))
            if (entry.path().extension() == extension) files.push_back(entry.path());
        return files;
    }

    test::TemporaryFolder folder;
};

TEST_F(StoreTest, KeepsWhatWasWritten)
{
    const Bytes a{1}, b{2}, c{3};
    {
        auto store = std::move(*open());
        Batch batch;
        batch.put(Column::coins, a, b);
        batch.put(Column::coins, b, c);
        batch.erase(Column::coins, a);
        batch.put(Column::bodies, a, Bytes(100'000, 9));
        batch.put(Column::undo, c, {});
        ASSERT_TRUE(store->write(batch));
        EXPECT_EQ(*store->get(Column::coins, a), std::nullopt);
        EXPECT_EQ(*store->get(Column::coins, b), c);
    }
    auto store = std::move(*open());
    EXPECT_EQ(*store->get(Column::coins, a), std::nullopt);
    EXPECT_EQ(*store->get(Column::coins, b), c);
    EXPECT_EQ(*store->get(Column::bodies, a), Bytes(100'000, 9));
    EXPECT_EQ(*store->get(Column::undo, c), Bytes());
    EXPECT_EQ(*store->get(Column::index, c), std::nullopt) << "columns are apart";
}

TEST_F(StoreTest, MemoryAndDiskAgree)
{
    auto disk = std::move(*open());
    auto memory = make_memory_store();
    Random random(8);
    for (int round = 0; round < 200; ++round) {
        Batch batch;
        for (u64 i = random.below(6); i > 0; --i) {
            // Not in meta, where the disk has its own records.
            const auto column = static_cast<Column>(1 + random.below(kColumns - 1));
            const Bytes key(random.below(3) + 1, static_cast<u8>(random.below(9)));
            if (random.one_in(3))
                batch.erase(column, key);
            else
                batch.put(column, key, Bytes(random.below(20), static_cast<u8>(round)));
        }
        ASSERT_TRUE(disk->write(batch) && memory->write(batch));
    }
    auto on_disk = *contents_of(*disk);
    on_disk[0].clear();
    EXPECT_EQ(on_disk, *contents_of(*memory));
}

TEST_F(StoreTest, OfAnotherChainIsRefused)
{
    fill(3);
    StoreConfig config = test::store_config(path());
    config.chain_id.bytes.fill(8);
    config.chain_name = "oak";
    const auto before = snapshot_of(path());
    const auto store = open_store(config);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().fault, StoreFault::other_chain);
    EXPECT_THAT(store.error().text, HasSubstr("made-up"));
    EXPECT_THAT(store.error().text, HasSubstr("oak"));
    EXPECT_EQ(snapshot_of(path()), before);
}

TEST_F(StoreTest, OfANewerFormatIsRefused)
{
    {
        auto store = std::move(*open());
        Batch batch;
        batch.put(Column::meta, as_bytes(kFormatKey), Bytes{kStoreFormat + 1, 0, 0, 0});
        ASSERT_TRUE(store->write(batch));
    }
    const StoreError error = refusal();
    EXPECT_EQ(error.fault, StoreFault::newer_format);
    EXPECT_THAT(error.text, HasSubstr("format 2"));
}

TEST_F(StoreTest, OpenInThisProcessIsLocked)
{
    const auto first = open();
    ASSERT_TRUE(first);
    const auto second = open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().fault, StoreFault::locked);
    EXPECT_THAT(second.error().text, HasSubstr("this very process"));
}

TEST_F(StoreTest, OpenInAnotherProcessIsLockedAndSaysWhich)
{
    test::Process other({"hold", path().string()});
    ASSERT_EQ(other.read_line(soon()), "open");
    const auto store = open();
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().fault, StoreFault::locked);
    EXPECT_THAT(store.error().text, HasSubstr("process " + std::to_string(other.pid())));
    EXPECT_THAT(store.error().text, HasSubstr("chain_store_pro"));  // Linux keeps 15 letters
    // Having looked has not loosened the other's lock.
    EXPECT_EQ(open().error().fault, StoreFault::locked);
    other.kill();
    EXPECT_TRUE(open());
}

TEST_F(StoreTest, WithoutItsCurrentFileIsDamaged)
{
    fill(3);
    fs::remove(path() / "db" / "CURRENT");
    EXPECT_EQ(refusal().fault, StoreFault::damaged);
}

TEST_F(StoreTest, WithAMissingOrShortTableIsDamaged)
{
    fill(30);
    const auto tables = files_of(".sst");
    ASSERT_FALSE(tables.empty());
    for (const fs::path& table : tables) {
        const std::string whole = contents_of(table);
        fs::remove(table);
        EXPECT_EQ(refusal().fault, StoreFault::damaged) << table;
        write_file(table, whole.substr(0, whole.size() / 2));
        EXPECT_EQ(refusal().fault, StoreFault::damaged) << table;
        write_file(table, whole);
    }
    EXPECT_TRUE(open());
}

TEST_F(StoreTest, WithAShortOrGarbledManifestIsDamaged)
{
    fill(10);
    for (const auto& entry : fs::directory_iterator(path() / "db")) {
        if (!entry.path().filename().string().starts_with("MANIFEST")) continue;
        const std::string whole = contents_of(entry.path());
        write_file(entry.path(), whole.substr(0, whole.size() / 3));
        EXPECT_EQ(refusal().fault, StoreFault::damaged);
        std::string garbled = whole;
        garbled[whole.size() / 2] ^= 0x10;
        write_file(entry.path(), garbled);
        EXPECT_EQ(refusal().fault, StoreFault::damaged);
        write_file(entry.path(), whole);
    }
    EXPECT_TRUE(open());
}

/// A killed process leaves its latest blocks in the log. All of it had been synced.
class KilledStore : public StoreTest {
protected:
    void SetUp() override
    {
        test::Process writer({"write", path().string()});
        for (int i = 0; i < 12; ++i) ASSERT_TRUE(writer.read_line(soon()));
        writer.kill();
        for (const fs::path& log : files_of(".log"))
            if (fs::file_size(log) > 0) logs.push_back(log);
        ASSERT_FALSE(logs.empty());
    }
    std::vector<fs::path> logs;
};

TEST_F(KilledStore, WithoutItsLogIsDamaged)
{
    for (const fs::path& log : logs) fs::remove(log);
    EXPECT_EQ(refusal().fault, StoreFault::damaged);
}

TEST_F(KilledStore, WithAShortLogIsDamaged)
{
    const fs::path log = *std::max_element(logs.begin(), logs.end());
    fs::resize_file(log, fs::file_size(log) / 3);
    EXPECT_EQ(refusal().fault, StoreFault::damaged);
}

TEST_F(KilledStore, WithAFlippedBitInItsLogIsDamaged)
{
    const fs::path log = *std::max_element(logs.begin(), logs.end());
    const std::string whole = contents_of(log);
    for (const std::size_t at : {whole.size() / 5, whole.size() / 2}) {
        std::string flipped = whole;
        flipped[at] ^= 1;
        write_file(log, flipped);
        EXPECT_EQ(refusal().fault, StoreFault::damaged) << at;
    }
    write_file(log, whole);
    EXPECT_TRUE(open());
}

TEST_F(StoreTest, NeverReadsAFlippedBitAsSomethingElse)
{
    const Contents whole = fill(40);
    Random random(17);
    int found = 0;
    for (const fs::path& table : files_of(".sst")) {
        const std::string bytes = contents_of(table);
        for (int i = 0; i < 6; ++i) {
            std::string flipped = bytes;
            flipped[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
            write_file(table, flipped);
            const auto store = open();
            const auto read =
                store ? contents_of(**store) : Result<Contents, StoreError>(store.error());
            if (!read) {
                EXPECT_EQ(read.error().fault, StoreFault::damaged) << read.error().text;
                ++found;
            } else {
                EXPECT_EQ(*read, whole) << table;  // a bit that says nothing: padding, a statistic
            }
        }
        write_file(table, bytes);
        if (HasFailure()) break;
    }
    EXPECT_GT(found, 15);
}

TEST_F(StoreTest, AnInterruptedMakingIsMadeAgain)
{
    fs::create_directories(path() / "db");
    write_file(path() / "db" / "MANIFEST-000001", "half a man");
    EXPECT_TRUE(open());
    EXPECT_EQ(fill(2)[0].size(), 4u);
}

TEST_F(StoreTest, AFolderOfSomebodyElseIsNamed)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
    fs::permissions(folder.path(), fs::perms(0755));
    fill(2);
    test::Process nobody({"nobody", path().string()});
    EXPECT_THAT(nobody.read_line(soon()).value_or(""), testing::StartsWith("no_permission "));
    test::Process stranger({"nobody", (folder.path() / "new").string()});
    EXPECT_THAT(stranger.read_line(soon()).value_or(""), testing::StartsWith("no_permission "));
    fs::permissions(folder.path(), fs::perms(0700));  // nobody cannot even look into it
    test::Process outsider({"nobody", path().string()});
    EXPECT_THAT(outsider.read_line(soon()).value_or(""), testing::StartsWith("no_permission "));
    EXPECT_TRUE(open());
}

TEST_F(StoreTest, AReadOnlyFolderIsNamed)
{
    test::Process process({"read-only", folder.path().string()});
    const std::string first = process.read_line(soon()).value_or("");
    if (first == "cannot mount") GTEST_SKIP() << "this user may not mount a file system";
    EXPECT_EQ(first, "ok");
    EXPECT_THAT(process.read_line(soon()).value_or(""), testing::StartsWith("read_only "));
    EXPECT_THAT(process.read_line(soon()).value_or(""), testing::StartsWith("read_only "));
}

TEST_F(StoreTest, AFullFileSystemIsNamed)
{
    test::Process process({"full", folder.path().string()});
    std::string last;
    while (const auto line = process.read_line(soon())) last = *line;
    if (last == "cannot mount") GTEST_SKIP() << "this user may not mount a file system";
    EXPECT_THAT(last, testing::StartsWith("disk_full "));
}

TEST(SyncMark, KnowsItselfFromGarbage)
{
    const test::TemporaryFolder folder;
    EXPECT_EQ(SyncMark::read(folder.path()), std::nullopt);
    {
        SyncMark mark(folder.path());
        ASSERT_TRUE(mark.write(7));
        EXPECT_EQ(SyncMark::read(folder.path()), 7u);
        ASSERT_TRUE(mark.write(8));
        EXPECT_EQ(SyncMark::read(folder.path()), 8u);
    }
    write_file(folder.path() / "synced", std::string(16, '\0'));
    EXPECT_EQ(SyncMark::read(folder.path()), std::nullopt);
    write_file(folder.path() / "synced", "0123456789abcdef");
    EXPECT_EQ(SyncMark::read(folder.path()), ~u64{0});
}

}  // namespace
}  // namespace adit::node::chain
