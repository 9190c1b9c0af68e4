#include "node/primitives/amount.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace adit::node {

std::string format_amount(Amount amount)
{
    const bool negative = amount < 0;
    const u64 magnitude = negative ? u64{0} - static_cast<u64>(amount) : static_cast<u64>(amount);
    std::array<char, 40> text;
    std::snprintf(text.data(), text.size(), "%s%llu.%08llu", negative ? "-" : "",
                  static_cast<unsigned long long>(magnitude / static_cast<u64>(kCoin)),
                  static_cast<unsigned long long>(magnitude % static_cast<u64>(kCoin)));
    return text.data();
}

std::optional<Amount> parse_amount(std::string_view text)
{
    constexpr std::size_t kPlaces = 8;
    const std::size_t point = text.find('.');
    std::string digits(text.substr(0, point));
    if (digits.empty()) return std::nullopt;
    std::size_t places = 0;
    if (point != std::string_view::npos) {
        places = text.size() - point - 1;
        if (places == 0 || places > kPlaces) return std::nullopt;
        digits += text.substr(point + 1);
    }
    digits.append(kPlaces - places, '0');
    Amount amount = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), amount);
    const bool all = end == digits.data() + digits.size();
    if (error != std::errc{} || !all || digits[0] == '-') return std::nullopt;
    return amount;
}

}  // namespace adit::node
