#include "kernels/solver/way.hpp"

#include <algorithm>
#include <charconv>

namespace adit::solver {

u32 Way::knob(std::string_view name, u32 otherwise) const
{
    for (const auto& [known, value] : knobs)
        if (known == name) return value;
    return otherwise;
}

std::optional<Way> parse_way(std::string_view text)
{
    Way way;
    const std::size_t colon = text.find(':');
    way.lane = text.substr(0, colon);
    if (colon == std::string_view::npos) return way;
    text.remove_prefix(colon + 1);
    for (bool more = true; more;) {
        const std::size_t comma = text.find(',');
        more = comma != std::string_view::npos;
        const std::string_view item = text.substr(0, comma);
        const std::size_t equals = item.find('=');
        if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
        const std::string_view digits = item.substr(equals + 1);
        u32 value = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
        const std::string name(item.substr(0, equals));
        const bool twice =
            std::ranges::any_of(way.knobs, [&](const auto& knob) { return knob.first == name; });
        if (twice || way.knobs.size() == Way::kKnobsMax) return std::nullopt;
        way.knobs.emplace_back(name, value);
        if (more) text.remove_prefix(comma + 1);
    }
    return way;
}

std::string to_string(const Way& way)
{
    std::string text = way.lane;
    char before = ':';
    for (const auto& [name, value] : way.knobs) {
        text += before + name + "=" + std::to_string(value);
        before = ',';
    }
    return text;
}

std::optional<std::string> unknown_knob(const Way& way, std::span<const std::string_view> known)
{
    for (const auto& [name, value] : way.knobs)
        if (std::ranges::find(known, std::string_view(name)) == known.end()) return name;
    return std::nullopt;
}

}  // namespace adit::solver
