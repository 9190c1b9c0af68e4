#pragma once

#include <cstring>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/nonce_kernel.hpp"

// The solver itself, templated on (n, k). Units compiled for different machines include this, so
// everything lives in the lane's own namespace: no symbol is shared between lanes.
#if !defined(ADIT_CPU_LANE)
#error "include this from kernels/cpu/instances only"
#endif

#define ADIT_CPU_INLINE inline __attribute__((always_inline))

namespace adit::cpu::ADIT_CPU_LANE {

inline constexpr u32 kGroupMax = 32;         ///< rows of one bucket with the same rest
inline constexpr u32 kPairsMax = 4096;       ///< pairs listed before they are worked off
inline constexpr u32 kCandidatesMax = 8192;  ///< pairs that agree in all bits of the last table
inline constexpr u32 kCallsPerTile =
    240;  ///< hashed, then filed: a multiple of 16 and of 3, 4, 5, 10

template <Params P>
class Rounds {
    using L = Layout<P>;
    static constexpr u32 kBuckets = L::buckets;

    /// What a nonce needs beside its tables.
    struct Scratch {
        u32 fill[2][kBuckets];                         ///< rows in each bucket, by table parity
        u16 leaf_snapshots[L::leaf_groups][kBuckets];  ///< fills before each 2^16 leaves
        u16 snapshots[L::k][L::groups][kBuckets];      ///< fills of table r before each group
        u8 counts[L::rests];                           ///< rows with this rest so far
        u16 members[kGroupMax][L::rests];              ///< their slots
        u32 pairs[kPairsMax + kGroupMax];              ///< first slot | second slot << slot_bits
        u32 candidates[kCandidatesMax][2];             ///< bucket, pair
        u8 digests[64 * kCallsPerTile];
    };
    static constexpr ArenaPlan kPlan = L::plan();
    static constexpr u32 kSlotMask = (1u << L::slot_bits) - 1;

public:
    static constexpr u64 kArenaBytes = kPlan.bytes + sizeof(Scratch);

    static bool run(NonceRun& run) { return Rounds(run).all(); }

private:
    explicit Rounds(NonceRun& nonce)
        : run_(nonce), scratch_(*reinterpret_cast<Scratch*>(nonce.arena + kPlan.bytes))
    {}

    bool all()
    {
        run_.solutions = 0;
        if (!make_leaves() || !make_tables<1>() || !match_last()) return false;
        for (u32 c = 0; c < candidates_; ++c) {
            if (stopped()) return false;
            walk_back(scratch_.candidates[c][0], scratch_.candidates[c][1]);
        }
        return true;
    }

    bool stopped() const { return run_.stop_requested(run_.stop); }

    u8* rows(u32 r, u32 bucket) const
    {
        return run_.arena + kPlan.rows_at[r] + u64{bucket} * L::capacity(r) * L::row_bytes(r);
    }
    u32* refs(u32 r, u32 bucket) const
    {
        return reinterpret_cast<u32*>(run_.arena + kPlan.refs_at[r]) + u64{bucket} * L::capacity(r);
    }
    u16* leaf_refs(u32 bucket) const
    {
        return reinterpret_cast<u16*>(run_.arena + kPlan.refs_at[0]) + u64{bucket} * L::capacity(0);
    }

    /// `Width` bits of a row of table R's bytes, the lowest being bit `Low` of the number.
    template <u32 Low, u32 Width>
    static ADIT_CPU_INLINE u32 bits_of(const u8* row)
    {
        u32 word = 0;
        std::memcpy(&word, row + Low / 8, sizeof word);
        static_assert(Low % 8 + Width <= 32);
        return word >> Low % 8 & ((1u << Width) - 1);
    }
    template <u32 R>
    static ADIT_CPU_INLINE u32 bucket_of(const u8* row)
    {
        return bits_of<L::bits_left(R) - L::bucket_bits, L::bucket_bits>(row);
    }
    template <u32 R>
    static ADIT_CPU_INLINE u32 rest_of(const u8* row)
    {
        return bits_of<L::bits_left(R) - L::digit_bits, L::rest_bits>(row);
    }

    // ---- table 0: hashes ----

