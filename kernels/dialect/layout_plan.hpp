#pragma once

// The arithmetic behind layout.hpp; nobody else includes this.

namespace adit::dialect {
namespace planning {

constexpr u64 square_root(u64 value)
{
    u64 root = 0;
    for (u64 bit = u64{1} << 31; bit > 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= value) root += bit;
    return root;
}

constexpr u32 round_up(u64 value, u32 step)
{
    return static_cast<u32>((value + step - 1) / step * step);
}

/// `mean` rows with the relative standard deviation sqrt(spread / mean) times 5.7, and `drift_sds`
/// standard deviations of the drift of table `table`.
constexpr u64 with_margin(const equihash::Params& params, u64 mean, u32 spread, u32 table,
                          u32 drift_sds_x100)
{
    u64 slots = mean + 57 * square_root(100 * spread * mean) / 100 + 1;
    if (table > 0) {
        // 1.15 * 2^(table-1) * 2^(-w/2), in units of 2^-20; small drifts hide in the first margin.
        const u64 sd = (u64{1205862} << (table - 1)) / square_root(u64{1} << params.index_bits());
        const bool matters = sd > 20'000 || params.index_bits() < 21;
        if (matters) slots += mean * sd / 100 * drift_sds_x100 >> 20;
    }
    return slots;
}

/// Hands out a block's shared memory, 16-byte aligned.
struct Pool {
    u32 bytes = 0;
    constexpr u32 take(u64 size)
    {
        const u32 at = bytes;
        bytes += round_up(size, 16);
        return at;
    }
};

/// What adit_scan needs: the values, and a word for each 32 of them.
constexpr u32 scan_words(u32 group) { return group + 32; }

template <class Number>
constexpr Number larger(Number a, std::type_identity_t<Number> b)
{
    return a > b ? a : b;
}
constexpr u64 smaller(u64 a, u64 b) { return a < b ? a : b; }
constexpr u32 per_lane(u32 items, u32 group) { return (items + group - 1) / group; }

constexpr void take_stage(Pool& pool, RoundLayout& round, u32 words, u32 rows)
{
    round.stage_quad = pool.take(u64{words >> 2} * 16 * rows);
    round.stage_duo = pool.take(u64{words >> 1 & 1} * 8 * rows);
    round.stage_single = pool.take(u64{words & 1} * 4 * rows);
}

constexpr TableLayout plan_table(const Layout& layout, u32 r)
{
    const auto& params = layout.params;
    const u32 cb = params.collision_bits();
    const u32 bits = layout.stored_bits - cb * r;  // those of the digits that are left
    TableLayout table;
    table.bucket_bits = layout.policy.bucket_bits[r];
    table.buckets = 1u << table.bucket_bits;
    const u32 wished = layout.policy.slots[r];
    table.slots = wished != 0 ? wished : default_slots(params, r, table.bucket_bits);
    table.bucket_at = bits - table.bucket_bits;
    table.rest_at = bits - cb;
    table.rest_bits = cb - table.bucket_bits;
    table.words = (table.bucket_at + 31) / 32;
    const u64 pairs = larger(u64{table.slots} * (table.slots - 1) / 2, 1);
    table.pair_numbers = static_cast<u32>(pairs);
    const u32 nameable = static_cast<u32>(smaller((u64{1} << 32) / pairs, table.buckets));
    table.slices = larger(per_lane(table.buckets, larger(nameable, 1)), layout.policy.slices);
    table.slice_buckets = per_lane(table.buckets, table.slices);
    table.slices = per_lane(table.buckets, table.slice_buckets);  // some may be left with none
    return table;
}

constexpr RoundLayout plan_hash(const Layout& layout)
{
    const Policy& policy = layout.policy;
    const bool counts = policy.scatter != Scatter::direct;
    RoundLayout round;
    Pool pool;
    round.counters = counts ? layout.tables[0].buckets : 0;
    take_stage(pool, round, layout.stage_words, layout.hash_rows);
    round.heads = pool.take(u64{4} * round.counters);
    round.list = pool.take(u64{4} * layout.hash_rows);
    if (layout.ordered != 0) round.partial = pool.take(u64{4} * scan_words(policy.hash_group));
    round.control = pool.take(16);
    round.shared_bytes = pool.bytes;
    return round;
}

/// The words at hand when the plane of the next bucket has been read; all, where those are so few
/// that a live row might look like a zero one.
constexpr u32 digit_begin(u32 words_in, const TableLayout& out)
{
    const u32 first = out.bucket_at / 32;
    u32 begin = 0;
    if (first >= (words_in & 4)) begin = words_in & 4;
    if (first >= (words_in & 6)) begin = words_in & 6;
    const u32 bits = out.bucket_at + out.bucket_bits - 32 * begin;
    return bits >= 40 ? begin : 0;
}

/// The last word from which on `out`'s rows have 40 bits to tell a live one from zero.
constexpr u32 narrow_digit_begin(const TableLayout& out)
{
    const u32 bits = out.bucket_at + out.bucket_bits;
    const u32 begin = bits < 40 ? 0 : (bits - 40) / 32;
    return begin < out.bucket_at / 32 ? begin : out.bucket_at / 32;
}

/// Round `r` reads table r-1; the last one (r = k) lists candidates instead of making rows.
constexpr RoundLayout plan_round(const Layout& layout, u32 r)
{
    const Policy& policy = layout.policy;
    const TableLayout& in = layout.tables[r - 1];
    const bool last = r == layout.params.k;
    RoundLayout round;
    Pool pool;
    round.counters = 1u << in.rest_bits;
    if (!last && policy.scatter != Scatter::direct)
        round.counters = larger(round.counters, layout.tables[r].buckets);
    if (layout.staged != 0) take_stage(pool, round, in.words, in.slots);
    if (!last) {
        round.digit_begin = layout.digits != 0 ? narrow_digit_begin(layout.tables[r])
                                               : digit_begin(in.words, layout.tables[r]);
        round.digit_words = (in.rest_at + in.rest_bits + 31) / 32 - round.digit_begin;
        if (layout.digits != 0)
            round.stage_digits = pool.take(u64{4} * round.digit_words * in.slots);
    }
    round.heads = pool.take(u64{4} * round.counters);
    round.next = pool.take(u64{2} * in.slots);
    if (!last) {
        const u32 wished = policy.pairs[r];
        round.pairs = wished != 0 ? wished : default_pairs(layout.params, r, in.bucket_bits);
        round.pair_steps = per_lane(round.pairs, policy.round_group);
        if (layout.direct == 0) round.tag_steps = round.pair_steps;
        if (layout.ordered != 0) round.own_steps = round.pair_steps;
        const u32 spare = policy.round_group == 1 ? 1 : 0;  // what a lone lane writes past the end
        round.list = pool.take(u64{4} * (round.pairs + spare));
        if (layout.ordered != 0) round.partial = pool.take(u64{4} * scan_words(policy.round_group));
    }
    round.control = pool.take(16);
    round.shared_bytes = pool.bytes;
    return round;
}

}  // namespace planning

constexpr u32 default_slots(const equihash::Params& params, u32 table, u32 bucket_bits)
{
    const u64 mean = u64{params.rows()} >> bucket_bits;
    const u32 sds = params.index_bits() < 12 ? 800 : params.index_bits() < 21 ? 500 : 250;
    return planning::round_up(planning::with_margin(params, mean, 1, table, sds), 32);
}

constexpr u32 default_pairs(const equihash::Params& params, u32 table, u32 bucket_bits_in)
{
    const u64 mean = u64{params.rows()} >> bucket_bits_in;
    const u32 sds = params.index_bits() < 12 ? 1600 : params.index_bits() < 21 ? 600 : 300;
    return planning::round_up(planning::with_margin(params, mean, 5, table, sds), 64);
}

constexpr Layout plan(const equihash::Params& params, const Policy& policy)
{
    using namespace planning;
    Layout layout;
    layout.params = params;
    layout.policy = policy;
    layout.stored_bits = params.n - policy.dropped_bits;
    layout.leaf_bits = params.n;
    layout.slot_bytes = params.slot_bytes();
    layout.slots_per_call = params.slots_per_call();
    layout.leaves = params.rows();
    layout.indices = params.indices();
    layout.ordered = policy.scatter == Scatter::ordered ? 1 : 0;
    layout.direct = policy.scatter == Scatter::direct ? 1 : 0;
    layout.staged = policy.staged && !policy.digits ? 1 : 0;
    layout.digits = policy.digits ? 1 : 0;
    layout.twist = params.twist ? 1 : 0;
    if (is_single_lane(policy) && policy.scatter == Scatter::grouped) layout.ahead = policy.ahead;
    const u32 k = params.k;

    bool possible =
        k <= kTablesMax && u64{policy.hash_calls} * params.slots_per_call() <= kHashRowsMax;
    for (u32 r = 0; r < k && possible; ++r) {
        const u32 bits = policy.bucket_bits[r];
        possible = bits >= 1 && bits < params.collision_bits() && bits <= kBucketBitsMax;
        if (!possible) break;
        TableLayout& table = layout.tables[r] = plan_table(layout, r);
        if (r > 0) table.notes = layout.tables[r - 1].slices - 1;
        table.fill_at = layout.fill_words;
        layout.fill_words += table.buckets;
        possible = table.words >= 1 && table.words <= kRowWordsMax && table.slots < 65'536 &&
                   table.slices <= kSlicesMax &&
                   u64{table.slots} << table.bucket_bits < u64{1} << 32;
    }
    if (!possible) return layout;
    layout.tickets_at = layout.fill_words;
    layout.fill_words += round_up(k, 4);

    layout.stage_words = params.twist ? 4 : layout.tables[0].words;
    layout.hash_rows = policy.hash_calls * params.slots_per_call();
    layout.hash_blocks = per_lane(params.calls(), policy.hash_calls);
    layout.hash_steps = per_lane(layout.hash_rows, policy.hash_group);
    layout.rounds[0] = plan_hash(layout);
    for (u32 r = 1; r <= k; ++r) layout.rounds[r] = plan_round(layout, r);
    Pool expand;
    expand.take(u64{4} * 2 * params.indices());  // nodes, two levels
    expand.take(u64{4} * 2 * params.indices());  // the set that finds a leaf twice
    expand.take(16);
    layout.expand_shared_bytes = expand.bytes;

    // Blocks of either kind in one launch are as large; their numbers are multiplied in 32 bits.
    const u64 blocks = layout.hash_blocks + (u64{1} << kBucketBitsMax);
    if (policy.overlap &&
        (policy.hash_group != policy.round_group || blocks * layout.hash_blocks >> 32 != 0))
        return layout;

    layout.fits = true;
    return layout;
}

}  // namespace adit::dialect
