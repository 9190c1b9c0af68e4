#pragma once

#include <vector>

#include "kernels/base/bytes.hpp"

namespace adit::equihash {

/// 2^k leaf indices in tree order.
struct Indices {
    std::vector<u32> values;
    auto operator<=>(const Indices&) const = default;
};

/// The same packed: index_bits each, most significant bit first, no gaps, without a length prefix.
struct MinimalSolution {
    Bytes bytes;
    bool operator==(const MinimalSolution&) const = default;
    /// Bytewise, through text: GCC 12 warns falsely of vectors' own comparison.
    auto operator<=>(const MinimalSolution& other) const
    {
        return as_text(bytes) <=> as_text(other.bytes);
    }
};

}  // namespace adit::equihash
