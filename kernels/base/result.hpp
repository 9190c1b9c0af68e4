#pragma once

#include <boost/system/result.hpp>

namespace adit {

/// A value, or what the world did wrong. `E` is one small enum per library (its enumerators double
/// as log words), or a struct where the reader needs more than a word.
/// Ask first (`if (!r)`), then read `*r` or `r.error()`. `value()` is not for us: nothing here
/// throws.
template <class T, class E>
using Result = boost::system::result<T, E>;

}  // namespace adit

// NOLINTBEGIN(bugprone-macro-parentheses): declarations and names take no parentheses.
#define ADIT_CONCAT_(a, b) a##b
#define ADIT_CONCAT(a, b) ADIT_CONCAT_(a, b)

/// `ADIT_TRY(auto x, f());` leaves the function with f's error, or names its value.
#define ADIT_TRY(declaration, expression) \
    ADIT_TRY_(ADIT_CONCAT(adit_try_, __LINE__), declaration, expression)
#define ADIT_TRY_(temporary, declaration, expression) \
    auto temporary = (expression);                    \
    if (!temporary) return temporary.error();         \
    declaration = std::move(*temporary)

/// `ADIT_CHECKED(f());` leaves the function with f's error; for results without a value.
#define ADIT_CHECKED(expression)                           \
    if (auto adit_checked = (expression); !adit_checked) { \
        return adit_checked.error();                       \
    }
// NOLINTEND(bugprone-macro-parentheses)