    bool make_leaves()
    {
        u32* const fill = scratch_.fill[0];
        std::memset(fill, 0, sizeof scratch_.fill[0]);
        constexpr u32 per_call = P.slots_per_call();
        u32 leaf = 0;
        for (u32 call = 0; call < P.calls(); call += kCallsPerTile) {
            if (stopped()) return false;
            const u32 calls = P.calls() - call < kCallsPerTile ? P.calls() - call : kCallsPerTile;
            run_.hasher.run(*run_.midstate, call, calls, scratch_.digests);
            if constexpr (P.twist) sum_digests(calls);
            for (u32 i = 0; i < calls * per_call && leaf < P.rows(); ++i, ++leaf) {
                if (leaf % 65536 == 0) snapshot(scratch_.leaf_snapshots[leaf / 65536], fill);
                const u8* slot =
                    scratch_.digests + 64 * (i / per_call) + P.slot_bytes() * (i % per_call);
                file_leaf(slot, leaf, fill);
            }
        }
        return true;
    }

    /// ZelHash: a digest is the sum, as sixteen 32-bit words, of its group of 16 calls up to
    /// itself.
    void sum_digests(u32 calls)
    {
        for (u32 call = 0; call < calls; ++call) {
            if (call % 16 == 0) continue;
            u32 before[16], now[16];
            std::memcpy(before, scratch_.digests + 64 * (call - 1), 64);
            std::memcpy(now, scratch_.digests + 64 * call, 64);
            for (u32 i = 0; i < 16; ++i) now[i] += before[i];
            std::memcpy(scratch_.digests + 64 * call, now, 64);
        }
    }

    void file_leaf(const u8* slot, u32 leaf, u32* fill)
    {
        u8 number[L::leaf_bytes];
        for (u32 i = 0; i < L::leaf_bytes; ++i) number[i] = slot[L::leaf_bytes - 1 - i];
        u8 padded[L::leaf_bytes + 4] = {};
        std::memcpy(padded, number, L::leaf_bytes);
        const u32 bucket = bucket_of<0>(padded);
        const u32 at = fill[bucket];
        if (at >= L::capacity(0)) {
            ++run_.rows_dropped;
            return;
        }
        fill[bucket] = at + 1;
        std::memcpy(rows(0, bucket) + u64{at} * L::row_bytes(0), number, L::row_bytes(0));
        leaf_refs(bucket)[at] = static_cast<u16>(leaf);
    }

    static void snapshot(u16* to, const u32* fill)
    {
        for (u32 i = 0; i < kBuckets; ++i) to[i] = static_cast<u16>(fill[i]);
    }

    // ---- tables 1 … k - 1: collisions ----

    template <u32 R>
    bool make_tables()
    {
        if constexpr (R < L::k)
            return make_table<R>() && make_tables<R + 1>();
        else
            return true;
    }

    /// Table R from table R - 1, bucket by bucket.
    template <u32 R>
    bool make_table()
    {
        const u32* const fill_in = scratch_.fill[(R - 1) % 2];
        u32* const fill = scratch_.fill[R % 2];
        std::memset(fill, 0, sizeof scratch_.fill[0]);
        for (u32 bucket = 0; bucket < kBuckets; ++bucket) {
            if (stopped()) return false;
            if (bucket % L::group_buckets == 0)
                snapshot(scratch_.snapshots[R][bucket / L::group_buckets], fill);
            const u8* const in = rows(R - 1, bucket);
            for_each_pair_list<R - 1>(in, bucket, fill_in[bucket],
                                      [&](u32 count) { file_pairs<R>(in, bucket, count, fill); });
        }
        return true;
    }

