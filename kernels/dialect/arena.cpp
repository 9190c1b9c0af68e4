#include "kernels/dialect/arena.hpp"

#include <algorithm>
#include <vector>

namespace adit::dialect {
namespace {

struct Piece {
    Place* place = nullptr;
    u64 words = 0;
    u32 born = 0;  ///< kernel that writes it: 0 hash, 1 … k rounds, k + 1 expand
    u32 dies = 0;  ///< last kernel that reads it

    bool meets(const Piece& other) const { return born <= other.dies && other.born <= dies; }
};

/// Pieces are placed one after the other, each at the lowest place that is free while it lives; the
/// order decides. By birth is perfect for most sets; where it is not, a few hundred small changes
/// of the order are tried.
class Planner {
public:
    explicit Planner(u64 segment_words_max) : segment_words_max_(segment_words_max) {}

    void add(Place& place, u64 words, u32 born, u32 dies)
    {
        if (words != 0) pieces_.push_back({&place, (words + 63) / 64 * 64, born, dies});
    }

    /// False when the pieces do not fit the segments.
    bool solve(Places& places)
    {
        u64 best = place_all();
        const u64 goal = peak();
        u64 dice = 1;
        const auto roll = [&] {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            return static_cast<std::size_t>((dice >> 33) % pieces_.size());
        };
        for (int i = 0; i < kTries && best > goal && best > kWorthTrying; ++i) {
            const std::size_t from = roll();
            const std::size_t to = roll();
            move(from, to);
            const u64 words = place_all();
            if (words != 0 && words <= best)
                best = words;
            else
                move(to, from);
        }
        if (place_all() == 0) return false;
        for (u32 i = 0; i < kSegmentsMax; ++i) {
            places.nonce_words[i] = static_cast<u32>(ends_[i]);
            if (ends_[i] != 0) places.segments = i + 1;
        }
        return true;
    }

private:
    static constexpr int kTries = 500;
    static constexpr u64 kWorthTrying = u64{1} << 22;  ///< words: small arenas stay as they are

    /// Words alive at once, at most.
    u64 peak() const
    {
        u64 most = 0;
        for (u32 kernel = 0; kernel <= kTablesMax + 1; ++kernel) {
            u64 alive = 0;
            for (const Piece& piece : pieces_)
                if (piece.born <= kernel && kernel <= piece.dies) alive += piece.words;
            most = std::max(most, alive);
        }
        return most;
    }

    /// The lowest offset in `segment` where pieces_[i] can live, given those before it.
    u64 lowest(std::size_t i, u32 segment) const
    {
        const Piece& piece = pieces_[i];
        u64 at = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t j = 0; j < i; ++j) {
                const Piece& other = pieces_[j];
                if (other.place->segment != segment || !piece.meets(other)) continue;
                const u64 end = other.place->at + other.words;
                if (at >= end || at + piece.words <= other.place->at) continue;
                at = end;
                moved = true;
            }
        }
        return at;
    }

    /// Words of all segments, or 0 when they do not suffice.
    u64 place_all()
    {
        std::ranges::fill(ends_, 0);
        u64 total = 0;
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            u32 segment = 0;
            u64 at = lowest(i, 0);
            while (at + pieces_[i].words > segment_words_max_) {
                if (++segment == kSegmentsMax) return 0;
                at = lowest(i, segment);
            }
            *pieces_[i].place = Place{segment, static_cast<u32>(at)};
            ends_[segment] = std::max(ends_[segment], at + pieces_[i].words);
        }
        for (const u64 end : ends_) total += end;
        return total;
    }

    void move(std::size_t from, std::size_t to)
    {
        const auto begin = pieces_.begin();
        if (from < to)
            std::rotate(begin + from, begin + from + 1, begin + to + 1);
        else
            std::rotate(begin + to, begin + from, begin + from + 1);
    }

    u64 segment_words_max_;
    std::vector<Piece> pieces_;
    u64 ends_[kSegmentsMax] = {};
};

}  // namespace

u64 Places::segment_bytes(u32 segment, u32 batch) const
{
    return 4 * (u64{nonce_words[segment]} * batch + (segment == 0 ? kControlWords : 0));
}

u64 Places::arena_bytes(u32 batch) const
{
    u64 bytes = 0;
    for (u32 i = 0; i < segments; ++i) bytes += segment_bytes(i, batch);
    return bytes;
}

std::optional<Places> plan_places(const Layout& layout, u64 segment_bytes_max)
{
    if (!layout.fits) return std::nullopt;
    const u32 k = layout.params.k;
    Places places;
    Planner planner(std::min(segment_bytes_max, kSegmentBytesMax) / 4 - kControlWords);
    // First of all and for ever, so that counters, tallies and solutions lie in segment 0.
    planner.add(places.fills,
                layout.fill_words + kTallyWords + u64{kSolutionsMax} * layout.params.indices(), 0,
                k + 1);
    for (u32 r = 0; r < k; ++r) {
        const TableLayout& table = layout.tables[r];
        const u64 rows = u64{table.slots} << table.bucket_bits;
        planner.add(places.quad[r], 4 * rows * (table.words >> 2), r, r + 1);
        planner.add(places.duo[r], 2 * rows * (table.words >> 1 & 1), r, r + 1);
        planner.add(places.single[r], rows * (table.words & 1), r, r + 1);
        planner.add(places.ref[r], rows, r, k + 1);
        planner.add(places.notes[r], u64{table.notes} << table.bucket_bits, r, k + 1);
    }
    planner.add(places.candidates, 2 * kCandidatesMax, k, k + 1);
    if (!planner.solve(places)) return std::nullopt;
    places.tallies = {places.fills.segment, places.fills.at + layout.fill_words};
    places.solutions = {places.fills.segment, places.tallies.at + kTallyWords};
    return places;
}

}  // namespace adit::dialect
