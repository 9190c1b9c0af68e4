#include "stratum/proto/dialects.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace adit::stratum {
namespace {

using equihash::Params;
using equihash::Personalization;

constexpr Params k200_9{200, 9};
constexpr Params k144_5{144, 5};
constexpr Params k192_7{192, 7};

constexpr std::array<Coin, 25> kCoins{{
    {"zcash", k200_9, "ZcashPoW"},
    {"horizen", k200_9, "ZcashPoW"},
    {"komodo", k200_9, "ZcashPoW"},
    {"pirate", k200_9, "ZcashPoW"},
    {"hush", k200_9, "ZcashPoW"},
    {"bitcoingold", k144_5, "BgoldPoW"},
    {"bitcoinz", k144_5, "BitcoinZ"},
    {"snowgem", k144_5, "sngemPoW"},
    {"tent", k144_5, "sngemPoW"},
    {"gemlink", k144_5, "sngemPoW"},
    {"litecoinz", k144_5, "ZcashPoW"},
    {"bzedge", k144_5, "BZEZhash"},
    {"ycash", k192_7, "ZcashPoW"},
    {"zclassic", k192_7, "ZcashPoW"},
    {"zero", k192_7, "ZERO_PoW"},
    {"safecoin", k192_7, "Safecoin"},
    {"genesis", k192_7, "GENX_PoW"},
    {"vidulum", k192_7, "EquivPoW"},
    {"bitcoinprivate", k192_7, "BTCP_PoW"},
    {"flux", {125, 4, true}, "ZelProof"},
    {"zelcash", {125, 4, true}, "ZelProof"},
    {"aion", {210, 9}, "AION0PoW"},
    {"beam", {150, 5}, "Beam-PoW"},
    {"regtest", {48, 5}, "ZcashPoW"},
    {"bitcoingold-regtest", {96, 5}, "BgoldPoW"},
}};

constexpr std::array<std::string_view, 14> kTags{
    "ZcashPoW", "BgoldPoW", "BitcoinZ", "ZERO_PoW", "sngemPoW", "ZelProof", "BZEZhash",
    "Safecoin", "GENX_PoW", "EquivPoW", "BTCP_PoW", "AION0PoW", "Beam-PoW", "NandKPoW"};

std::optional<ParamsHint> parse_params_hint(std::string_view text)
{
    const char* end = text.data() + text.size();
    ParamsHint hint;
    const auto [bar, n_error] = std::from_chars(text.data(), end, hint.n);
    if (n_error != std::errc{} || bar == end || *bar != '_') return std::nullopt;
    const auto [last, k_error] = std::from_chars(bar + 1, end, hint.k);
    if (k_error != std::errc{} || last != end) return std::nullopt;
    return hint;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

void read_hint(std::string_view text, AlgorithmHint& hint)
{
    if (const auto params = parse_params_hint(text)) {
        if (!hint.params) hint.params = params;
    } else if (!hint.personalization) {
        if (text.size() != Personalization{}.tag.size()) return;
        Personalization named;
        std::copy(text.begin(), text.end(), named.tag.begin());
        hint.personalization = named;
    }
}

std::span<const Coin> coins() { return kCoins; }

const Coin* find_coin(std::string_view name)
{
    std::string key(name);
    std::transform(key.begin(), key.end(), key.begin(), lower);
    const auto found = std::find_if(kCoins.begin(), kCoins.end(),
                                    [&](const Coin& coin) { return coin.name == key; });
    return found == kCoins.end() ? nullptr : &*found;
}

Personalization usual_personalization(const Params& params)
{
    const auto row = std::find_if(kCoins.begin(), kCoins.end(),
                                  [&](const Coin& coin) { return coin.params == params; });
    Personalization usual;  // ZcashPoW, also for sets that no chain of the table uses
    if (row != kCoins.end() && !(params == Params{96, 5}))
        std::copy(row->tag.begin(), row->tag.end(), usual.tag.begin());
    return usual;
}

std::span<const std::string_view> known_personalizations() { return kTags; }

std::string to_string(const Algorithm& algorithm)
{
    return std::to_string(algorithm.params.n) + "," + std::to_string(algorithm.params.k) + " " +
           std::string(algorithm.personalization.text());
}

std::optional<Algorithm> choose_algorithm(const AlgorithmChoice& choice, const AlgorithmHint& hint)
{
    Algorithm chosen;
    if (choice.params) {
        chosen.params = *choice.params;
    } else {
        if (!hint.params) return std::nullopt;
        const auto known = equihash::find_params(hint.params->n, hint.params->k);
        if (!known) return std::nullopt;
        chosen.params = *known;
    }
    if (choice.personalization)
        chosen.personalization = *choice.personalization;
    else if (hint.personalization)
        chosen.personalization = *hint.personalization;
    else
        chosen.personalization = usual_personalization(chosen.params);
    return chosen;
}

bool known_header_version(u32 version)
{
    return version == 3 || version == 4 || version >> 29 == 1;
}

}  // namespace adit::stratum
