#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/equihash/params.hpp"

namespace adit::cpu {

using equihash::Params;

inline constexpr u32 kMaxTables = 9;  ///< k of the longest known set: tables 0 … k - 1

/// Where everything of one nonce lies inside a solver's arena, in bytes. Table r holds the rows
/// after r collisions; its rows live until table r + 1 is made, its references to the nonce's end.
struct ArenaPlan {
    std::array<u64, kMaxTables> rows_at{};
    std::array<u64, kMaxTables> refs_at{};
    u64 bytes = 0;
};

/// How the CPU keeps the rows of one (n, k): all constants, pictures in kernels/README.md.
///
/// A leaf's hash is read as one big number of `total_bits`, most significant byte first, and stored
/// little-endian, so that what is left after r collisions is always its low end. A table is
/// 2^bucket_bits buckets by the next digit's high bits; the digit's other bits (the *rest*) find
/// the partners inside a bucket. Rows are whole bytes; a bucket is an array of them.
template <Params P>
struct Layout {
    static constexpr u32 k = P.k;
    static constexpr u32 digit_bits = P.collision_bits();
    static constexpr u32 row_index_bits = P.index_bits();

    /// 2^11 … 2^13 rows in a bucket: its rows and tables stay inside a core's own caches.
    static constexpr u32 bucket_bits = row_index_bits >= 25   ? row_index_bits - 13
                                       : row_index_bits >= 20 ? row_index_bits - 11
                                       : row_index_bits >= 12 ? row_index_bits - 10
                                                              : row_index_bits - 7;
    static constexpr u32 buckets = 1u << bucket_bits;
    static constexpr u32 rest_bits = digit_bits - bucket_bits;
    static constexpr u32 rests = 1u << rest_bits;

    /// Whole bytes at the end of a leaf's hash that are left out where n is no multiple of 8: with
    /// the padding go up to 6 bits of the hash, which the last check of a candidate looks at.
    static constexpr u32 dropped_bytes = P.n % 8 == 0 ? 0 : 1;
    static constexpr u32 leaf_bytes = P.slot_bytes() - dropped_bytes;
    static constexpr u32 total_bits = 8 * leaf_bytes;
    static constexpr bool last_bits_unchecked = dropped_bytes != 0;

    /// The number's bits that table r has not yet used up, its bucket included.
    static constexpr u32 bits_left(u32 r) { return total_bits - digit_bits * r; }
    static constexpr u32 row_bytes(u32 r) { return (bits_left(r) - bucket_bits + 7) / 8; }

    /// Slots of one bucket in table r: five standard deviations of the fill above its mean, and
    /// room for the drift of the row count, whose standard deviation doubles with every round.
    static constexpr u32 capacity_of(u32 r)
    {
        const double mean = 1u << (row_index_bits - bucket_bits);
        double sqrt_mean = 1;
        for (int i = 0; i < 40; ++i) sqrt_mean = (sqrt_mean + mean / sqrt_mean) / 2;
        double drift = r == 0 ? 0 : 4.0 * 1.15;
        for (u32 i = 1; i < r; ++i) drift *= 2;
        for (u32 i = 0; i < row_index_bits / 2; ++i) drift /= 2;
        if (row_index_bits % 2 == 1) drift /= 1.41421356;
        const u32 slots = static_cast<u32>(mean * (1 + drift) + 5 * sqrt_mean) + 1;
        return (slots + 15) / 16 * 16;
    }
    static constexpr std::array<u32, kMaxTables> capacities = [] {
        std::array<u32, kMaxTables> slots{};
        for (u32 r = 0; r < k; ++r) slots[r] = capacity_of(r);
        return slots;
    }();
    static constexpr u32 capacity(u32 r) { return capacities[r]; }
    static constexpr u32 capacity_max = [] {
        u32 most = 0;
        for (u32 slots : capacities) most = slots > most ? slots : most;
        return most;
    }();

    /// A reference is the pair of slots a row came from and the low bits of their bucket's number;
    /// the other bits follow from the row's own slot, for rows arrive in the order of their
    /// parents' buckets: every `group_buckets` of them the fill of all buckets is written down.
    static constexpr u32 slot_bits = std::bit_width(capacity_max - 1);
    static constexpr u32 group_bits = std::min(32 - 2 * slot_bits, bucket_bits);
    static constexpr u32 group_buckets = 1u << group_bits;
    static constexpr u32 groups = buckets >> group_bits;

    /// A leaf's reference is the low 16 bits of its index; the fills are noted every 2^16 leaves.
    static constexpr u32 leaf_groups = P.rows() <= 65536 ? 1 : P.rows() / 65536;

    static constexpr u64 table_slots(u32 r) { return u64{buckets} * capacity(r); }
    static constexpr u64 rows_bytes(u32 r) { return round_up(table_slots(r) * row_bytes(r) + 64); }
    static constexpr u64 refs_bytes(u32 r)
    {
        return round_up(table_slots(r) * (r == 0 ? sizeof(u16) : sizeof(u32)));
    }

    /// First fit in the order of the rounds, references first: for every known set this needs no
    /// byte more than what lives at once.
    static constexpr ArenaPlan plan()
    {
        struct Block {
            u64 at = 0, bytes = 0;
            u32 last_round = 0;
        };
        std::array<Block, 2 * kMaxTables> placed{};
        u32 count = 0;
        ArenaPlan result;
        const auto place = [&](u64 bytes, u32 now, u32 last_round) {
            u64 at = 0;
            for (bool moved = true; moved;) {
                moved = false;
                for (u32 i = 0; i < count; ++i) {
                    const Block& other = placed[i];
                    if (other.last_round < now || at + bytes <= other.at ||
                        other.at + other.bytes <= at)
                        continue;
                    at = other.at + other.bytes;
                    moved = true;
                }
            }
            placed[count++] = {at, bytes, last_round};
            if (at + bytes > result.bytes) result.bytes = at + bytes;
            return at;
        };
        for (u32 r = 0; r < k; ++r) {
            result.refs_at[r] = place(refs_bytes(r), r, k);
            result.rows_at[r] = place(rows_bytes(r), r, r + 1);
        }
        return result;
    }

private:
    static constexpr u64 round_up(u64 bytes) { return (bytes + 4095) / 4096 * 4096; }
};

}  // namespace adit::cpu
