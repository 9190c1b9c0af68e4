#include "kernels/equihash/verifier.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/base/check.hpp"
#include "kernels/equihash/distinct.hpp"

namespace adit::equihash {
namespace {

constexpr std::size_t kIndicesMax = 512;

/// Every left half begins with a smaller index than its right half, on all levels.
bool ordered(const u32* indices, std::size_t count)
{
    u32 broken = 0;
    for (std::size_t half = 1; half < count; half *= 2)
        for (std::size_t left = 0; left < count; left += 2 * half)
            broken |= static_cast<u32>(indices[left] >= indices[left + half]);
    return broken == 0;
}

/// Ones in the first `bits` bits of a row.
Row leading_ones(u32 bits)
{
    std::array<u8, sizeof(Row)> bytes{};
    std::fill_n(bytes.begin(), bits / 8, u8{0xff});
    if (bits % 8 != 0) bytes[bits / 8] = static_cast<u8>(0xff00 >> bits % 8);
    Row row;
    std::memcpy(&row, bytes.data(), sizeof row);
    return row;
}

/// Replaces `count` rows by the xors of neighbours. True when each begins with the ones of `zeros`
/// cleared.
bool merge_level(Row* rows, std::size_t count, const Row& zeros)
{
    u64 left_over = 0;
    for (std::size_t i = 0; i < count / 2; ++i)
        for (std::size_t w = 0; w < 4; ++w) {
            const u64 word = rows[2 * i].words[w] ^ rows[2 * i + 1].words[w];
            left_over |= word & zeros.words[w];
            rows[i].words[w] = word;
        }
    return left_over == 0;
}

}  // namespace

Result<void, SolutionError> check_structure(const Params& params, std::span<const u32> indices)
{
    ADIT_CHECK(params.fits_the_house());
    if (indices.size() != params.indices()) return SolutionError::bad_length;
    const bool in_order = ordered(indices.data(), indices.size());
    if (!distinct(indices)) return SolutionError::duplicate_index;
    if (!in_order) return SolutionError::out_of_order;
    return {};
}

Result<void, SolutionError> verify(const Params& params, const Personalization& personalization,
                                   ByteView input, ByteView minimal, const hash::LeafHasher& hasher)
{
    ADIT_CHECK(params.fits_the_house());
    if (minimal.size() != params.solution_bytes()) return SolutionError::bad_length;
    u32 indices[kIndicesMax];
    const std::span<const u32> all(indices, params.indices());
    unpack_indices(minimal, params.index_bits(), {indices, params.indices()});
    ADIT_CHECKED(check_structure(params, all));

    // Subtrees of up to 64 leaves are hashed and merged one after the other, so that a wrong
    // solution costs one of them; their roots then make the levels above.
    const Leaves leaves(params, personalization, input, hasher);
    Row zeros[10];  // [r]: the bits that are zero after level r
    for (u32 level = 1; level <= params.k; ++level)
        zeros[level] = leading_ones(level * params.collision_bits());

    const std::size_t part = std::min<std::size_t>(all.size(), Leaves::kRowsAtOnce);
    Row roots[kIndicesMax / Leaves::kRowsAtOnce];
    Row rows[Leaves::kRowsAtOnce];
    u32 level = 0;
    for (std::size_t first = 0; first < all.size(); first += part) {
        leaves.rows_of(all.subspan(first, part), rows);
        level = 0;
        for (std::size_t count = part; count > 1; count /= 2)
            if (!merge_level(rows, count, zeros[++level])) return SolutionError::no_collision;
        roots[first / part] = rows[0];
    }
    for (std::size_t count = all.size() / part; count > 1; count /= 2)
        if (!merge_level(roots, count, zeros[++level])) return SolutionError::no_collision;

    const Row& whole = roots[0];
    if ((whole.words[0] | whole.words[1] | whole.words[2] | whole.words[3]) != 0)
        return SolutionError::not_zero;
    return {};
}

}  // namespace adit::equihash
