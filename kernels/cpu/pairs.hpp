#pragma once

#include "kernels/cpu/tables.hpp"

// The pairs of one bucket: rows filed by their rest, then listed.

namespace adit::cpu::ADIT_CPU_LANE {

template <Params P, u32 R>
ADIT_CPU_INLINE void file_row(u8* counts, u16* members, const u8* slot, u32 number)
{
    const u32 rest = rest_of<P, R>(slot);
    const u32 earlier = counts[rest];
    counts[rest] = static_cast<u8>(earlier + 1);
    members[earlier % kMembersMax * Layout<P>::rests + rest] = static_cast<u16>(number);
}
template <Params P, u32 R>
ADIT_CPU_INLINE u32 ref_in(const u8* slot)
{
    u32 ref = 0;
    std::memcpy(&ref, slot + Layout<P>::row_bytes(R), Layout<P>::ref_bytes(R));
    return ref;
}

/// Files a bucket's rows by their rest, and takes their references out of the slots. Returns how
/// many they are.
template <Params P, u32 R>
u32 file_rows(Tables<P>& tables, u32 bucket)
{
    using L = Layout<P>;
    u8* const counts = tables.scratch.counts;
    u16* const members = tables.scratch.members[0];
    u32* const refs = tables.scratch.refs;
    std::memset(counts, 0, L::rests);
    u32 sum = 0;
    for (u32 part = 0; part < L::parts; ++part) {
        const u8* slot = tables.heap(R) + Tables<P>::template part_at<R>(part, bucket);
        const u32 rows = tables.template rows_in<R>(part, bucket);
        const u32 first = part * L::part_capacity(R);
        sum += rows;
        if (bucket == 0) {
            for (u32 i = first; i < first + rows; ++i, slot += L::slot_bytes(R)) {
                refs[i] = ref_in<P, R>(slot);
                // The same leaves on both sides: a row of zeros, which pairs with every other such.
                if (!is_zero(slot, L::row_bytes(R))) file_row<P, R>(counts, members, slot, i);
            }
            continue;
        }
#pragma GCC unroll 4
        for (u32 i = first; i < first + rows; ++i, slot += L::slot_bytes(R)) {
            if constexpr (R + 1 < L::k) refs[i] = ref_in<P, R>(slot);
            file_row<P, R>(counts, members, slot, i);
        }
    }
    return sum;
}

/// Rows beyond kMembersMax of one rest. Hardly ever one: eight rests are looked at in one go.
template <Params P>
void count_crowded_out(Tables<P>& tables)
{
    static_assert(kMembersMax == 64);
    const u8* const counts = tables.scratch.counts;
    u64 bits = 0;
    for (u32 rest = 0; rest < Layout<P>::rests; rest += 8) {
        u64 eight = 0;
        std::memcpy(&eight, counts + rest, sizeof eight);
        bits |= eight;
    }
    if ((bits & 0xc0c0c0c0c0c0c0c0) == 0) return;
    for (u32 rest = 0; rest < Layout<P>::rests; ++rest)
        if (counts[rest] > kMembersMax) tables.run.rows_dropped += counts[rest] - kMembersMax;
}

/// Lists the pairs of the filed rows; `work_off(count, last)` works off the list's head and says
/// how many pairs it has left, which it has moved to the front.
template <Params P, class WorkOff>
void for_each_pair_list(Tables<P>& tables, const WorkOff& work_off)
{
    using L = Layout<P>;
    auto& scratch = tables.scratch;
    u32* end = scratch.pairs;
    for (u32 rest = 0; rest < L::rests; rest += kRestsAtOnce) {
        end = list_pairs<L::rests, L::slot_bits>(scratch.counts, scratch.members, rest, end);
        const u32 count = static_cast<u32>(end - scratch.pairs);
        if (count >= kPairsListed) end = scratch.pairs + work_off(count, false);
    }
    work_off(static_cast<u32>(end - scratch.pairs), true);
    count_crowded_out(tables);
}

}  // namespace adit::cpu::ADIT_CPU_LANE
