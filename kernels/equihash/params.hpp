#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

namespace adit::equihash {

/// One Equihash parameter set and every size that follows from it (Biryukov and Khovratovich 2016;
/// Zcash protocol specification 7.7.1). All members are compile-time constants of (n, k).
struct Params {
    u32 n = 0;
    u32 k = 0;
    bool twist = false;  ///< ZelHash: digests are running sums over groups of 16 calls (125,4)

    constexpr bool operator==(const Params&) const = default;

    constexpr u32 collision_bits() const { return n / (k + 1); }
    constexpr u32 index_bits() const { return collision_bits() + 1; }
    constexpr u32 indices() const { return 1u << k; }          ///< in one solution
    constexpr u32 rows() const { return 1u << index_bits(); }  ///< leaves: hashes a nonce
    constexpr u32 slot_bytes() const { return (n + 7) / 8; }   ///< of one leaf's hash
    constexpr u32 slots_per_call() const { return 512 / n; }   ///< leaves of one BLAKE2b call
    constexpr u32 digest_bytes() const { return slots_per_call() * slot_bytes(); }
    constexpr u32 solution_bytes() const { return indices() * index_bits() / 8; }  ///< minimal form
    constexpr u32 calls() const { return (rows() + slots_per_call() - 1) / slots_per_call(); }

    /// What fixed buffers here are made for: rows of 32 bytes, 512 indices, whole solution bytes.
    constexpr bool fits_the_house() const
    {
        return k >= 1 && k <= 9 && n >= 8 && n <= 256 && n % (k + 1) == 0 && index_bits() <= 27 &&
               index_bits() > k && indices() * index_bits() % 8 == 0;
    }
};

/// The nine sets this house knows, smallest first.
inline constexpr std::array<Params, 9> kKnownParams{
    {{48, 5}, {96, 5}, {96, 3}, {200, 9}, {210, 9}, {144, 5}, {192, 7}, {125, 4, true}, {150, 5}}};

/// The known set of this (n, k); 125,4 comes with its twist.
constexpr std::optional<Params> find_params(u32 n, u32 k)
{
    for (const Params& params : kKnownParams)
        if (params.n == n && params.k == k) return params;
    return std::nullopt;
}

/// "200,9", "200_9", "200/9", "EQUI200_9", "equihash200_9" → the known set. nullopt otherwise.
std::optional<Params> parse_params(std::string_view text);

/// "200,9"
std::string to_string(const Params& params);

/// "48,5 96,5 …": every known set, for messages.
std::string known_params_text();

/// The eight bytes before LE32(n) || LE32(k) in BLAKE2b's personalization: "ZcashPoW", "BgoldPoW" …
struct Personalization {
    std::array<char, 8> tag{'Z', 'c', 'a', 's', 'h', 'P', 'o', 'W'};

    constexpr bool operator==(const Personalization&) const = default;
    std::string_view text() const { return {tag.data(), tag.size()}; }
    /// Exactly eight bytes; nullopt otherwise.
    static std::optional<Personalization> from_text(std::string_view text);
};

}  // namespace adit::equihash