    /// Lists the pairs of rows of one bucket of table R that agree in the rest, and calls
    /// `work_off(count)` whenever the list is full, and at the end.
    template <u32 R, class WorkOff>
    void for_each_pair_list(const u8* in, u32 bucket, u32 count, const WorkOff& work_off)
    {
        constexpr u32 bytes = L::row_bytes(R);
        Scratch& s = scratch_;
        std::memset(s.counts, 0, sizeof s.counts);
        u32 listed = 0;
        const u8* row = in;
        for (u32 i = 0; i < count; ++i, row += bytes) {
            if (bucket == 0 && is_zero(row, bytes)) continue;  // the same leaves on both sides
            const u32 rest = rest_of<R>(row);
            const u32 earlier = s.counts[rest];
            if (earlier == kGroupMax) {
                ++run_.rows_dropped;
                continue;
            }
            s.counts[rest] = static_cast<u8>(earlier + 1);
            s.members[earlier][rest] = static_cast<u16>(i);
            for (u32 m = 0; m < earlier; ++m)
                s.pairs[listed + m] = s.members[m][rest] | i << L::slot_bits;
            listed += earlier;
            if (listed >= kPairsMax) {
                work_off(listed);
                listed = 0;
            }
        }
        work_off(listed);
    }

    static bool is_zero(const u8* row, u32 bytes)
    {
        for (u32 i = 0; i < bytes; ++i)
            if (row[i] != 0) return false;
        return true;
    }

    template <u32 R>
    void file_pairs(const u8* in, u32 bucket, u32 count, u32* fill)
    {
        constexpr u32 bytes_in = L::row_bytes(R - 1);
        constexpr u32 bytes = L::row_bytes(R);
        constexpr u32 group_shift = 2 * L::slot_bits;
        const u32 group_part =
            group_shift < 32 ? (bucket % L::group_buckets) << group_shift % 32 : 0;
        for (u32 p = 0; p < count; ++p) {
            const u32 pair = scratch_.pairs[p];
            const u8* const a = in + u64{pair & kSlotMask} * bytes_in;
            const u8* const b = in + u64{pair >> L::slot_bits} * bytes_in;
            u8 row[bytes_in + 4] = {};
            for (u32 i = 0; i < bytes_in; ++i) row[i] = a[i] ^ b[i];
            const u32 target = bucket_of<R>(row);
            const u32 at = fill[target];
            if (at >= L::capacity(R)) {
                ++run_.rows_dropped;
                continue;
            }
            fill[target] = at + 1;
            std::memcpy(rows(R, target) + u64{at} * bytes, row, bytes);
            refs(R, target)[at] = pair | group_part;
        }
    }

    // ---- the last digits, and the way back ----

    bool match_last()
    {
        constexpr u32 r = L::k - 1;
        constexpr u32 bytes = L::row_bytes(r);
        candidates_ = 0;
        for (u32 bucket = 0; bucket < kBuckets; ++bucket) {
            if (stopped()) return false;
            const u8* const in = rows(r, bucket);
            for_each_pair_list<r>(in, bucket, scratch_.fill[r % 2][bucket], [&](u32 count) {
                for (u32 p = 0; p < count; ++p) {
                    const u32 pair = scratch_.pairs[p];
                    if (std::memcmp(in + u64{pair & kSlotMask} * bytes,
                                    in + u64{pair >> L::slot_bits} * bytes, bytes) != 0)
                        continue;
                    if (candidates_ == kCandidatesMax) {
                        ++run_.rows_dropped;
                        continue;
                    }
                    scratch_.candidates[candidates_][0] = bucket;
                    scratch_.candidates[candidates_++][1] = pair;
                }
            });
        }
        return true;
    }

    /// A row on the way back: its bucket and slot.
    struct Node {
        u32 bucket, slot;
        bool operator==(const Node&) const = default;
    };

    /// From a pair of the last table down to the leaves, level by level. Nearly every candidate has
    /// the same row on both sides somewhere; that shows early.
    void walk_back(u32 bucket, u32 pair)
    {
        Node nodes[P.indices()], parents[P.indices()];
        nodes[0] = {bucket, pair & kSlotMask};
        nodes[1] = {bucket, pair >> L::slot_bits};
        u32 count = 2;
        for (u32 r = L::k - 1; r > 0; --r) {
            for (u32 i = 0; i < count; ++i) {
                const u32 ref = refs(r, nodes[i].bucket)[nodes[i].slot];
                const u32 from = bucket_of_parents(r, nodes[i], ref);
                parents[2 * i] = {from, ref & kSlotMask};
                parents[2 * i + 1] = {from, ref >> L::slot_bits & kSlotMask};
            }
            count *= 2;
            std::memcpy(nodes, parents, count * sizeof(Node));
            if (count <= 64 && has_repeat(nodes, count)) return;
        }
        u32 leaves[P.indices()];
        for (u32 i = 0; i < P.indices(); ++i) leaves[i] = leaf_of(nodes[i]);
        for (u32 width = 1; width < P.indices(); width *= 2) order_halves(leaves, width);
        if (!all_distinct(leaves) || (L::last_bits_unchecked && !xor_is_zero(leaves))) return;
        if (run_.solutions == kSolutionsMax) {
            ++run_.rows_dropped;
            return;
        }
        std::memcpy(run_.leaves[run_.solutions++], leaves, sizeof leaves);
    }

