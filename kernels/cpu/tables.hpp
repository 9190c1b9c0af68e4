#pragma once

#include <cstring>

#include "kernels/base/endian.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/nonce_kernel.hpp"

// Where the rows of one nonce lie, and what every step of the solver does with them. Units compiled
// for different machines include this, so everything lives in the lane's own namespace: no symbol
// is shared between lanes.
#if !defined(ADIT_CPU_LANE) || !defined(ADIT_CPU_LANE_HEADER)
#error "include this from kernels/cpu/instances only"
#endif

#include ADIT_CPU_LANE_HEADER

namespace adit::cpu::ADIT_CPU_LANE {

inline constexpr u32 kCandidatesMax = 8192;  ///< pairs that agree in all bits of the last table
inline constexpr u32 kCallsPerTile = 48;     ///< hashed, then filed
inline constexpr u32 kPairsListed = 1024;    ///< before they are moved
inline constexpr u32 kPairsPerBatch = 32;    ///< xored together, then filed together

/// `Width` bits of a number, the lowest being its bit `Low`, read inside its first `Bytes`.
template <u32 Low, u32 Width, u32 Bytes>
ADIT_CPU_INLINE u32 bits_of(const u8* number)
{
    constexpr u32 at = Low / 8 + 4 <= Bytes ? Low / 8 : Bytes - 4;
    static_assert(Low - 8 * at + Width <= 32);
    u32 word = 0;
    std::memcpy(&word, number + at, sizeof word);
    return word >> (Low - 8 * at) & ((1u << Width) - 1);
}

inline bool is_zero(const u8* row, u32 bytes)
{
    for (u32 i = 0; i < bytes; ++i)
        if (row[i] != 0) return false;
    return true;
}

/// One thread's view of a nonce's memory: the tables, which all its threads share, and a scratch of
/// its own.
template <Params P>
class Tables {
public:
    using L = Layout<P>;

    /// What the nonce's threads share beside the rows. A part is written by one of them.
    struct Shared {
        alignas(64) u32 free_at[2][L::parts][L::buckets];  ///< next free slot, by table parity:
                                                           ///< bytes from the start of the heap
        u16 leaf_snapshots[L::leaf_groups][L::buckets];    ///< fills before each 2^16 leaves
        u16 snapshots[L::k][L::groups][L::buckets];        ///< fills of table r before each group
    };
    struct Scratch {
        alignas(64) u32 full_at[L::buckets];                     ///< where a part's slots end
        alignas(64) u8 counts[L::rests];                         ///< rows with this rest so far
        alignas(64) u16 members[kMembersMax][L::rests];          ///< their slots
        alignas(64) u32 refs[L::capacity_max];                   ///< of the bucket's rows
        alignas(64) u32 pairs[kPairsListed + kPairsAtOnceMax];   ///< slot | later slot << slot_bits
        alignas(64) u32 rows_a[kPairsListed + kPairsAtOnceMax];  ///< the same as byte offsets
        alignas(64) u32 rows_b[kPairsListed + kPairsAtOnceMax];
        alignas(64) u8 batch[kPairsPerBatch][32];  ///< rows on their way
        u8 before_digests[32];                     ///< read, never used
        u8 digests[64 * kCallsPerTile];
        u32 candidates[kCandidatesMax][2];  ///< bucket, pair
    };
    static constexpr u64 kHeapAt[2] = {0, L::heap_bytes(0)};
    static constexpr u64 kSharedAt = L::heap_bytes(0) + L::heap_bytes(1) + 4096;
    static constexpr u64 kScratchAt = (kSharedAt + sizeof(Shared) + 4095) / 4096 * 4096;
    static constexpr u64 kArenaBytes = kScratchAt + L::parts * sizeof(Scratch);
    static constexpr u32 kSlotMask = (1u << L::slot_bits) - 1;

    explicit Tables(NonceRun& nonce)
        : run(nonce),
          shared(*reinterpret_cast<Shared*>(nonce.arena + kSharedAt)),
          scratch(*reinterpret_cast<Scratch*>(nonce.arena + kScratchAt +
                                              nonce.thread * sizeof(Scratch)))
    {}

    bool stopped() const { return run.stop_requested(run.stop); }

    u8* heap(u32 r) const { return run.arena + kHeapAt[r % 2]; }
    u8* region(u32 r, u32 bucket) const { return heap(r) + bucket * L::region_bytes(r % 2); }
    /// Where a part of a bucket starts in table R, in bytes from the start of the heap.
    template <u32 R>
    static constexpr u64 part_at(u32 part, u32 bucket)
    {
        return bucket * L::region_bytes(R % 2) + u64{part} * L::part_capacity(R) * L::slot_bytes(R);
    }
    template <u32 R>
    u32 rows_in(u32 part, u32 bucket) const
    {
        return static_cast<u32>((shared.free_at[R % 2][part][bucket] - part_at<R>(part, bucket)) /
                                L::slot_bytes(R));
    }

    /// This part of all buckets of table R empty. The last slot stays free: see
    /// Layout::capacity_of.
    template <u32 R>
    void open_table(u32 part)
    {
        for (u32 bucket = 0; bucket < L::buckets; ++bucket) {
            const u64 start = part_at<R>(part, bucket);
            shared.free_at[R % 2][part][bucket] = static_cast<u32>(start);
            scratch.full_at[bucket] =
                static_cast<u32>(start + (L::part_capacity(R) - 1) * L::slot_bytes(R));
        }
    }
    template <u32 R>
    void take_snapshot(u32 part, u16* fills) const
    {
        for (u32 bucket = 0; bucket < L::buckets; ++bucket)
            fills[bucket] = static_cast<u16>(rows_in<R>(part, bucket));
    }

    /// The rows of table R were written by one phase, are read by the next, which also writes
    /// their references once more.
    template <u32 R>
    void count_bytes(u64 rows)
    {
        run.phase_bytes[R] += rows * L::slot_bytes(R);
        run.phase_bytes[R + 1] += rows * (L::slot_bytes(R) + (R + 1 < L::k ? L::ref_bytes(R) : 0));
    }

    NonceRun& run;
    Shared& shared;
    Scratch& scratch;
    u32 candidates = 0;  ///< in the scratch
};

/// The bucket in table R of a row that is in a block of `Bytes`.
template <Params P, u32 R, u32 Bytes>
ADIT_CPU_INLINE u32 bucket_of(const u8* row)
{
    using L = Layout<P>;
    return bits_of<L::bits_left(R) - L::bucket_bits, L::bucket_bits, Bytes>(row);
}
/// The rest of a row in its slot of table R.
template <Params P, u32 R>
ADIT_CPU_INLINE u32 rest_of(const u8* row)
{
    using L = Layout<P>;
    return bits_of<L::bits_left(R) - L::digit_bits, L::rest_bits, L::slot_bytes(R)>(row);
}

/// The streams of one part of table R. A copy of it lives in registers while rows are moved: the
/// compiler must take it that any stored byte may be a member of something else.
template <Params P, u32 R>
struct Streams {
    using L = Layout<P>;
    u8* heap;
    u32* free_at;
    const u32* full_at;
    u64 dropped = 0;

    Streams(const Tables<P>& tables, u32 part)
        : heap(tables.heap(R)),
          free_at(tables.shared.free_at[R % 2][part]),
          full_at(tables.scratch.full_at)
    {}
    /// Files a row. The line after next of the bucket's stream is asked for at once: a store that
    /// misses the near caches holds up all stores behind it.
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

}  // namespace adit::cpu::ADIT_CPU_LANE
