#pragma once

#include <boost/json/array.hpp>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/hex.hpp"
#include "kernels/base/json.hpp"

/// Generous readers of single JSON values: a number may come as text. For the codec.
namespace adit::stratum::read {

inline std::optional<std::string_view> text(const json::value& v)
{
    const auto* s = v.if_string();
    if (s == nullptr) return std::nullopt;
    return std::string_view(s->data(), s->size());
}

inline std::optional<i64> whole_number(const json::value& v)
{
    if (const auto* i = v.if_int64()) return *i;
    if (const auto* d = v.if_double())
        if (*d >= -9e15 && *d <= 9e15 && *d == static_cast<double>(static_cast<i64>(*d)))
            return static_cast<i64>(*d);
    if (const auto digits = text(v)) {
        i64 number = 0;
        const char* end = digits->data() + digits->size();
        const auto [stop, error] = std::from_chars(digits->data(), end, number);
        if (error == std::errc{} && stop == end && !digits->empty()) return number;
    }
    return std::nullopt;
}

inline std::optional<double> number(const json::value& v)
{
    if (const auto* d = v.if_double()) return *d;
    if (const auto* i = v.if_int64()) return static_cast<double>(*i);
    if (const auto* u = v.if_uint64()) return static_cast<double>(*u);
    if (const auto digits = text(v)) {
        double parsed = 0;
        const char* end = digits->data() + digits->size();
        const auto [stop, error] = std::from_chars(digits->data(), end, parsed);
        if (error == std::errc{} && stop == end && !digits->empty()) return parsed;
    }
    return std::nullopt;
}

/// true, 1, "true", "1"
inline std::optional<bool> truth(const json::value& v)
{
    if (const auto* b = v.if_bool()) return *b;
    if (const auto* i = v.if_int64()) return *i != 0;
    if (const auto word = text(v)) {
        if (*word == "true" || *word == "1") return true;
        if (*word == "false" || *word == "0") return false;
    }
    return std::nullopt;
}

/// Text, or a number as its digits.
inline std::optional<std::string> name(const json::value& v, std::size_t bytes_max)
{
    if (const auto s = text(v)) {
        if (s->size() > bytes_max) return std::nullopt;
        return std::string(*s);
    }
    if (const auto* i = v.if_int64()) return std::to_string(*i);
    if (const auto* u = v.if_uint64()) return std::to_string(*u);
    return std::nullopt;
}

/// Exactly `out.size()` bytes of hex.
inline bool fixed_hex(const json::value& v, MutableByteView out)
{
    const auto digits = text(v);
    if (!digits || digits->size() != 2 * out.size()) return false;
    const auto bytes = from_hex(*digits);
    if (!bytes) return false;
    std::copy(bytes->begin(), bytes->end(), out.begin());
    return true;
}

/// params[i], or null when there are not as many.
inline const json::value& at(const json::array& params, std::size_t i)
{
    static const json::value none;
    return i < params.size() ? params[i] : none;
}

}  // namespace adit::stratum::read
