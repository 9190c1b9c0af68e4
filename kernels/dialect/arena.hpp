#pragma once

#include "kernels/dialect/layout.hpp"

namespace adit::dialect {

inline constexpr u32 kSegmentsMax = 4;    ///< allocations that an arena may be split into
inline constexpr u32 kControlWords = 64;  ///< before the first nonce's share of segment 0
inline constexpr u64 kSegmentBytesMax = u64{1} << 34;  ///< offsets are 32-bit numbers of words

/// `at` words into a nonce's share of `segment`.
struct Place {
    u32 segment = 0;
    u32 at = 0;
};

/// Where everything of a nonce lies. Table r's rows live from kernel r to kernel r + 1, references
/// to the end; what lives at different times shares memory.
struct Places {
    Place quad[kTablesMax], duo[kTablesMax],
        single[kTablesMax];  ///< the rows' planes of 4, 2, 1 words
    Place ref[kTablesMax];  ///< a word a row: the leaf index in table 0, else the pair it came from
    Place notes[kTablesMax];  ///< [bucket][TableLayout::notes]: fills after slices
    Place fills;              ///< fill counters, then the tallies: what is zeroed before a nonce
    Place tallies;            ///< kTallyWords
    Place solutions;          ///< kSolutionsMax times 2^k leaf indices in tree order
    Place candidates;         ///< kCandidatesMax pairs of row positions in table k-1

    u32 segments = 0;
    u32 nonce_words[kSegmentsMax] = {};  ///< a nonce's share of each segment

    /// Bytes of `segment` for `batch` nonces, control words included.
    u64 segment_bytes(u32 segment, u32 batch) const;
    u64 arena_bytes(u32 batch) const;
};

/// Places everything; `segment_bytes_max` is the largest allocation the device grants. nullopt when
/// a plane alone is larger, or kSegmentsMax do not suffice.
std::optional<Places> plan_places(const Layout& layout, u64 segment_bytes_max = kSegmentBytesMax);

}  // namespace adit::dialect
