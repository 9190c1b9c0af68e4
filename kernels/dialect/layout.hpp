#pragma once

#include <type_traits>

#include "kernels/base/bytes.hpp"
#include "kernels/equihash/params.hpp"

/// How the tables of a nonce lie in a device's memory, worked out at compile time from (n, k) and a
/// policy. Own work; the ideas and the numbers behind the defaults stand in kernels/README.md.
///
/// Words: *table r* holds the rows after r collisions, table 0 the hashes. A row is filed in a
/// *bucket* by the first bits of its next digit, at a *slot* there; the digit's other bits are its
/// *rest*. Rows are the low words of the xor as it is: its last `dropped_bits` are cut off, bits
/// are numbered from that end, and words that have become zero fall away. Nothing is ever shifted.
///
/// A *reference* names the bucket and the pair of slots that a row came from, in 32 bits. Where the
/// buckets are too many for that, a round is launched in *slices*, runs of so many buckets that the
/// number of a bucket within its slice fits; how full each bucket was after a slice is noted, and
/// tells later which slice wrote a slot. Own work.
namespace adit::dialect {

inline constexpr u32 kTablesMax = 9;         ///< k
inline constexpr u32 kRowWordsMax = 7;       ///< 28 bytes: table 0 of (210,9)
inline constexpr u32 kBucketBitsMax = 16;    ///< kernels keep a bucket and a rank in one word
inline constexpr u32 kHashRowsMax = 65'536;  ///< leaves of a block that hashes: the same
inline constexpr u32 kTallyWords = 8;        ///< see Tally
inline constexpr u32 kSlicesMax = 128;       ///< launches of one round
inline constexpr u32 kCandidatesMax = 8192;  ///< of a nonce; most seen: 4,251
inline constexpr u32 kSolutionsMax = 64;     ///< of a nonce

/// What a nonce's kernels count, in words of their own, read back with the solutions.
enum Tally : u32 {
    rows_dropped,  ///< rows that found their bucket full, and pairs that found their list full
    candidates,    ///< pairs of the last round
    solutions,     ///< candidates that are solutions
    survivors,     ///< candidates that reached the test of the dropped bits
};

/// How a block brings its rows to their buckets.
enum class Scatter : u32 {
    direct,   ///< one global atomic a row
    grouped,  ///< one global atomic for each bucket a block has rows for; rows in any order
    ordered,  ///< the same, and rows written bucket by bucket: whole runs, full sectors
};

/// What a class of devices chooses: data, no code. Sizes left at 0 follow from (n, k).
struct Policy {
    u32 dropped_bits = 0;              ///< cut off every row's end; 2^(1 + d) false candidates
    u32 bucket_bits[kTablesMax] = {};  ///< of table r
    u32 slots[kTablesMax] = {};        ///< of a bucket of table r; 0: `default_slots`
    u32 pairs[kTablesMax + 1] = {};    ///< of a block's list in round r; 0: `default_pairs`
    Scatter scatter = Scatter::grouped;
    bool staged = true;   ///< rows copied to shared memory; else read where they are
    bool digits = false;  ///< of rows only the words that rounds look at first; the rest in place
    u32 hash_words = 1;   ///< hashes side by side in one lane: 1, or 8 where vectors are wide
    u32 wide_adds =
        0;  ///< of a mixing step's four sums, those made by multiply-adds: 0, 2, 4 (CUDA)
    u32 hash_calls = 1024;    ///< BLAKE2b calls of one block
    u32 hash_group = 256;     ///< lanes of a block that hashes
    u32 round_group = 512;    ///< lanes of a block in rounds 1 … k-1
    u32 last_group = 512;     ///< lanes of a block in the last round
    u32 expand_group = 128;   ///< lanes that walk one candidate back
    u32 expand_blocks = 128;  ///< blocks that share a nonce's candidates
    u32 ahead = 0;   ///< rows before one is written that the caches hear of it; see Layout::ahead
    u32 batch = 1;   ///< nonces of one launch, at most
    u32 slices = 1;  ///< launches of a round, at least; see TableLayout::slices
    bool overlap = false;     ///< rounds of a batch and hashing of the next in one launch (`Share`)
    u32 hash_residents = 1;   ///< blocks at once on one multiprocessor that registers must allow
    u32 round_residents = 1;  ///< the same in the rounds (CUDA)
};

/// One lane a block everywhere: kernels then need neither barriers nor atomics in shared memory.
constexpr bool is_single_lane(const Policy& policy)
{
    return policy.hash_group == 1 && policy.round_group == 1 && policy.last_group == 1 &&
           policy.expand_group == 1;
}

struct TableLayout {
    u32 bucket_bits = 0;
    u32 buckets = 0;
    u32 slots = 0;      ///< of one bucket
    u32 bucket_at = 0;  ///< lowest bit of the bucket field, counted from a row's end
    u32 rest_at = 0;
    u32 rest_bits = 0;
    u32 words = 0;  ///< stored of a row: in planes of 4, 2 and 1 words, as its binary digits say
    u32 pair_numbers = 0;   ///< pairs of a bucket's slots
    u32 slices = 1;         ///< launches of the round that reads this table
    u32 slice_buckets = 0;  ///< that each of them takes, the last one perhaps fewer
    u32 notes = 0;          ///< kept of each bucket of this table: its fill after each slice but
                            ///< the last one of the round that wrote it
    u32 fill_at = 0;        ///< words into the fill counters
};

/// One kernel's shared memory: byte offsets into the block's pool.
struct RoundLayout {
    u32 pairs = 0;        ///< capacity of the pair list
    u32 pair_steps = 0;   ///< pairs of one lane
    u32 tag_steps = 1;    ///< of them, those whose target a lane keeps
    u32 own_steps = 1;    ///< those it keeps itself
    u32 digit_begin = 0;  ///< first word read to learn a pair's target and whether it is zero
    u32 digit_words = 0;  ///< from there on, staged where the policy says digits
    u32 counters = 0;     ///< words of `heads`: chain heads first, target counts later
    u32 stage_quad = 0, stage_duo = 0, stage_single = 0, stage_digits = 0;
    u32 heads = 0, next = 0, list = 0, partial = 0, control = 0;
    u32 shared_bytes = 0;
};

struct Layout {
    equihash::Params params;
    Policy policy;
    u32 stored_bits = 0;                                    ///< of a leaf hash: n - dropped_bits
    u32 leaf_bits = 0, slot_bytes = 0, slots_per_call = 0;  ///< as in equihash::Params
    u32 leaves = 0, indices = 0;
    u32 ordered = 0, direct = 0, staged = 0, digits = 0,
        twist = 0;        ///< policy and params, for kernels
    u32 ahead = 0;        ///< the policy's, where lanes are alone and places known; else 0
    u32 stage_words = 0;  ///< of a leaf in shared memory: a row, or a twisted digest's quarter
    TableLayout tables[kTablesMax];
    RoundLayout rounds[kTablesMax + 1];  ///< 0: hash, 1 … k-1: rounds, k: last
    u32 expand_shared_bytes = 0;
    u32 hash_blocks = 0;
    u32 hash_rows = 0;   ///< of one block
    u32 hash_steps = 0;  ///< of them, of one lane