    u32 bucket_of_parents(u32 r, const Node& node, u32 ref) const
    {
        u32 low = 0, high = L::groups;  // the last group whose snapshot is not above the slot
        while (high - low > 1) {
            const u32 middle = (low + high) / 2;
            (scratch_.snapshots[r][middle][node.bucket] <= node.slot ? low : high) = middle;
        }
        constexpr u32 group_shift = 2 * L::slot_bits;
        return low * L::group_buckets + (group_shift < 32 ? ref >> group_shift % 32 : 0);
    }

    u32 leaf_of(const Node& node) const
    {
        u32 low = 0, high = L::leaf_groups;
        while (high - low > 1) {
            const u32 middle = (low + high) / 2;
            (scratch_.leaf_snapshots[middle][node.bucket] <= node.slot ? low : high) = middle;
        }
        return low << 16 | leaf_refs(node.bucket)[node.slot];
    }

    static bool has_repeat(const Node* nodes, u32 count)
    {
        for (u32 i = 1; i < count; ++i)
            for (u32 j = 0; j < i; ++j)
                if (nodes[i] == nodes[j]) return true;
        return false;
    }

    /// Swaps neighbouring runs of `width` leaves so that the one with the smaller first leaf leads.
    static void order_halves(u32* leaves, u32 width)
    {
        for (u32 at = 0; at < P.indices(); at += 2 * width) {
            if (leaves[at] < leaves[at + width]) continue;
            for (u32 i = 0; i < width; ++i) {
                const u32 left = leaves[at + i];
                leaves[at + i] = leaves[at + width + i];
                leaves[at + width + i] = left;
            }
        }
    }

    static bool all_distinct(const u32* leaves)
    {
        constexpr u32 slots = 2 * P.indices();
        u32 seen[slots];
        for (u32 i = 0; i < slots; ++i) seen[i] = ~0u;
        for (u32 i = 0; i < P.indices(); ++i) {
            u32 at = leaves[i] * 2654435761u % slots;
            while (seen[at] != ~0u) {
                if (seen[at] == leaves[i]) return false;
                at = (at + 1) % slots;
            }
            seen[at] = leaves[i];
        }
        return true;
    }

    /// The hashes' xor over all n bits, for the sets whose last bits the tables leave out.
    bool xor_is_zero(const u32* leaves)
    {
        u8 sum[P.slot_bytes()] = {};
        for (u32 i = 0; i < P.indices(); ++i) {
            const u32 call = leaves[i] / P.slots_per_call();
            const u32 first = P.twist ? call / 16 * 16 : call;
            run_.hasher.run(*run_.midstate, first, call - first + 1, scratch_.digests);
            if constexpr (P.twist) sum_digests(call - first + 1);
            const u8* slot = scratch_.digests + 64 * (call - first) +
                             P.slot_bytes() * (leaves[i] % P.slots_per_call());
            for (u32 b = 0; b < P.slot_bytes(); ++b) sum[b] ^= slot[b];
        }
        constexpr u32 padding_bits = 8 * P.slot_bytes() - P.n;
        sum[P.slot_bytes() - 1] &= static_cast<u8>(0xff << padding_bits);
        return is_zero(sum, P.slot_bytes());
    }

    NonceRun& run_;
    Scratch& scratch_;
    u32 candidates_ = 0;
};

template <Params P>
constexpr NonceKernel make_kernel(hash::Lane lane)
{
    return {P, lane, Rounds<P>::kArenaBytes, &Rounds<P>::run};
}

}  // namespace adit::cpu::ADIT_CPU_LANE
