#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/equihash/params.hpp"

namespace adit::cpu {

using equihash::Params;

inline constexpr u32 kMaxTables = 9;  ///< k of the longest known set: tables 0 … k - 1

/// How the CPU keeps the rows of one (n, k): all constants, pictures in kernels/README.md.
///
/// A leaf's hash is read as one big number of `total_bits`, most significant byte first, and stored
/// little-endian, so that what is left after r collisions is always its low end. A table is
/// 2^bucket_bits buckets by the next digit's high bits; the digit's other bits (the *rest*) find
/// the partners inside a bucket. A slot is the row's bytes and, right behind, its reference.
///
/// Two heaps take turns: even tables live in one, odd tables in the other, every bucket in a region
/// of its own. Rows shrink from table to table; into the room that leaves at a region's end go the
/// references of the bucket's rows when the rows themselves are used up.
template <Params P>
struct Layout {
    static constexpr u32 k = P.k;
    static constexpr u32 digit_bits = P.collision_bits();
    static constexpr u32 row_index_bits = P.index_bits();

    /// 2^7 … 2^15 rows in a bucket, so that its rows stay inside a core's second-level cache, and
    /// as few buckets as that allows, because every one is a stream of writes: beyond two thousand
    /// they push each other out of that cache.
    static constexpr u32 bucket_bits = row_index_bits >= 25   ? 11
                                       : row_index_bits >= 20 ? row_index_bits - 12
                                       : row_index_bits >= 12 ? row_index_bits - 10
                                                              : row_index_bits - 7;
    static constexpr u32 buckets = 1u << bucket_bits;
    static constexpr u32 rest_bits = digit_bits - bucket_bits;
    static constexpr u32 rests = 1u << rest_bits;

    /// Threads that may share one nonce: each makes its share of every table, from the same share
    /// of the leaves or of the older table's buckets, and writes it into parts of the buckets that
    /// nobody else writes. Costs a little room, because smaller parts vary more; so only sets that
    /// need gigabytes have it.
    static constexpr u32 parts = row_index_bits >= 25 ? 4 : 1;

    /// Whole bytes at the end of a leaf's hash that are left out where n is no multiple of 8: with
    /// the padding go up to 6 bits of the hash, which the last check of a candidate looks at.
    static constexpr u32 dropped_bytes = P.n % 8 == 0 ? 0 : 1;
    static constexpr u32 leaf_bytes = P.slot_bytes() - dropped_bytes;
    static constexpr u32 total_bits = 8 * leaf_bytes;
    static constexpr bool last_bits_unchecked = dropped_bytes != 0;

    /// The number's bits that table r has not yet used up, its bucket included.
    static constexpr u32 bits_left(u32 r) { return total_bits - digit_bits * r; }
    static constexpr u32 row_bytes(u32 r) { return (bits_left(r) - bucket_bits + 7) / 8; }

    /// A leaf's reference is the low 16 bits of its index; the fills of all buckets are noted every
    /// 2^16 leaves. A later row's is the pair of slots it came from and the low bits of their
    /// bucket's number; the other bits follow from the row's own slot, for rows arrive in the order
    /// of their parents' buckets: every `group_buckets` of them the fills are noted. Both hold
    /// inside a bucket's parts, each for itself.
    static constexpr u32 ref_bytes(u32 r) { return r == 0 ? 2 : 4; }
    static constexpr u32 slot_bytes(u32 r) { return row_bytes(r) + ref_bytes(r); }

    /// Rows are moved in blocks of this many bytes, which may reach beyond their slot.
    static constexpr u32 block_bytes(u32 r)
    {
        return row_bytes(r) > 16 ? 32 : row_bytes(r) > 8 ? 16 : 8;
    }

    /// Slots of one part of a bucket in table r: five standard deviations of the fill above its
    /// mean, and room for the drift of the row count, whose standard deviation doubles with every
    /// round. One more is never filled: the last row's block may reach into it. Tables of a few
    /// hundred rows vary more than that formula knows, and cost next to nothing: they get
    /// thirty-two times the mean.
    static constexpr u32 capacity_of(u32 r)
    {
        const double mean = (1u << (row_index_bits - bucket_bits)) / parts;
        if (row_index_bits < 12) return static_cast<u32>(32 * mean);
        double sqrt_mean = 1;
        for (int i = 0; i < 40; ++i) sqrt_mean = (sqrt_mean + mean / sqrt_mean) / 2;
        double drift = r == 0 ? 0 : 4.0 * 1.15;
        for (u32 i = 1; i < r; ++i) drift *= 2;
        for (u32 i = 0; i < row_index_bits / 2; ++i) drift /= 2;
        if (row_index_bits % 2 == 1) drift /= 1.41421356;
        const u32 slots = static_cast<u32>(mean * (1 + drift) + 5 * sqrt_mean) + 2;
        return (slots + 15) / 16 * 16;
    }
    static constexpr std::array<u32, kMaxTables> part_capacities = [] {
        std::array<u32, kMaxTables> slots{};
        for (u32 r = 0; r < k; ++r) slots[r] = capacity_of(r);
        return slots;
    }();
    static constexpr u32 part_capacity(u32 r) { return part_capacities[r]; }
    static constexpr u32 capacity(u32 r) { return parts * part_capacity(r); }
    static constexpr u32 capacity_max =
        parts * *std::max_element(part_capacities.begin(), part_capacities.end());

    static constexpr u32 slot_bits = std::bit_width(capacity_max - 1);
    static constexpr u32 group_bits = std::min(32 - 2 * slot_bits, bucket_bits);
    static constexpr u32 group_buckets = 1u << group_bits;
    static constexpr u32 groups = buckets >> group_bits;
    static constexpr u32 leaf_groups = P.rows() <= 65536 ? 1 : P.rows() / 65536;
    static_assert(groups % parts == 0 && leaf_groups % parts == 0);

    /// Bytes of one bucket's region in the heap of the even (0) or odd (1) tables.
    static constexpr u64 region_bytes(u32 parity)
    {
        u64 most = 0, refs = 0;
        for (u32 r = parity; r < k; r += 2) {
            most = std::max(most, u64{capacity(r)} * slot_bytes(r) + refs);
            refs += kept_refs_bytes(r);
        }
        return (std::max(most, refs) + 63) / 64 * 64;
    }
    /// References that outlive their rows. The last table's rows stay, and theirs with them.
    static constexpr u64 kept_refs_bytes(u32 r)
    {
        return r + 1 < k ? u64{capacity(r)} * ref_bytes(r) : 0;
    }
    /// Where in its region a bucket's references of table r end up.
    static constexpr u64 refs_at(u32 r)
    {
        u64 at = region_bytes(r % 2);
        for (u32 older = r % 2; older <= r; older += 2) at -= kept_refs_bytes(older);
        return at;
    }
    static constexpr u64 heap_bytes(u32 parity) { return buckets * region_bytes(parity); }
};

}  // namespace adit::cpu
