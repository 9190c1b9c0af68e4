#pragma once

#include "kernels/cpu/first_table.hpp"
#include "kernels/cpu/pairs.hpp"

// The last digits, and the way from there back to the leaves.

namespace adit::cpu::ADIT_CPU_LANE {

template <Params P>
void add_candidate(Tables<P>& tables, u32 bucket, u32 pair)
{
    if (tables.candidates == kCandidatesMax) {
        ++tables.run.rows_dropped;
        return;
    }
    tables.scratch.candidates[tables.candidates][0] = bucket;
    tables.scratch.candidates[tables.candidates++][1] = pair;
}

/// The pairs of the last table that agree in all its bits, from one part's share of the buckets.
/// False when stopped.
template <Params P>
bool match_last(Tables<P>& tables, u32 part)
{
    using L = Layout<P>;
    constexpr u32 r = L::k - 1;
    constexpr u32 slot_bytes = L::slot_bytes(r);
    constexpr u32 per_part = L::buckets / L::parts;
    u64 rows_read = 0;
    for (u32 bucket = part * per_part; bucket < (part + 1) * per_part; ++bucket) {
        if (tables.stopped()) return false;
        const u8* const in = tables.region(r, bucket);
        rows_read += file_rows<P, r>(tables, bucket);
        for_each_pair_list(tables, [&](u32 count, bool) {
            for (u32 i = 0; i < count; ++i) {
                const u32 pair = tables.scratch.pairs[i];
                if (std::memcmp(in + u64{pair & Tables<P>::kSlotMask} * slot_bytes,
                                in + u64{pair >> L::slot_bits} * slot_bytes, L::row_bytes(r)) == 0)
                    add_candidate(tables, bucket, pair);
            }
            return 0u;
        });
    }
    tables.template count_bytes<r>(rows_read);
    return true;
}

/// From candidates to solutions.
template <Params P>
class WayBack {
    using L = Layout<P>;
    static constexpr u32 kSlotMask = Tables<P>::kSlotMask;

public:
    explicit WayBack(Tables<P>& tables) : tables_(tables) {}

    /// From a pair of the last table down to the leaves, level by level. Nearly every candidate has
    /// the same row on both sides somewhere; that shows early.
    void walk(u32 bucket, u32 pair)
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
        NonceRun& run = tables_.run;
        if (run.solutions == kSolutionsMax) {
            ++run.rows_dropped;
            return;
        }
        std::memcpy(run.leaves[run.solutions++], leaves, sizeof leaves);
    }

private:
    /// A row: its bucket and slot.
    struct Node {
        u32 bucket, slot;
        bool operator==(const Node&) const = default;
    };

    u32 ref_of(u32 r, const Node& node) const
    {
        u32 ref = 0;
        const u8* const bucket = tables_.region(r, node.bucket);
        if (r + 1 == L::k)
            std::memcpy(&ref, bucket + u64{node.slot} * L::slot_bytes(r) + L::row_bytes(r), 4);
        else
            std::memcpy(&ref, bucket + L::refs_at(r) + 4 * u64{node.slot}, 4);
        return ref;
    }

    /// The group a row of table r was written in: among its part's groups, the last whose snapshot
    /// is not above the slot.
    template <u32 Groups>
    static u32 group_of(const u16 (*snapshots)[L::buckets], u32 r, const Node& node)
    {
        const u32 part = node.slot / L::part_capacity(r);
        const u32 slot = node.slot % L::part_capacity(r);
        u32 low = part * (Groups / L::parts), high = low + Groups / L::parts;
        while (high - low > 1) {
            const u32 middle = (low + high) / 2;
            (snapshots[middle][node.bucket] <= slot ? low : high) = middle;
        }
        return low;
    }
    u32 bucket_of_parents(u32 r, const Node& node, u32 ref) const
    {
        const u32 group = group_of<L::groups>(tables_.shared.snapshots[r], r, node);
        return group * L::group_buckets + (L::group_bits == 0 ? 0 : ref >> (32 - L::group_bits));
    }
    u32 leaf_of(const Node& node) const
    {
        u16 ref = 0;
        std::memcpy(&ref, tables_.region(0, node.bucket) + L::refs_at(0) + 2 * u64{node.slot}, 2);
        return group_of<L::leaf_groups>(tables_.shared.leaf_snapshots, 0, node) << 16 | ref;
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
        u8* const digests = tables_.scratch.digests;
        for (u32 i = 0; i < P.indices(); ++i) {
            const u32 call = leaves[i] / P.slots_per_call();
            const u32 first = P.twist ? call / 16 * 16 : call;
            tables_.run.hasher.run(*tables_.run.midstate, first, call - first + 1, digests);
            if constexpr (P.twist) sum_digests(digests, call - first + 1);
            const u8* slot =
                digests + 64 * (call - first) + P.slot_bytes() * (leaves[i] % P.slots_per_call());
            for (u32 b = 0; b < P.slot_bytes(); ++b) sum[b] ^= slot[b];
        }
        constexpr u32 padding_bits = 8 * P.slot_bytes() - P.n;
        sum[P.slot_bytes() - 1] &= static_cast<u8>(0xff << padding_bits);
        return is_zero(sum, P.slot_bytes());
    }

    Tables<P>& tables_;
};

}  // namespace adit::cpu::ADIT_CPU_LANE
