// The twist of (125,4), in watched shared memory (host_watch.hpp): some blocks of the hash, since a
// nonce is too large here, in an arena of which only the pages that they touch exist. And whole
// nonces of a twisted set that is small and on no chain.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>

#include "kernels/dialect/collect.hpp"
#include "kernels/equihash/leaves.hpp"
#include "kernels/solver/digest.hpp"
#include "tests/kernels/dialect_host.hpp"

namespace adit::test {
namespace {

using dialect::Layout;
using dialect::host::LaneOrder;

/// A nonce's memory, all zeros, of which only what is touched takes any.
class SparseArena {
public:
    explicit SparseArena(const Layout& layout) : places(*dialect::plan_places(layout))
    {
        memory_ = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (!is_there()) return;
        madvise(memory_, bytes(), MADV_NOHUGEPAGE);  // or each row would take 2 MiB
        arena = {static_cast<u32*>(memory_), &stop_, places.nonce_words[0], places};
    }
    ~SparseArena()
    {
        if (is_there()) munmap(memory_, bytes());
    }
    SparseArena(const SparseArena&) = delete;
    SparseArena& operator=(const SparseArena&) = delete;

    bool is_there() const { return memory_ != MAP_FAILED; }
    const u32* at(const dialect::Place& place) const { return arena.base + place.at; }

    const dialect::Places places;
    dialect::host::Arena arena;

private:
    std::size_t bytes() const { return std::size_t{4} * places.nonce_words[0]; }
    void* memory_ = MAP_FAILED;
    const u32 stop_ = 0;
};

/// A row of table 0 as it is stored, and where it comes from.
struct StoredRow {
    u32 leaf = 0;
    std::vector<u32> words;
    auto operator<=>(const StoredRow&) const = default;
};
using Filed = std::map<u32, std::vector<StoredRow>>;  ///< by bucket, sorted

/// What layout.hpp says of a leaf: the bucket is X's first bits; the row is X without its dropped
/// bits, as one number, of which as many words are kept as hold what is no part of the bucket.
void file_leaf(const Layout& layout, const equihash::Row& x, u32 leaf, Filed& filed)
{
    const auto& table = layout.tables[0];
    const auto bit = [&](u32 i) { return equihash::row_bytes(x)[i / 8] >> (7 - i % 8) & 1u; };
    u32 bucket = 0;
    for (u32 i = 0; i < table.bucket_bits; ++i) bucket = bucket << 1 | bit(i);
    StoredRow row{leaf, std::vector<u32>(table.words)};
    const u32 kept = layout.params.n - layout.policy.dropped_bits;
    for (u32 at = 0; at < std::min(kept, 32 * table.words); ++at)
        row.words[at / 32] |= bit(kept - 1 - at) << at % 32;
    filed[bucket].push_back(std::move(row));
}

Filed expected_of(const Layout& layout, const equihash::PowInput& input, u32 first_block,
                  u32 blocks)
{
    const equihash::Leaves leaves(layout.params, {}, input.view());
    const u32 end = std::min(layout.leaves, (first_block + blocks) * layout.hash_rows);
    Filed filed;
    for (u32 leaf = first_block * layout.hash_rows; leaf < end; ++leaf) {
        equihash::Row row;
        leaves.rows_of({&leaf, 1}, &row);
        file_leaf(layout, row, leaf, filed);
    }
    for (auto& [bucket, rows] : filed) std::ranges::sort(rows);
    return filed;
}

/// All rows that the fill counters tell of. Rows of table 0 of (125,4) are one plane of four words.
Filed read_rows(const Layout& layout, const SparseArena& memory)
{
    const auto& table = layout.tables[0];
    const u32* fill = memory.at(memory.places.fills) + table.fill_at;
    Filed filed;
    for (u32 bucket = 0; bucket < table.buckets; ++bucket)
        for (u32 slot = 0; slot < fill[bucket]; ++slot) {
            const std::size_t place = std::size_t{bucket} * table.slots + slot;
            const u32* words = memory.at(memory.places.quad[0]) + 4 * place;
            filed[bucket].push_back(
                {memory.at(memory.places.ref[0])[place], {words, words + table.words}});
        }
    for (auto& [bucket, rows] : filed) std::ranges::sort(rows);
    return filed;
}

equihash::PowInput some_input(u8 seed)
{
    equihash::PowInput input;
    for (std::size_t i = 0; i < input.header.size(); ++i)
        input.header[i] = static_cast<u8>(i * 7 + seed);
    return input;
}

hash::HeaderMidstate midstate_of(const Layout& layout, const equihash::PowInput& input)
{
    return hash::header_midstate(equihash::leaf_hash_params(layout.params, {}), input.view());
}

constexpr LaneOrder kOrders[]{LaneOrder::forward, LaneOrder::backward, LaneOrder::odd_first,
                              LaneOrder::shuffled};

class Twist : public testing::TestWithParam<const HostKernels*> {};
INSTANTIATE_TEST_SUITE_P(HostLane, Twist, testing::ValuesIn(twisted_instances()),
                         [](const auto& i) { return std::string(i.param->name.substr(1)); });

/// The first blocks and the last ones, of which the very last has too few calls.
TEST_P(Twist, FilesTheLeavesOfSomeBlocksInWhateverOrderLanesRun)
{
    const Layout& layout = *GetParam()->layout;
    ASSERT_EQ(layout.tables[0].words, 4u);
    ASSERT_NE(layout.leaves % layout.hash_rows, 0u);
    const auto input = some_input(1);
    const auto midstate = midstate_of(layout, input);
    for (const u32 first : {0u, layout.hash_blocks - 3}) {
        const Filed expected = expected_of(layout, input, first, 3);
        for (const auto order : kOrders) {
            SparseArena memory(layout);
            ASSERT_TRUE(memory.is_there()) << "no address space of 3 GB";
            dialect::host::run(first, 3, 1, order, 2,
                               [&] { GetParam()->hash(memory.arena, &midstate); });
            EXPECT_TRUE(read_rows(layout, memory) == expected) << "from block " << first;
            EXPECT_EQ(dialect::host::findings.take(), std::vector<std::string>());
        }
    }
}

/// From the hash to the dropped bits of the solutions. The digest is that of what solve_by_the_book
/// finds, which takes too long under sanitizers.
TEST(SmallTwist, FindsTheReferenceSetOfTwoNonces)
{
    const auto& kernels = small_twisted_instance();
    const Layout& layout = *kernels.layout;
    const equihash::PowInput inputs[]{some_input(1), some_input(2)};
    auto run =
        run_on_host(kernels, {midstate_of(layout, inputs[0]), midstate_of(layout, inputs[1])},
                    LaneOrder::shuffled, 2);
    solver::SolveReport report;
    for (std::size_t i = 0; i < 2; ++i) {
        auto& nonce = run.nonces.at(i);
        std::vector<u32> leaves;
        for (const auto& one : nonce.solutions) leaves.insert(leaves.end(), one.begin(), one.end());
        dialect::collect(layout, inputs[i], nonce.tallies, leaves, report);
    }
    EXPECT_EQ(solver::digest_text(report.found, report.rows_dropped),
              "c6fbcf51eee8d6c4ffc09a5d624884d41729bca71ba167745c10f0ce95d4d81d");
    EXPECT_EQ(dialect::host::findings.take(), std::vector<std::string>());
}

}  // namespace
}  // namespace adit::test
