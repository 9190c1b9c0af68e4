#pragma once

#include <string_view>

namespace adit {

/// "0.1.0".
std::string_view version();

/// Short hash of the commit this was built from, "-dirty" behind it when files were changed since;
/// "unknown" outside a git tree.
std::string_view commit();

/// The version as one number, as RPC tells it: 1'000'000 major + 10'000 minor + 100 patch.
int version_number();

}  // namespace adit
