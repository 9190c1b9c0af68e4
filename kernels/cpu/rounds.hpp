#pragma once

#include <time.h>

#include <cstring>

#include "kernels/base/endian.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/nonce_kernel.hpp"

// The solver itself, templated on (n, k). Units compiled for different machines include this, so
// everything lives in the lane's own namespace: no symbol is shared between lanes.
#if !defined(ADIT_CPU_LANE) || !defined(ADIT_CPU_LANE_HEADER)
#error "include this from kernels/cpu/instances only"
#endif

#include ADIT_CPU_LANE_HEADER

namespace adit::cpu::ADIT_CPU_LANE {

inline constexpr u32 kCandidatesMax = 8192;  ///< pairs that agree in all bits of the last table
inline constexpr u32 kCallsPerTile = 48;     ///< hashed, then filed
inline constexpr u32 kPairsListed = 1024;    ///< before they are moved
inline constexpr u32 kPairsPerBatch = 32;    ///< xored together, then filed together

template <Params P>
class Rounds {
    using L = Layout<P>;
    static constexpr u32 kBuckets = L::buckets;

    /// What a nonce needs beside its tables. Free slots are bytes from the start of their heap.
    struct Scratch {
        alignas(64) u32 free_at[2][kBuckets];                   ///< next free slot, by table parity
        alignas(64) u32 full_at[kBuckets];                      ///< where a bucket's slots end
        alignas(64) u8 counts[L::rests];                        ///< rows with this rest so far
        alignas(64) u16 members[kMembersMax][L::rests];         ///< their slots
        alignas(64) u32 refs[L::capacity_max];                  ///< of the bucket's rows
        alignas(64) u32 pairs[kPairsListed + kPairsAtOnceMax];  ///< slot | later slot << slot_bits
        alignas(64) u32 rows_a[kPairsListed + kPairsAtOnceMax];  ///< the same as byte offsets
        alignas(64) u32 rows_b[kPairsListed + kPairsAtOnceMax];
        alignas(64) u8 batch[kPairsPerBatch][32];  ///< rows on their way
        u8 before_digests[32];                     ///< read, never used
        u8 digests[64 * kCallsPerTile];
        u32 candidates[kCandidatesMax][2];             ///< bucket, pair
        u16 leaf_snapshots[L::leaf_groups][kBuckets];  ///< fills before each 2^16 leaves
        u16 snapshots[L::k][L::groups][kBuckets];      ///< fills of table r before each group
    };
    static constexpr u64 kHeapAt[2] = {0, L::heap_bytes(0)};
    static constexpr u64 kScratchAt = L::heap_bytes(0) + L::heap_bytes(1) + 4096;
    static constexpr u32 kSlotMask = (1u << L::slot_bits) - 1;

public:
    static constexpr u64 kArenaBytes = kScratchAt + sizeof(Scratch);

    static bool run(NonceRun& run) { return Rounds(run).all(); }

private:
    explicit Rounds(NonceRun& nonce)
        : run_(nonce), scratch_(*reinterpret_cast<Scratch*>(nonce.arena + kScratchAt))
    {}

    bool all()
    {
        run_.solutions = 0;
        phase_began_ns_ = now_ns();
        if (!make_leaves() || !make_tables<1>() || !match_last()) return false;
        for (u32 c = 0; c < candidates_; ++c) {
            if (stopped()) return false;
            walk_back(scratch_.candidates[c][0], scratch_.candidates[c][1]);
        }
        end_phase(L::k + 1);
        return true;
    }

    static u64 now_ns()
    {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        return static_cast<u64>(now.tv_sec) * 1'000'000'000 + static_cast<u64>(now.tv_nsec);
    }
    void end_phase(u32 phase)
    {
        const u64 now = now_ns();
        run_.phase_ns[phase] = now - phase_began_ns_;
        phase_began_ns_ = now;
    }
    /// The rows of table R were written by one phase, are read by the next, which also writes
    /// their references once more.
    template <u32 R>
    void count_bytes(u64 rows)
    {
        run_.phase_bytes[R] += rows * L::slot_bytes(R);
        run_.phase_bytes[R + 1] += rows * (L::slot_bytes(R) + (R + 1 < L::k ? L::ref_bytes(R) : 0));
    }

