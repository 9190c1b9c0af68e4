#include "miner/app/suggest.hpp"

#include <algorithm>
#include <array>

namespace adit::miner::app {

/// Restricted Damerau-Levenshtein: the usual table, three rows of it.
std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& known)
{
    const std::size_t far = std::max<std::size_t>(2, typed.size() / 3) + 1;
    std::size_t best = far;
    std::optional<std::string> found;
    for (const std::string& word : known) {
        const bool begins = typed.size() >= 4 && std::string_view(word).starts_with(typed);
        const std::size_t distance = begins ? 1 : edit_distance(typed, word);
        if (distance >= best || distance >= typed.size()) continue;
        best = distance;
        found = word;
    }
    return found;
}

std::optional<std::string> known_elsewhere(std::string_view flag)
{
    struct Row {
        std::string_view flag;
        const char* instead;
    };
    static constexpr std::array kRows{
        Row{"--intensity", "adit runs its devices at full load; choose them with --devices"},
        Row{"--temp-limit", "adit does not act on temperatures yet; set limits in the driver"},
        Row{"--tstop", "adit does not act on temperatures yet; set limits in the driver"},
        Row{"--templimit", "adit does not act on temperatures yet; set limits in the driver"},
        Row{"--pl", "adit does not change power limits; set them in the driver"},
        Row{"--power-limit", "adit does not change power limits; set them in the driver"},
        Row{"--fan", "adit does not change fans; set them in the driver"},
        Row{"--cclk", "adit does not change clocks; set them in the driver"},
        Row{"--mclk", "adit does not change clocks; set them in the driver"},
        Row{"--fee", "adit takes no fee"},
        Row{"--dev-fee", "adit takes no fee"},
        Row{"--donate-level", "adit takes no fee"},
    };
    const auto row =
        std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.flag == flag; });
    if (row == kRows.end()) return std::nullopt;
    return row->instead;
}

}  // namespace adit::miner::app
