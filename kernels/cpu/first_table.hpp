#pragma once

#include "kernels/cpu/tables.hpp"

// Table 0: hashes.

namespace adit::cpu::ADIT_CPU_LANE {

/// ZelHash: a digest is the sum, as sixteen 32-bit words, of its group of 16 calls up to itself.
/// `digests` [calls][64], the first call being a multiple of 16.
inline void sum_digests(u8* digests, u32 calls)
{
    static_assert(kCallsPerTile % 16 == 0);
    for (u32 call = 0; call < calls; ++call) {
        if (call % 16 == 0) continue;
        u32 before[16], now[16];
        std::memcpy(before, digests + 64 * (call - 1), 64);
        std::memcpy(now, digests + 64 * call, 64);
        for (u32 i = 0; i < 16; ++i) now[i] += before[i];
        std::memcpy(digests + 64 * call, now, 64);
    }
}

/// Leaves `leaf` … `end` - 1 of a tile whose first call is `call`.
template <Params P>
void file_leaves(Tables<P>& tables, u32 part, u32 call, u32 leaf, u32 end)
{
    using L = Layout<P>;
    constexpr u32 per_call = P.slots_per_call();
    const u8* const digests = tables.scratch.digests;
    Streams<P, 0> streams(tables, part);
    for (; leaf < end; ++leaf) {
        const u8* const hash =
            digests + 64 * (leaf / per_call - call) + P.slot_bytes() * (leaf % per_call);
        const u32 bucket = load_be<u32>(hash) >> (32 - L::bucket_bits);
        alignas(32) u8 number[32];
        reverse_bytes(hash + L::leaf_bytes, number);
        streams.put(bucket, Block<32>::load(number), leaf);
    }
    tables.run.rows_dropped += streams.dropped;
}

/// One part of table 0: its share of the leaves. False when stopped.
template <Params P>
bool make_leaves(Tables<P>& tables, u32 part)
{
    using L = Layout<P>;
    constexpr u32 per_call = P.slots_per_call();
    constexpr u32 per_part = P.rows() / L::parts;
    tables.template open_table<0>(part);
    const u32 leaves_end = (part + 1) * per_part;
    const u32 calls_end = (leaves_end + per_call - 1) / per_call;
    u32 leaf = part * per_part;
    for (u32 call = leaf / per_call / 16 * 16; call < calls_end; call += kCallsPerTile) {
        if (tables.stopped()) return false;
        const u32 calls = std::min(calls_end - call, kCallsPerTile);
        tables.run.hasher.run(*tables.run.midstate, call, calls, tables.scratch.digests);
        if constexpr (P.twist) sum_digests(tables.scratch.digests, calls);
        const u32 end = std::min((call + calls) * per_call, leaves_end);
        const u32 boundary = (leaf + 65535) / 65536 * 65536;
        if (boundary < end) {
            file_leaves(tables, part, call, leaf, boundary);
            tables.template take_snapshot<0>(part, tables.shared.leaf_snapshots[boundary / 65536]);
            leaf = boundary;
        }
        file_leaves(tables, part, call, leaf, end);
        leaf = end;
    }
    return true;
}

}  // namespace adit::cpu::ADIT_CPU_LANE