    bool stopped() const { return run_.stop_requested(run_.stop); }

    u8* heap(u32 r) const { return run_.arena + kHeapAt[r % 2]; }
    u8* region(u32 r, u32 bucket) const { return heap(r) + bucket * L::region_bytes(r % 2); }
    template <u32 R>
    u32 rows_in(u32 bucket) const
    {
        return static_cast<u32>(
            (scratch_.free_at[R % 2][bucket] - bucket * L::region_bytes(R % 2)) / L::slot_bytes(R));
    }

    /// All buckets of table R empty. The last slot stays free: see Layout::capacity.
    template <u32 R>
    void open_table()
    {
        for (u32 bucket = 0; bucket < kBuckets; ++bucket) {
            const u64 start = bucket * L::region_bytes(R % 2);
            scratch_.free_at[R % 2][bucket] = static_cast<u32>(start);
            scratch_.full_at[bucket] =
                static_cast<u32>(start + (L::capacity(R) - 1) * L::slot_bytes(R));
        }
    }
    template <u32 R>
    void take_snapshot(u16* fills) const
    {
        for (u32 bucket = 0; bucket < kBuckets; ++bucket)
            fills[bucket] = static_cast<u16>(rows_in<R>(bucket));
    }

    /// `Width` bits of a number, the lowest being its bit `Low`, read inside its first `Bytes`.
    template <u32 Low, u32 Width, u32 Bytes>
    static ADIT_CPU_INLINE u32 bits_of(const u8* number)
    {
        constexpr u32 at = Low / 8 + 4 <= Bytes ? Low / 8 : Bytes - 4;
        static_assert(Low - 8 * at + Width <= 32);
        u32 word = 0;
        std::memcpy(&word, number + at, sizeof word);
        return word >> (Low - 8 * at) & ((1u << Width) - 1);
    }
    /// The bucket in table R of a row that is in a block of `Bytes`.
    template <u32 R, u32 Bytes>
    static ADIT_CPU_INLINE u32 bucket_of(const u8* row)
    {
        return bits_of<L::bits_left(R) - L::bucket_bits, L::bucket_bits, Bytes>(row);
    }
    /// The rest of a row in its slot of table R.
    template <u32 R>
    static ADIT_CPU_INLINE u32 rest_of(const u8* row)
    {
        return bits_of<L::bits_left(R) - L::digit_bits, L::rest_bits, L::slot_bytes(R)>(row);
    }

    /// The streams of table R. A copy of it lives in registers while rows are moved: the compiler
    /// must take it that any stored byte may be a member of ours.
    template <u32 R>
    struct Streams {
        u8* heap;
        u32* free_at;
        const u32* full_at;
        u64 dropped = 0;

        explicit Streams(const Rounds& rounds)
            : heap(rounds.heap(R)),
              free_at(rounds.scratch_.free_at[R % 2]),
              full_at(rounds.scratch_.full_at)
        {}
        /// Files a row. The line after next of the bucket's stream is asked for at once: a store
        /// that misses the near caches holds up all stores behind it.
        template <class Row>
        ADIT_CPU_INLINE void put(u32 bucket, const Row& row, u32 ref)
        {
            const u32 at = free_at[bucket];
            if (__builtin_expect(at >= full_at[bucket], false)) {
                ++dropped;
                return;
            }
            free_at[bucket] = at + L::slot_bytes(R);
            u8* const slot = heap + at;
            __builtin_prefetch(slot + 128, 1, 2);
            row.template store<L::block_bytes(R)>(slot);
            std::memcpy(slot + L::row_bytes(R), &ref, L::ref_bytes(R));
        }
    };

    // ---- table 0: hashes ----

    bool make_leaves()
    {
        open_table<0>();
        constexpr u32 per_call = P.slots_per_call();
        u32 leaf = 0;
        for (u32 call = 0; call < P.calls(); call += kCallsPerTile) {
            if (stopped()) return false;
            const u32 calls = std::min(P.calls() - call, kCallsPerTile);
            run_.hasher.run(*run_.midstate, call, calls, scratch_.digests);
            if constexpr (P.twist) sum_digests(calls);
            const u32 end = std::min(leaf + calls * per_call, P.rows());
            const u32 boundary = (leaf + 65535) / 65536 * 65536;
            if (boundary < end) {
                file_leaves(call, leaf, boundary);
                take_snapshot<0>(scratch_.leaf_snapshots[boundary / 65536]);
                leaf = boundary;
            }
            file_leaves(call, leaf, end);
            leaf = end;
        }
        end_phase(0);
        return true;
    }

