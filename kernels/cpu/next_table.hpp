#pragma once

#include "kernels/cpu/pairs.hpp"

// Tables 1 … k - 1: collisions.

namespace adit::cpu::ADIT_CPU_LANE {

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

/// Pairs of table R - 1 become rows of table R. Batch by batch, in two strides: the rows are xored
/// into a small buffer, then taken from there to their buckets. In one stride the core would not
/// know where each row goes before its parents have arrived, and could not start the next loads
/// behind a store to an unknown address.
template <Params P, u32 R>
u32 move_pairs(Tables<P>& tables, u32 part, const u8* in, u32 count, bool last, u32 group_part,
               Ahead& ahead)
{
    using L = Layout<P>;
    constexpr u32 slot_bytes = L::slot_bytes(R - 1);
    using Row = Block<L::block_bytes(R - 1)>;
    auto& scratch = tables.scratch;
    const u32* const pair_at = scratch.pairs;
    u32* const rows_a = scratch.rows_a;
    u32* const rows_b = scratch.rows_b;
    u8(*const batch)[32] = scratch.batch;
    for (u32 i = 0; i < count; ++i) {
        rows_a[i] = (pair_at[i] & Tables<P>::kSlotMask) * slot_bytes;
        rows_b[i] = (pair_at[i] >> L::slot_bits) * slot_bytes;
    }
    Streams<P, R> streams(tables, part);
    const auto move = [&](u32 first, u32 pairs) __attribute__((always_inline))
    {
#pragma GCC unroll 4
        for (u32 i = 0; i < pairs; ++i)
            (Row::load(in + rows_a[first + i]) ^ Row::load(in + rows_b[first + i])).store(batch[i]);
#pragma GCC unroll 4
        for (u32 i = 0; i < pairs; ++i)
            streams.put(bucket_of<P, R, sizeof(Row)>(batch[i]), Row::load(batch[i]),
                        pair_at[first + i] | group_part);
    };
    u32 done = 0;
    for (; done + kPairsPerBatch <= count; done += kPairsPerBatch) {
        ahead.template step<(kPairsPerBatch * slot_bytes + 63) / 64 * 64>();
        move(done, kPairsPerBatch);
    }
    if (last) move(done, count - done);
    tables.run.rows_dropped += streams.dropped;
    if (last) return 0;
    std::memmove(scratch.pairs, scratch.pairs + done, (count - done) * sizeof(u32));
    return count - done;
}

/// The rows are used up; what will lead back to their parents stays.
template <Params P, u32 R>
void keep_refs(Tables<P>& tables, u32 bucket)
{
    using L = Layout<P>;
    u8* const kept = tables.region(R, bucket) + L::refs_at(R);
    for (u32 part = 0; part < L::parts; ++part) {
        const u32 first = part * L::part_capacity(R);
        const u32 end = first + tables.template rows_in<R>(part, bucket);
        const u32* const refs = tables.scratch.refs;
        if constexpr (L::ref_bytes(R) == sizeof(u32)) {
            std::memcpy(kept + 4 * first, refs + first, (end - first) * sizeof(u32));
        } else {
            u16* const to = reinterpret_cast<u16*>(kept);
            for (u32 i = first; i < end; ++i) to[i] = static_cast<u16>(refs[i]);
        }
    }
}

/// One part of table R, from its share of the buckets of table R - 1. False when stopped.
template <Params P, u32 R>
bool make_table(Tables<P>& tables, u32 part)
{
    using L = Layout<P>;
    constexpr u32 per_part = L::buckets / L::parts;
    tables.template open_table<R>(part);
    u64 rows_read = 0;
    const u32 end = (part + 1) * per_part;
    for (u32 bucket = part * per_part; bucket < end; ++bucket) {
        if (tables.stopped()) return false;
        if (bucket % L::group_buckets == 0)
            tables.template take_snapshot<R>(part,
                                             tables.shared.snapshots[R][bucket / L::group_buckets]);
        const u8* const in = tables.region(R - 1, bucket);
        const u8* const next = in + L::region_bytes((R - 1) % 2);
        const u32 rows = file_rows<P, R - 1>(tables, bucket);
        rows_read += rows;
        // Between parts lie a few slots that need not come; they are few.
        const u32 slots = (L::parts - 1) * L::part_capacity(R - 1) + rows / L::parts;
        Ahead ahead{next, bucket + 1 < end ? next + slots * L::slot_bytes(R - 1) : next};
        const u32 group_part =
            L::group_bits == 0 ? 0 : (bucket % L::group_buckets) << (32 - L::group_bits);
        for_each_pair_list(tables, [&](u32 count, bool last) {
            return move_pairs<P, R>(tables, part, in, count, last, group_part, ahead);
        });
        keep_refs<P, R - 1>(tables, bucket);
    }
    tables.template count_bytes<R - 1>(rows_read);
    return true;
}

}  // namespace adit::cpu::ADIT_CPU_LANE
