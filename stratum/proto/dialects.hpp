#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/equihash/params.hpp"

/// Pool customs: what pools say about their algorithm, and what chains use when they say nothing.
namespace adit::stratum {

struct ParamsHint {
    u32 n = 0;
    u32 k = 0;
    bool operator==(const ParamsHint&) const = default;
};

/// What a pool says of its algorithm behind mining.notify's usual fields. s-nomp sends "144_5" and
/// "BgoldPoW", nulls, or false; others leave it out or put it elsewhere.
struct AlgorithmHint {
    std::optional<ParamsHint> params;
    std::optional<equihash::Personalization> personalization;
    bool operator==(const AlgorithmHint&) const = default;
    bool empty() const { return !params && !personalization; }
};

/// Takes one more value into the hint: digits_digits is (n,k), any other eight characters are a
/// personalization. The first of each kind stays.
void read_hint(std::string_view text, AlgorithmHint& hint);

/// One chain's algorithm.
struct Coin {
    std::string_view name;  ///< lower case, as `--coin` takes it
    equihash::Params params;
    std::string_view tag;  ///< personalization
};

/// Chains by name; of several with one (n,k), the first row is the usual one.
std::span<const Coin> coins();
const Coin* find_coin(std::string_view name);  ///< null when there is none; case does not matter

/// The personalization most used with `params`.
equihash::Personalization usual_personalization(const equihash::Params& params);

/// Every personalization known, each once.
std::span<const std::string_view> known_personalizations();

/// What the user asked for; absent is "auto".
struct AlgorithmChoice {
    std::optional<equihash::Params> params;
    std::optional<equihash::Personalization> personalization;
};

/// What to solve.
struct Algorithm {
    equihash::Params params;
    equihash::Personalization personalization;
    bool operator==(const Algorithm&) const = default;
};
std::string to_string(const Algorithm& algorithm);  ///< "144,5 BgoldPoW"

/// A configured value wins over a hint, a hint over the table. nullopt when nobody says (n,k), or
/// the hint names an (n,k) that this house does not know.
std::optional<Algorithm> choose_algorithm(const AlgorithmChoice& choice, const AlgorithmHint& hint);

/// Header versions that jobs may have: 3 and 4, and version bits (001 on top). Others are of a
/// protocol to come, and such jobs are to be ignored (ZIP 301, mining.notify).
bool known_header_version(u32 version);

}  // namespace adit::stratum
