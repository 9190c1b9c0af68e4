#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

namespace adit {

/// An unsigned 256-bit number: targets, chain work. Wraps nowhere silently: `add` says when it
/// would.
struct U256 {
    std::array<u64, 4> limbs{};  ///< least significant first

    constexpr U256() = default;
    constexpr explicit U256(u64 low) : limbs{low, 0, 0, 0} {}

    constexpr bool operator==(const U256&) const = default;
    constexpr std::strong_ordering operator<=>(const U256& other) const
    {
        for (int i = 3; i >= 0; --i)
            if (limbs[i] != other.limbs[i]) return limbs[i] <=> other.limbs[i];
        return std::strong_ordering::equal;
    }
    constexpr bool is_zero() const { return *this == U256{}; }

    static U256 from_le(const Hash256& bytes);  ///< a hash read as a number
    Hash256 to_le() const;

    /// 64 hex digits, most significant first; the form pools and RPC use.
    std::string to_hex() const;
    static std::optional<U256> from_hex(std::string_view digits);  ///< exactly 64 digits

    int bit_length() const;    ///< 0 for 0, 256 for 2^255 and more
    double to_double() const;  ///< nearest double, for people only
};

/// Plain arithmetic. Division by zero and results outside 0 … 2^256-1 are our own mistake
/// (ADIT_CHECK).
U256 operator+(const U256& a, const U256& b);
U256 operator-(const U256& a, const U256& b);
U256 operator*(const U256& a, u64 b);
U256 operator/(const U256& a, const U256& b);
U256 operator/(const U256& a, u64 b);
U256 operator<<(const U256& a, unsigned bits);  ///< bits shifted out are lost
U256 operator>>(const U256& a, unsigned bits);
U256 operator~(const U256& a);

}  // namespace adit
