#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace adit {

/// A number that refuses to mix with numbers of another meaning: `using Height = Strong<u32, struct
/// HeightTag>`.
template <class Number, class Tag>
struct Strong {
    Number value{};

    constexpr Strong() = default;
    constexpr explicit Strong(Number number) : value(number) {}
    constexpr auto operator<=>(const Strong&) const = default;
};

}  // namespace adit

template <class Number, class Tag>
struct std::hash<adit::Strong<Number, Tag>> {
    std::size_t operator()(const adit::Strong<Number, Tag>& strong) const noexcept
    {
        return std::hash<Number>{}(strong.value);
    }
};
