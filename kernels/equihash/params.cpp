#include "kernels/equihash/params.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace adit::equihash {
namespace {

/// What the verifier's and the solvers' fixed buffers rely on.
constexpr bool all_fit_the_house()
{
    for (const Params& p : kKnownParams)
        if (!p.fits_the_house()) return false;
    return true;
}
static_assert(all_fit_the_house());
static_assert(Params{200, 9}.solution_bytes() == 1344 && Params{200, 9}.digest_bytes() == 50);
static_assert(Params{48, 5}.solution_bytes() == 36 && Params{144, 5}.rows() == 1u << 25);

/// `text` without `prefix` when it begins with it in any case; unchanged otherwise.
std::string_view without_prefix(std::string_view text, std::string_view prefix)
{
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
    };
    if (text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                   [&](char p, char t) { return same(t, p); }))
        text.remove_prefix(prefix.size());
    return text;
}

std::optional<u32> number(std::string_view digits)
{
    if (digits.empty() || digits.size() > 3 || digits.front() == '0') return std::nullopt;
    u32 value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<Params> parse_params(std::string_view text)
{
    const std::string_view whole = text;
    for (const std::string_view prefix : {"equihash", "equi"}) {
        text = without_prefix(whole, prefix);
        if (text.size() != whole.size()) break;
    }
    const std::size_t comma = text.find_first_of(",_/");
    if (comma == std::string_view::npos) return std::nullopt;
    const auto n = number(text.substr(0, comma));
    const auto k = number(text.substr(comma + 1));
    if (!n || !k) return std::nullopt;
    return find_params(*n, *k);
}

std::string to_string(const Params& params)
{
    return std::to_string(params.n) + "," + std::to_string(params.k);
}

std::string known_params_text()
{
    std::string text;
    for (const Params& params : kKnownParams)
        text.append(text.empty() ? "" : " ").append(to_string(params));
    return text;
}

std::optional<Personalization> Personalization::from_text(std::string_view text)
{
    Personalization personalization;
    if (text.size() != personalization.tag.size()) return std::nullopt;
    std::copy(text.begin(), text.end(), personalization.tag.begin());
    return personalization;
}

}  // namespace adit::equihash