    /// ZelHash: a digest is the sum, as sixteen 32-bit words, of its group of 16 calls up to
    /// itself.
    void sum_digests(u32 calls)
    {
        static_assert(kCallsPerTile % 16 == 0);
        for (u32 call = 0; call < calls; ++call) {
            if (call % 16 == 0) continue;
            u32 before[16], now[16];
            std::memcpy(before, scratch_.digests + 64 * (call - 1), 64);
            std::memcpy(now, scratch_.digests + 64 * call, 64);
            for (u32 i = 0; i < 16; ++i) now[i] += before[i];
            std::memcpy(scratch_.digests + 64 * call, now, 64);
        }
    }

    /// Leaves `leaf` … `end` - 1 of a tile whose first call is `call`.
    void file_leaves(u32 call, u32 leaf, u32 end)
    {
        constexpr u32 per_call = P.slots_per_call();
        const u8* const digests = scratch_.digests;
        Streams<0> streams(*this);
        for (; leaf < end; ++leaf) {
            const u8* const hash =
                digests + 64 * (leaf / per_call - call) + P.slot_bytes() * (leaf % per_call);
            const u32 bucket = load_be<u32>(hash) >> (32 - L::bucket_bits);
            alignas(32) u8 number[32];
            reverse_bytes(hash + L::leaf_bytes, number);
            streams.put(bucket, Block<32>::load(number), leaf);
        }
        run_.rows_dropped += streams.dropped;
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

    /// What is read next while pairs are moved: it is asked for little by little.
    struct Ahead {
        const u8* at;
        const u8* end;
        template <u32 Bytes>
        ADIT_CPU_INLINE void step()
        {
            if (at >= end) return;
            for (u32 i = 0; i < Bytes; i += 64) __builtin_prefetch(at + i, 0, 2);
            at += Bytes;
        }
    };

    /// Table R from table R - 1, bucket by bucket.
    template <u32 R>
    bool make_table()
    {
        open_table<R>();
        u64 rows_read = 0;
        for (u32 bucket = 0; bucket < kBuckets; ++bucket) {
            if (stopped()) return false;
            if (bucket % L::group_buckets == 0)
                take_snapshot<R>(scratch_.snapshots[R][bucket / L::group_buckets]);
            const u32 rows = rows_in<R - 1>(bucket);
            rows_read += rows;
            const u8* const in = region(R - 1, bucket);
            const u8* const next = in + L::region_bytes((R - 1) % 2);
            Ahead ahead{next, bucket + 1 < kBuckets ? next + rows * L::slot_bytes(R - 1) : next};
            file_rows<R - 1>(in, bucket, rows);
            const u32 group_part =
                L::group_bits == 0 ? 0 : (bucket % L::group_buckets) << (32 - L::group_bits);
            for_each_pair_list([&](u32 count, bool last) {
                return move_pairs<R>(in, count, last, group_part, ahead);
            });
            keep_refs<R - 1>(bucket, rows);
        }
        count_bytes<R - 1>(rows_read);
        end_phase(R);
        return true;
    }

    /// Files a bucket's rows by their rest, and takes their references out of the slots.
    template <u32 R>
    void file_rows(const u8* in, u32 bucket, u32 rows)
    {
        u8* const counts = scratch_.counts;
        u16* const members = scratch_.members[0];
        u32* const refs = scratch_.refs;
        std::memset(counts, 0, L::rests);
        const u8* slot = in;
        if (bucket == 0) {
            for (u32 i = 0; i < rows; ++i, slot += L::slot_bytes(R)) {
                refs[i] = ref_in<R>(slot);
                // The same leaves on both sides: a row of zeros, which pairs with every other such.
                if (!is_zero(slot, L::row_bytes(R))) file_row<R>(counts, members, slot, i);
            }
            return;
        }
#pragma GCC unroll 4
        for (u32 i = 0; i < rows; ++i, slot += L::slot_bytes(R)) {
            if constexpr (R + 1 < L::k) refs[i] = ref_in<R>(slot);
            file_row<R>(counts, members, slot, i);
        }
    }
    template <u32 R>
    static ADIT_CPU_INLINE void file_row(u8* counts, u16* members, const u8* slot, u32 number)
    {
        const u32 rest = rest_of<R>(slot);
        const u32 earlier = counts[rest];
        counts[rest] = static_cast<u8>(earlier + 1);
        members[earlier % kMembersMax * L::rests + rest] = static_cast<u16>(number);
    }
    template <u32 R>
    static ADIT_CPU_INLINE u32 ref_in(const u8* slot)
    {
        u32 ref = 0;
        std::memcpy(&ref, slot + L::row_bytes(R), L::ref_bytes(R));
        return ref;
    }

    static bool is_zero(const u8* row, u32 bytes)
    {
        for (u32 i = 0; i < bytes; ++i)
            if (row[i] != 0) return false;
        return true;
    }

    /// Lists the pairs of the filed rows; `work_off(count, last)` works off the list's head and
    /// says how many pairs it has left, which it has moved to the front.
    template <class WorkOff>
    void for_each_pair_list(const WorkOff& work_off)
    {
        u32* end = scratch_.pairs;
        for (u32 rest = 0; rest < L::rests; rest += kRestsAtOnce) {
            end = list_pairs<L::rests, L::slot_bits>(scratch_.counts, scratch_.members, rest, end);
            const u32 count = static_cast<u32>(end - scratch_.pairs);
            if (count >= kPairsListed) end = scratch_.pairs + work_off(count, false);
        }
        work_off(static_cast<u32>(end - scratch_.pairs), true);
        count_crowded_out();
    }
    /// Rows beyond kMembersMax of one rest. Hardly ever one: eight rests are looked at in one go.
    void count_crowded_out()
    {
        static_assert(kMembersMax == 64);
        u64 bits = 0;
        for (u32 rest = 0; rest < L::rests; rest += 8) {
            u64 counts = 0;
            std::memcpy(&counts, scratch_.counts + rest, sizeof counts);
            bits |= counts;
        }
        if ((bits & 0xc0c0c0c0c0c0c0c0) == 0) return;
        for (u32 rest = 0; rest < L::rests; ++rest)
            if (scratch_.counts[rest] > kMembersMax)
                run_.rows_dropped += scratch_.counts[rest] - kMembersMax;
    }

    /// Pairs of table R - 1 become rows of table R. Batch by batch, in two strides: the rows are
    /// xored into a small buffer, then taken from there to their buckets. In one stride the core
    /// would not know where each row goes before its parents have arrived, and could not start the
    /// next loads behind a store to an unknown address.
    template <u32 R>
    u32 move_pairs(const u8* in, u32 count, bool last, u32 group_part, Ahead& ahead)
    {
        constexpr u32 slot_bytes = L::slot_bytes(R - 1);
        using Row = Block<L::block_bytes(R - 1)>;
        const u32* const pair_at = scratch_.pairs;
        u32* const rows_a = scratch_.rows_a;
        u32* const rows_b = scratch_.rows_b;
        u8(*const batch)[32] = scratch_.batch;
        for (u32 i = 0; i < count; ++i) {
            rows_a[i] = (pair_at[i] & kSlotMask) * slot_bytes;
            rows_b[i] = (pair_at[i] >> L::slot_bits) * slot_bytes;
        }
        Streams<R> streams(*this);
        const auto move = [&](u32 first, u32 pairs) __attribute__((always_inline))
        {
#pragma GCC unroll 4
            for (u32 i = 0; i < pairs; ++i)
                (Row::load(in + rows_a[first + i]) ^ Row::load(in + rows_b[first + i]))
                    .store(batch[i]);
#pragma GCC unroll 4
            for (u32 i = 0; i < pairs; ++i)
                streams.put(bucket_of<R, sizeof(Row)>(batch[i]), Row::load(batch[i]),
                            pair_at[first + i] | group_part);
        };
        u32 done = 0;
        for (; done + kPairsPerBatch <= count; done += kPairsPerBatch) {
            ahead.template step<(kPairsPerBatch * slot_bytes + 63) / 64 * 64>();
            move(done, kPairsPerBatch);
        }
        if (last) move(done, count - done);
        run_.rows_dropped += streams.dropped;
        if (last) return 0;
        std::memmove(scratch_.pairs, scratch_.pairs + done, (count - done) * sizeof(u32));
        return count - done;
    }

    /// The rows are used up; what will lead back to their parents stays.
    template <u32 R>
    void keep_refs(u32 bucket, u32 rows)
    {
        u8* const kept = region(R, bucket) + L::refs_at(R);
        if constexpr (L::ref_bytes(R) == sizeof(u32)) {
            std::memcpy(kept, scratch_.refs, rows * sizeof(u32));
        } else {
            u16* const to = reinterpret_cast<u16*>(kept);
            for (u32 i = 0; i < rows; ++i) to[i] = static_cast<u16>(scratch_.refs[i]);
        }
    }

    // ---- the last digits, and the way back ----

    bool match_last()
    {
        constexpr u32 r = L::k - 1;
        constexpr u32 slot_bytes = L::slot_bytes(r);
        candidates_ = 0;
        u64 rows_read = 0;
        for (u32 bucket = 0; bucket < kBuckets; ++bucket) {
            if (stopped()) return false;
            const u8* const in = region(r, bucket);
            const u32 rows = rows_in<r>(bucket);
            rows_read += rows;
            file_rows<r>(in, bucket, rows);
            for_each_pair_list([&](u32 count, bool) {
                for (u32 i = 0; i < count; ++i) {
                    const u32 pair = scratch_.pairs[i];
                    if (std::memcmp(in + u64{pair & kSlotMask} * slot_bytes,
                                    in + u64{pair >> L::slot_bits} * slot_bytes,
                                    L::row_bytes(r)) == 0)
                        add_candidate(bucket, pair);
                }
                return 0u;
            });
        }
        count_bytes<r>(rows_read);
        end_phase(L::k);
        return true;
    }

    void add_candidate(u32 bucket, u32 pair)
    {
        if (candidates_ == kCandidatesMax) {
            ++run_.rows_dropped;
            return;
        }
        scratch_.candidates[candidates_][0] = bucket;
        scratch_.candidates[candidates_++][1] = pair;
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
                const u32 ref = ref_of(r, nodes[i]);
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

    u32 ref_of(u32 r, const Node& node) const
    {
        u32 ref = 0;
        const u8* const bucket = region(r, node.bucket);
        if (r + 1 == L::k)
            std::memcpy(&ref, bucket + u64{node.slot} * L::slot_bytes(r) + L::row_bytes(r), 4);
        else
            std::memcpy(&ref, bucket + L::refs_at(r) + 4 * u64{node.slot}, 4);
        return ref;
    }

    u32 bucket_of_parents(u32 r, const Node& node, u32 ref) const
    {
        u32 low = 0, high = L::groups;  // the last group whose snapshot is not above the slot
        while (high - low > 1) {
            const u32 middle = (low + high) / 2;
            (scratch_.snapshots[r][middle][node.bucket] <= node.slot ? low : high) = middle;
        }
        return low * L::group_buckets + (L::group_bits == 0 ? 0 : ref >> (32 - L::group_bits));
    }

    u32 leaf_of(const Node& node) const
    {
        u32 low = 0, high = L::leaf_groups;
        while (high - low > 1) {
            const u32 middle = (low + high) / 2;
            (scratch_.leaf_snapshots[middle][node.bucket] <= node.slot ? low : high) = middle;
        }
        u16 ref = 0;
        std::memcpy(&ref, region(0, node.bucket) + L::refs_at(0) + 2 * u64{node.slot}, 2);
        return low << 16 | ref;
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
    u64 phase_began_ns_ = 0;
};

template <Params P>
constexpr NonceKernel make_kernel(hash::Lane lane)
{
    return {P, lane, Rounds<P>::kArenaBytes, &Rounds<P>::run};
}

}  // namespace adit::cpu::ADIT_CPU_LANE