    u32 fill_words = 0;  ///< all fill counters, then those of `tickets_at`
    u32 tickets_at =
        0;              ///< words into the fill counters: of round r, blocks that have their places
    bool fits = false;  ///< false: the policy cannot serve these parameters
};

/// Calls launch(first block, blocks) for each slice of a kernel's `blocks`, in order.
constexpr void for_each_slice(u32 blocks, u32 slice_blocks, const auto& launch)
{
    for (u32 first = 0; first < blocks; first += slice_blocks)
        launch(first, blocks - first < slice_blocks ? blocks - first : slice_blocks);
}

/// One launch of a round that has a share of the next batch's hashing in it.
struct Share {
    u32 round = 0;
    u32 first_bucket = 0, buckets = 0;  ///< of table round - 1
    u32 first_tile = 0, tiles = 0;      ///< of the hash_blocks
};

/// Calls launch(Share) for each launch of rounds 1 … k - 1, in order; all get as many tiles.
constexpr void for_each_share(const Layout& layout, const auto& launch)
{
    const u32 rounds = layout.params.k - 1;
    u32 launches = 0, done = 0;
    for (u32 r = 0; r < rounds; ++r) launches += layout.tables[r].slices;
    const auto tiles_until = [&](u32 launch_number) {
        return static_cast<u32>(u64{layout.hash_blocks} * launch_number / launches);
    };
    for (u32 r = 0; r < rounds; ++r)
        for_each_slice(layout.tables[r].buckets, layout.tables[r].slice_buckets,
                       [&](u32 first, u32 buckets) {
                           const u32 tile = tiles_until(done);
                           ++done;
                           launch(Share{r + 1, first, buckets, tile, tiles_until(done) - tile});
                       });
}

/// The whole plan. `fits` is false when rows, references or slots exceed what the kernels can do.
constexpr Layout plan(const equihash::Params& params, const Policy& policy);

/// Slots that a bucket of table `table` needs so that a nonce in thousands drops a row: the mean
/// plus 5.7 sd of a Poisson count, plus the drift of late tables (the row count of table r has a
/// relative sd of about 1.15 * 2^(r-1) * 2^(-w/2): deviations double with each round).
constexpr u32 default_slots(const equihash::Params& params, u32 table, u32 bucket_bits);

/// The same for the pairs that one bucket of table `table` - 1 gives.
constexpr u32 default_pairs(const equihash::Params& params, u32 table, u32 bucket_bits_in);

}  // namespace adit::dialect

#include "kernels/dialect/layout_plan.hpp"
