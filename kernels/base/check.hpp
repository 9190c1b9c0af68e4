#pragma once

namespace adit::base {

/// Prints `file:line: check failed: expression` to standard error and ends the process. Any thread.
[[noreturn]] void check_failed(const char* file, int line, const char* expression);

}  // namespace adit::base

/// For what only we can do wrong. Always on, also in release builds.
#define ADIT_CHECK(expression)           \
    ((expression) ? static_cast<void>(0) \
                  : ::adit::base::check_failed(__FILE__, __LINE__, #expression))
