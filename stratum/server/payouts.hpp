#pragma once

#include <span>
#include <string>
#include <vector>

#include "kernels/base/bytes.hpp"

/// Who has earned what: pure sums over shares. Amounts are base units (10^-8 coin), weights whole
/// solutions.
namespace adit::stratum::server {

/// One accepted share, as far as paying goes.
struct CreditedShare {
    std::string worker;
    u64 weight = 0;  ///< solutions it stands for
};

/// One worker's part.
struct Credit {
    std::string worker;
    u64 shares = 0;
    u64 weight = 0;
    i64 amount = 0;  ///< of the sum that was split
    bool operator==(const Credit&) const = default;
};

/// Splits `amount` by weight. What rounding leaves goes, a unit each, to those it cost most (the
/// largest remainder; ties by order), so the parts always add up. Nothing is paid when all weights
/// are 0. amount >= 0; the weights add up below 2^64.
std::vector<i64> split(i64 amount, std::span<const u64> weights);

/// Pay per last N shares, N being a weight: shares newest first, the last one counted in part, so
/// that a worker cannot gain by choosing when to come (Rosenfeld 2011, "PPLNS"). Sorted by worker.
std::vector<Credit> pplns(std::span<const CreditedShare> newest_first, u64 window_weight,
                          i64 amount);

/// Everybody's shares of one round (since the block before), in proportion. Sorted by worker.
std::vector<Credit> proportional(std::span<const CreditedShare> round, i64 amount);

}  // namespace adit::stratum::server
