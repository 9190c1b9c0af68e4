#pragma once

#include <algorithm>
#include <array>

#include "kernels/base/bytes.hpp"

namespace adit::equihash {

inline constexpr std::size_t kHeaderBytes = 140;  ///< a header up to and including its nonce
inline constexpr std::size_t kNonceOffset = 108;
inline constexpr std::size_t kNonceBytes = 32;

/// A header as solvers see it: 108 fixed bytes, then the nonce.
struct PowInput {
    std::array<u8, kHeaderBytes> header{};

    bool operator==(const PowInput&) const = default;
    ByteView view() const { return header; }
    ByteView nonce() const { return ByteView(header).subspan(kNonceOffset); }
    void set_nonce(ByteView nonce)
    {
        std::copy(nonce.begin(), nonce.end(), header.begin() + kNonceOffset);
    }
};

}  // namespace adit::equihash
