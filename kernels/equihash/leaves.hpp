#pragma once

#include <array>
#include <span>

#include "kernels/equihash/params.hpp"
#include "kernels/hash/dispatch.hpp"

namespace adit::equihash {

/// BLAKE2b's parameters for leaf hashes: digest length, and tag || LE32(n) || LE32(k).
hash::Blake2bParams leaf_hash_params(const Params& params, const Personalization& personalization);

/// X(i): the n bits of one leaf or of an xor of leaves as they lie in memory, then zeros.
struct Row {
    std::array<u64, 4> words;
};

/// The bytes of a row; bit 0 of the protocol is the top bit of byte 0.
inline const u8* row_bytes(const Row& row) { return reinterpret_cast<const u8*>(row.words.data()); }

/// Leaf hashes of one header under one (n, k) and personalization, twist included. Immutable; any
/// thread.
class Leaves {
public:
    /// `input` is a 140-byte header for every live chain and then hashed by `hasher`; other lengths
    /// (published test vectors have them) take a plain, slow path.
    Leaves(const Params& params, const Personalization& personalization, ByteView input,
           const hash::LeafHasher& hasher = hash::leaf_hasher());

    /// Digests of calls first … first + count - 1 / of any calls: 64 bytes each, of which the first
    /// digest_bytes() count; slot s of a digest begins at byte s * slot_bytes(). With the twist
    /// runs are cheapest when `first` is a multiple of 16.
    void digests(u32 first, u32 count, u8* out) const;
    void digests_of(std::span<const u32> calls, u8* out) const;

    /// X of up to kRowsAtOnce leaves.
    void rows_of(std::span<const u32> indices, Row* rows) const;
    static constexpr u32 kRowsAtOnce = 64;

private:
    void plain_digests(u32 first, u32 count, u8* out) const;  ///< as BLAKE2b gives them: no twist
    void plain_digests_of(std::span<const u32> calls, u8* out) const;

    Params params_;
    const hash::LeafHasher* hasher_;
    bool is_header_;  ///< 140 bytes: midstate_ holds; otherwise prefix_ does
    hash::HeaderMidstate midstate_{};
    hash::Blake2b prefix_;
    Row row_mask_{};        ///< ones in the n bits of a row
    u64 slots_reciprocal_;  ///< index * this >> 34 = index / slots_per_call, for index < 2^27
};

}  // namespace adit::equihash
