#include "kernels/equihash/encoding.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"

namespace adit::equihash {
namespace {

std::size_t packed_bytes(std::size_t count, u32 index_bits) { return (count * index_bits + 7) / 8; }

u64 load_be64(const u8* from)
{
    u64 word;
    std::memcpy(&word, from, sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

}  // namespace

std::string_view to_string(SolutionError error)
{
    switch (error) {
        case SolutionError::bad_length: return "bad_length";
        case SolutionError::index_too_large: return "index_too_large";
        case SolutionError::out_of_order: return "out_of_order";
        case SolutionError::duplicate_index: return "duplicate_index";
        case SolutionError::no_collision: return "no_collision";
        case SolutionError::not_zero: return "not_zero";
    }
    return "?";
}

void unpack_indices(ByteView packed, u32 index_bits, std::span<u32> indices)
{
    ADIT_CHECK(index_bits >= 1 && index_bits <= 27);
    ADIT_CHECK(packed.size() == packed_bytes(indices.size(), index_bits));

    // Eight bytes from an index's first one always hold it all (7 + 27 bits); the last indices are
    // read from a copy with room behind it.
    const std::size_t whole_words = packed.size() >= 8 ? packed.size() - 7 : 0;  // safe offsets
    u8 tail[16] = {};
    if (!packed.empty())
        std::memcpy(tail, packed.data() + whole_words, packed.size() - whole_words);

    std::size_t bit = 0;
    for (u32& index : indices) {
        const std::size_t byte = bit / 8;
        const u64 word =
            load_be64(byte < whole_words ? packed.data() + byte : tail + (byte - whole_words));
        index = static_cast<u32>(word << bit % 8 >> (64 - index_bits));
        bit += index_bits;
    }
}

void pack_indices(std::span<const u32> indices, u32 index_bits, MutableByteView packed)
{
    ADIT_CHECK(index_bits >= 1 && index_bits <= 27);
    ADIT_CHECK(packed.size() == packed_bytes(indices.size(), index_bits));
    u64 held = 0;
    u32 held_bits = 0;
    std::size_t byte = 0;
    for (const u32 index : indices) {
        ADIT_CHECK(index >> index_bits == 0);
        held = held << index_bits | index;
        held_bits += index_bits;
        for (; held_bits >= 8; held_bits -= 8)
            packed[byte++] = static_cast<u8>(held >> (held_bits - 8));
    }
    if (held_bits > 0) packed[byte] = static_cast<u8>(held << (8 - held_bits));
}

Result<Indices, SolutionError> to_indices(const Params& params, ByteView minimal)
{
    if (minimal.size() != params.solution_bytes()) return SolutionError::bad_length;
    Indices indices{std::vector<u32>(params.indices())};
    unpack_indices(minimal, params.index_bits(), indices.values);
    return indices;
}

Result<MinimalSolution, SolutionError> to_minimal(const Params& params,
                                                  std::span<const u32> indices)
{
    if (indices.size() != params.indices()) return SolutionError::bad_length;
    for (const u32 index : indices)
        if (index >= params.rows()) return SolutionError::index_too_large;
    MinimalSolution minimal{Bytes(params.solution_bytes())};
    pack_indices(indices, params.index_bits(), minimal.bytes);
    return minimal;
}

}  // namespace adit::equihash
