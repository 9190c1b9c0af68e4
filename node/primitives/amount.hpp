#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"
#include "kernels/base/strong.hpp"

namespace adit::node {

/// Money in base units: 1 coin = 10^8. Signed, as on the wire.
using Amount = i64;
inline constexpr Amount kCoin = 100'000'000;

/// Parts of ten thousand: 10'000 is all of it.
using BasisPoints = i64;

/// One payee's part of a block subsidy, in base units, rounded down.
/// @param subsidy   whole subsidy in base units, >= 0, fees excluded
/// @param share_bp  the payee's share in basis points, 0 … 10'000
/// Exact over the whole range of Amount: no product overflows.
constexpr Amount share_of(Amount subsidy, BasisPoints share_bp)
{
    return subsidy / 10'000 * share_bp + subsidy % 10'000 * share_bp / 10'000;
}

/// "12.50000000": a sign only when negative, always eight places.
std::string format_amount(Amount amount);

/// The same back: digits, and behind a point at most eight more. nullopt for anything else, signs
/// and amounts past the range too.
std::optional<Amount> parse_amount(std::string_view text);

/// Blocks above genesis, which has height 0.
using Height = Strong<u32, struct HeightTag>;

}  // namespace adit::node
