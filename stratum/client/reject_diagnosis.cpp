#include "stratum/client/reject_diagnosis.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "kernels/base/endian.hpp"
#include "kernels/equihash/verifier.hpp"
#include "stratum/proto/share.hpp"
#include "stratum/proto/target.hpp"

namespace adit::stratum::client {
namespace {

using Cause = Diagnosis::Cause;
using equihash::Params;
using equihash::Personalization;

Algorithm algorithm_of(const Work& work) { return {work.params, work.personalization}; }

bool solves(const Share& share, const Algorithm& algorithm)
{
    equihash::PowInput input = share.work->input;
    input.set_nonce(share.nonce);
    return bool(equihash::verify(algorithm.params, algorithm.personalization, input.view(),
                                 share.solution.bytes));
}

bool all_solve(const RejectEvidence& evidence, const Algorithm& algorithm)
{
    return std::all_of(evidence.rejected.begin(), evidence.rejected.end(),
                       [&](const auto& r) { return solves(r.share, algorithm); });
}

/// Another known algorithm under which all the shares are solutions.
std::optional<Algorithm> another_fit(const RejectEvidence& evidence, const Algorithm& believed)
{
    const std::size_t length = evidence.rejected.front().share.solution.bytes.size();
    for (const Params& params : equihash::kKnownParams) {
        if (params.solution_bytes() != length) continue;
        for (const std::string_view tag : known_personalizations()) {
            const Algorithm candidate{params, *Personalization::from_text(tag)};
            if (!(candidate == believed) && all_solve(evidence, candidate)) return candidate;
        }
    }
    return std::nullopt;
}

/// "Incorrect size of solution (202), expected 74": the (n,k) whose solutions have that many hex
/// digits (or bytes), length prefix included.
std::optional<Params> params_expected(std::string_view words)
{
    const auto at = words.find("expected ");
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view digits = words.substr(at + 9);
    u32 size = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), size).ec != std::errc{})
        return std::nullopt;
    for (const Params& params : equihash::kKnownParams) {
        const u32 bytes = params.solution_bytes() + (params.solution_bytes() < 253 ? 1 : 3);
        if (size == 2 * bytes || size == bytes) return params;
    }
    return std::nullopt;
}

/// Bitcoin Gold writes the height into the reserved field: 4 bytes, then 28 zeros.
bool looks_like_bitcoin_gold(const Work& work)
{
    const ByteView reserved = work.input.view().subspan(68, 32);
    constexpr u32 kHeightMin = 536'200;
    constexpr u32 kHeightMax = 10'000'000;
    const u32 height = load_le<u32>(reserved.data());
    return height >= kHeightMin && height < kHeightMax &&
           std::all_of(reserved.begin() + 4, reserved.end(), [](u8 b) { return b == 0; });
}

/// Chains with the same (n,k) and another tag: "BitcoinZ (bitcoinz), sngemPoW (snowgem)".
std::string other_tags(const Algorithm& algorithm)
{
    std::string text;
    for (const Coin& coin : coins()) {
        if (!(coin.params == algorithm.params) || coin.tag == algorithm.personalization.text())
            continue;
        if (text.find(coin.tag) != std::string::npos) continue;
        text += (text.empty() ? "" : ", ") + std::string(coin.tag) + " (" + std::string(coin.name) +
                ")";
    }
    return text;
}

std::string count(std::size_t shares)
{
    return shares == 1 ? "the last rejected share"
                       : "the last " + std::to_string(shares) + " rejected shares";
}

Diagnosis diagnose_invalid(const RejectEvidence& evidence)
{
    const Share& sample = evidence.rejected.front().share;
    const Algorithm ours = algorithm_of(*sample.work);
    if (!all_solve(evidence, ours)) {
        if (const auto fit = another_fit(evidence, ours))
            return {Cause::solved_for_another,
                    count(evidence.rejected.size()) + " solve " + to_string(*fit) + ", not " +
                        to_string(ours) + ": use -a " + equihash::to_string(fit->params) +
                        " --pers " + std::string(fit->personalization.text())};
        return {Cause::unknown, count(evidence.rejected.size()) +
                                    " are no solutions of anything known: a device errs; run "
                                    "adit selftest"};
    }
    for (const auto& rejected : evidence.rejected)
        if (const auto wanted = params_expected(rejected.words);
            wanted && !(*wanted == ours.params))
            return {Cause::length_differs, "the pool expects solutions as long as those of " +
                                               equihash::to_string(*wanted) + ": use -a " +
                                               equihash::to_string(*wanted)};
    const auto announced = choose_algorithm({}, evidence.hint);
    if (announced && !(*announced == ours))
        return {Cause::hint_differs, "the pool announces " + to_string(*announced) +
                                         ", the shares are of " + to_string(ours) + ": use -a " +
                                         equihash::to_string(announced->params) + " --pers auto"};
    const auto gold = *Personalization::from_text("BgoldPoW");
    if (looks_like_bitcoin_gold(*sample.work) && !(ours.personalization == gold))
        return {Cause::chain_differs,
                "the header looks like Bitcoin Gold's: use -a 144,5 --pers BgoldPoW"};
    const std::string others = other_tags(ours);
    return {
        Cause::unknown,
        count(evidence.rejected.size()) + " are true solutions of " + to_string(ours) +
            (others.empty() ? ": the pool wants another algorithm; look it up at the pool"
                            : ": the pool may want another personalization; try --pers " + others)};
}

Diagnosis diagnose_low(const RejectEvidence& evidence)
{
    const auto every_rejected = [&](auto&& holds) {
        return std::all_of(evidence.rejected.begin(), evidence.rejected.end(),
                           [&](const auto& r) { return holds(r.share); });
    };
    const auto every_accepted = [&](auto&& holds) {
        return std::all_of(evidence.accepted.begin(), evidence.accepted.end(), holds);
    };
    if (!every_rejected([](const Share& s) { return meets(s.hash, s.work->share_target); }))
        return {Cause::above_target,
                "shares above their target were sent: a mistake of adit; please report it"};
    const auto meets_newest = [&](const Share& s) { return meets(s.hash, evidence.newest_target); };
    if (every_rejected([&](const Share& s) { return !meets_newest(s); }))
        return {Cause::newer_target,
                "the pool holds shares of earlier jobs against its newest target; harmless, as "
                "long as it does not change too often"};
    const auto meets_swapped = [](const Share& s) {
        return meets(s.hash, byte_swapped(s.work->share_target));
    };
    if (every_rejected([&](const Share& s) { return !meets_swapped(s); }) &&
        every_accepted(meets_swapped))
        return {Cause::target_byte_order,
                "the pool seems to read its targets from the other end (" +
                    byte_swapped(evidence.rejected.front().share.work->share_target).to_hex() +
                    "): tell its operator, or use another pool"};
    return {Cause::unknown, count(evidence.rejected.size()) +
                                " meet the target that the pool sent with their job: the pool "
                                "counts by another; tell its operator"};
}

}  // namespace

Diagnosis diagnose(const RejectEvidence& evidence)
{
    const auto is_low = [](const auto& r) { return r.ruling == Ruling::low_difficulty; };
    const bool low = std::all_of(evidence.rejected.begin(), evidence.rejected.end(), is_low);
    return low ? diagnose_low(evidence) : diagnose_invalid(evidence);
}

}  // namespace adit::stratum::client
