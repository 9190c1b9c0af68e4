// What the layout promises: sizes in advance, and pieces that never lie on each other.

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "kernels/cuda/policies.hpp"
#include "kernels/dialect/arena.hpp"
#include "kernels/dialect/collect.hpp"

namespace adit::dialect {
namespace {

using equihash::Params;

constexpr Policy policy_of(u32 bucket_bits, u32 dropped_bits)
{
    Policy policy;
    for (u32& bits : policy.bucket_bits) bits = bucket_bits;
    policy.dropped_bits = dropped_bits;
    return policy;
}

struct SizeRow {
    Params params;
    u32 bucket_bits;
    u32 dropped_bits;
    std::vector<u32> row_words;
    u64 arena_bytes_max;
};

const SizeRow kSizes[]{
    {{48, 5}, 2, 0, {2, 2, 1, 1, 1}, 200'000},
    {{96, 5}, 7, 3, {3, 3, 2, 2, 1}, 7'000'000},
    {{96, 3}, 12, 4, {3, 2, 1}, 1'050'000'000},
    {{200, 9}, 10, 2, {6, 6, 5, 4, 4, 3, 3, 2, 1}, 136'000'000},
    {{210, 9}, 12, 2, {7, 6, 5, 5, 4, 3, 3, 2, 1}, 300'000'000},
    {{144, 5}, 12, 4, {4, 4, 3, 2, 1}, 1'510'000'000},
    {{192, 7}, 12, 4, {6, 5, 4, 4, 3, 2, 1}, 1'900'000'000},
    {{125, 4, true}, 13, 5, {4, 3, 2, 1}, 2'660'000'000},
    {{150, 5}, 13, 9, {4, 4, 3, 2, 1}, 3'010'000'000},
};

TEST(Layout, StoresTheRowsItSaysInTheMemoryItSays)
{
    for (const SizeRow& row : kSizes) {
        SCOPED_TRACE(to_string(row.params));
        const Layout layout = plan(row.params, policy_of(row.bucket_bits, row.dropped_bits));
        ASSERT_TRUE(layout.fits);
        for (u32 r = 0; r < row.params.k; ++r)
            EXPECT_EQ(layout.tables[r].words, row.row_words[r]) << "table " << r;
        const auto places = plan_places(layout);
        ASSERT_TRUE(places);
        EXPECT_EQ(places->segments, 1u);
        EXPECT_LE(places->arena_bytes(1), row.arena_bytes_max);
        EXPECT_EQ(places->arena_bytes(3) - places->arena_bytes(2),
                  places->arena_bytes(2) - places->arena_bytes(1));
    }
}

/// One nonce on an NVIDIA card of either class.
TEST(Layout, KeepsCudaToItsBoundsOfMemory)
{
    const std::pair<Params, u64> bounds[]{{{200, 9}, 200'000'000},
                                          {{144, 5}, 2'000'000'000},
                                          {{192, 7}, 3'000'000'000},
                                          {{125, 4, true}, 3'500'000'000}};
    for (const auto& [params, bytes_max] : bounds)
        for (const auto architecture : {cuda::Architecture::narrow, cuda::Architecture::roomy}) {
            const Layout layout = cuda::layout_of(params.n, params.k, architecture);
            ASSERT_TRUE(layout.fits) << to_string(params);
            EXPECT_LE(plan_places(layout)->arena_bytes(1), bytes_max) << to_string(params);
        }
}

TEST(Layout, RefusesWhatTheKernelsCannotDo)
{
    EXPECT_FALSE(plan({200, 9}, policy_of(0, 2)).fits) << "one bucket has too many slots";
    EXPECT_FALSE(plan({200, 9}, policy_of(20, 2)).fits) << "no rest is left";
    EXPECT_FALSE(plan({144, 5}, policy_of(8, 4)).fits) << "131,072 rows a bucket";
    for (const u32 calls : {1u << 16, 1u << 31}) {
        Policy policy = policy_of(10, 2);
        policy.hash_calls = calls;
        EXPECT_FALSE(plan({200, 9}, policy).fits) << "leaves of a block have names of 16 bits";
    }
    EXPECT_FALSE(plan({144, 5}, policy_of(17, 4)).fits) << "buckets have names of 16 bits";
    EXPECT_TRUE(plan({144, 5}, policy_of(16, 4)).fits);
    EXPECT_TRUE(plan({144, 5}, policy_of(12, 4)).fits);
}

/// Whatever the buckets, a reference of 32 bits names every bucket of a slice with every pair of
/// its slots, and the slices take all buckets.
TEST(Layout, NamesParentsIn32Bits)
{
    struct SliceRow {
        Params params;
        u32 bucket_bits;
        u32 slices;
    };
    const SliceRow rows[]{{{200, 9}, 10, 1},  {{200, 9}, 9, 2},   {{96, 5}, 7, 1},
                          {{144, 5}, 12, 37}, {{144, 5}, 13, 20}, {{144, 5}, 15, 6},
                          {{150, 5}, 13, 74}, {{150, 5}, 15, 21}};
    for (const SliceRow& row : rows) {
        SCOPED_TRACE(to_string(row.params) + " " + std::to_string(row.bucket_bits));
        const Layout layout = plan(row.params, policy_of(row.bucket_bits, 2));
        ASSERT_TRUE(layout.fits);
        EXPECT_EQ(layout.tables[0].slices, row.slices);
        for (u32 r = 0; r + 1 < row.params.k; ++r) {
            const TableLayout& table = layout.tables[r];
            EXPECT_EQ(table.pair_numbers, u64{table.slots} * (table.slots - 1) / 2);
            EXPECT_LE(u64{table.pair_numbers} * table.slice_buckets, u64{1} << 32);
            EXPECT_EQ(layout.tables[r + 1].notes, table.slices - 1);
            u32 launches = 0, next = 0;
            for_each_slice(table.buckets, table.slice_buckets, [&](u32 first, u32 buckets) {
                EXPECT_EQ(first, next);
                EXPECT_LE(buckets, table.slice_buckets);
                next += buckets;
                ++launches;
            });
            EXPECT_EQ(next, table.buckets);
            EXPECT_EQ(launches, table.slices);
        }
    }
    EXPECT_FALSE(plan({150, 5}, policy_of(11, 9)).fits) << "hundreds of launches a round";

    Policy finer = policy_of(13, 4);  // what a table notes are the slices of the one before
    finer.bucket_bits[1] = 14;
    const Layout layout = plan({144, 5}, finer);
    EXPECT_GT(layout.tables[0].slices, layout.tables[1].slices);
    for (u32 r = 1; r < 5; ++r) EXPECT_EQ(layout.tables[r].notes, layout.tables[r - 1].slices - 1);
}

/// All buckets of all rounds, all tiles of the hash, each once and in order.
TEST(Layout, SharesTheHashAmongTheRounds)
{
    Policy policy = policy_of(9, 2);
    policy.hash_group = policy.round_group;
    policy.overlap = true;
    const Layout layout = plan({200, 9}, policy);
    ASSERT_TRUE(layout.fits);
    u32 tiles = 0, fewest = ~u32{0}, most = 0;
    std::vector<u32> buckets(layout.params.k);
    for_each_share(layout, [&](const Share& share) {
        EXPECT_EQ(share.first_tile, tiles);
        tiles += share.tiles;
        fewest = std::min(fewest, share.tiles);
        most = std::max(most, share.tiles);
        EXPECT_EQ(share.first_bucket, buckets.at(share.round));
        buckets[share.round] += share.buckets;
    });
    EXPECT_EQ(tiles, layout.hash_blocks);
    EXPECT_LE(most - fewest, 1u);
    for (u32 round = 1; round < layout.params.k; ++round) EXPECT_EQ(buckets[round], 512u);

    policy.hash_group /= 2;
    EXPECT_FALSE(plan({200, 9}, policy).fits) << "blocks of two sizes in one launch";

    Policy small_tiles = policy_of(15, 9);
    small_tiles.hash_group = small_tiles.round_group;
    small_tiles.overlap = true;
    EXPECT_TRUE(plan({150, 5}, small_tiles).fits);
    small_tiles.hash_calls = 64;
    EXPECT_FALSE(plan({150, 5}, small_tiles).fits) << "blocks times tiles pass 32 bits";
}

/// Where only digits are staged, a bucket twice as large takes little more shared memory; 48 KB is
/// what NVIDIA's OpenCL shows.
TEST(Layout, StagesOnlyTheWordsOfDigits)
{
    Policy policy = policy_of(10, 2);
    policy.digits = true;
    const Layout layout = plan({200, 9}, policy);
    ASSERT_TRUE(layout.fits);
    for (u32 r = 1; r < layout.params.k; ++r) {
        const RoundLayout& round = layout.rounds[r];
        const TableLayout& in = layout.tables[r - 1];
        const TableLayout& out = layout.tables[r];
        EXPECT_LE(round.shared_bytes, 54'000u) << "round " << r;
        EXPECT_LE(round.digit_words, 3u) << "round " << r;
        EXPECT_LE(round.digit_begin + round.digit_words, in.words);
        EXPECT_LE(32 * round.digit_begin, out.bucket_at) << "the next bucket is among them";
        EXPECT_GE(32 * (round.digit_begin + round.digit_words), in.rest_at + in.rest_bits);
        EXPECT_GE(out.bucket_at + out.bucket_bits - 32 * round.digit_begin,
                  std::min(40u, out.bucket_at + out.bucket_bits))
            << "a live row looks like a zero one";
    }
    EXPECT_EQ(layout.rounds[1].digit_begin, 4u);
    EXPECT_EQ(layout.rounds[1].digit_words, 2u);
}

struct Piece {
    Place place;
    u64 words;
    u32 born;
    u32 dies;
};

std::vector<Piece> pieces_of(const Layout& layout, const Places& places)
{
    const u32 k = layout.params.k;
    std::vector<Piece> pieces{{places.fills, layout.fill_words, 0, k + 1},
                              {places.tallies, kTallyWords, 0, k + 1},
                              {places.solutions, u64{kSolutionsMax} * layout.indices, 0, k + 1},
                              {places.candidates, 2 * kCandidatesMax, k, k + 1}};
    for (u32 r = 0; r < k; ++r) {
        const TableLayout& table = layout.tables[r];
        const u64 rows = u64{table.slots} * table.buckets;
        if ((table.words & 4) != 0) pieces.push_back({places.quad[r], rows * 4, r, r + 1});
        if ((table.words & 2) != 0) pieces.push_back({places.duo[r], rows * 2, r, r + 1});
        if ((table.words & 1) != 0) pieces.push_back({places.single[r], rows, r, r + 1});
        pieces.push_back({places.ref[r], rows, r, k + 1});
        if (table.notes != 0)
            pieces.push_back({places.notes[r], u64{table.notes} * table.buckets, r, k + 1});
    }
    return pieces;
}

void expect_apart(const Layout& layout, const Places& places)
{
    const auto pieces = pieces_of(layout, places);
    for (const Piece& a : pieces) {
        EXPECT_LE(a.place.at + a.words, places.nonce_words[a.place.segment]);
        EXPECT_EQ(a.place.at % 4, 0u) << "quads want 16-byte places";
        for (const Piece& b : pieces) {
            if (&a == &b || a.place.segment != b.place.segment) continue;
            if (a.born > b.dies || b.born > a.dies) continue;
            EXPECT_TRUE(a.place.at + a.words <= b.place.at || b.place.at + b.words <= a.place.at)
                << a.place.at << " + " << a.words << ", " << b.place.at << " + " << b.words;
        }
    }
}

TEST(Places, NeverShareMemoryWhileBothLive)
{
    for (const SizeRow& row : kSizes) {
        SCOPED_TRACE(to_string(row.params));
        const Layout layout = plan(row.params, policy_of(row.bucket_bits, row.dropped_bits));
        for (const u64 segment_max : {kSegmentBytesMax, u64{1} << 30, u64{600} << 20}) {
            const auto places = plan_places(layout, segment_max);
            if (!places) {
                EXPECT_GT(plan_places(layout)->arena_bytes(1), 2 * segment_max);
                continue;
            }
            expect_apart(layout, *places);
            EXPECT_LE(places->segments, kSegmentsMax);
            for (u32 i = 0; i < places->segments; ++i)
                EXPECT_LE(places->segment_bytes(i, 1), segment_max);
        }
    }
}

TEST(OrderTree, PutsEveryHalfWithTheSmallerFirstLeafInFront)
{
    std::vector<u32> leaves{7, 3, 9, 1, 0, 8, 5, 4};
    order_tree(leaves);
    EXPECT_EQ(leaves, (std::vector<u32>{0, 8, 4, 5, 1, 9, 3, 7}));
    std::vector<u32> many(512);
    std::iota(many.begin(), many.end(), 0);
    std::shuffle(many.begin(), many.end(), std::mt19937(3));
    auto sorted = many;
    order_tree(many);
    for (std::size_t half = 1; half < many.size(); half *= 2)
        for (std::size_t at = 0; at < many.size(); at += 2 * half)
            EXPECT_LT(many[at], many[at + half]);
    std::sort(sorted.begin(), sorted.end());
    std::sort(many.begin(), many.end());
    EXPECT_EQ(many, sorted);
}

}  // namespace
}  // namespace adit::dialect
