#include "stratum/server/payouts.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "kernels/base/check.hpp"

namespace adit::stratum::server {
namespace {

__extension__ using u128 = unsigned __int128;

/// Credits by worker, and the amount split over them.
std::vector<Credit> pay(const std::map<std::string, Credit>& by_worker, i64 amount)
{
    std::vector<Credit> credits;
    std::vector<u64> weights;
    for (const auto& [worker, credit] : by_worker) {
        credits.push_back(credit);
        credits.back().worker = worker;
        weights.push_back(credit.weight);
    }
    const std::vector<i64> parts = split(amount, weights);
    for (std::size_t i = 0; i < credits.size(); ++i) credits[i].amount = parts[i];
    return credits;
}

}  // namespace

std::vector<i64> split(i64 amount, std::span<const u64> weights)
{
    ADIT_CHECK(amount >= 0);
    std::vector<i64> parts(weights.size(), 0);
    u128 total = 0;
    for (const u64 weight : weights) total += weight;
    if (total == 0) return parts;
    ADIT_CHECK(total <= ~u64{0});

    std::vector<u64> remainders(weights.size());
    i64 paid = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const u128 exact = static_cast<u128>(amount) * weights[i];
        parts[i] = static_cast<i64>(exact / total);
        remainders[i] = static_cast<u64>(exact % total);
        paid += parts[i];
    }
    std::vector<std::size_t> order(weights.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    for (std::size_t i = 0; paid < amount; ++i, ++paid) ++parts[order[i]];
    return parts;
}

std::vector<Credit> pplns(std::span<const CreditedShare> newest_first, u64 window_weight,
                          i64 amount)
{
    std::map<std::string, Credit> by_worker;
    u64 left = window_weight;
    for (const CreditedShare& share : newest_first) {
        if (left == 0) break;
        const u64 counted = std::min(left, share.weight);
        left -= counted;
        Credit& credit = by_worker[share.worker];
        ++credit.shares;
        credit.weight += counted;
    }
    return pay(by_worker, amount);
}

std::vector<Credit> proportional(std::span<const CreditedShare> round, i64 amount)
{
    std::map<std::string, Credit> by_worker;
    for (const CreditedShare& share : round) {
        Credit& credit = by_worker[share.worker];
        ++credit.shares;
        credit.weight += share.weight;
    }
    return pay(by_worker, amount);
}

}  // namespace adit::stratum::server
