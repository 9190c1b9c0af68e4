#include "node/primitives/amount.hpp"

#include <array>
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

}  // namespace adit::node
