#pragma once

#include <string_view>

#include "kernels/base/json.hpp"

namespace adit::test {

/// tests/vectors/`name`, parsed. A missing or broken file ends the test program.
json::value load_vectors(std::string_view name);

/// Members that must be there; a missing one ends the test program.
std::string_view text(const json::object& o, std::string_view key);
i64 integer(const json::object& o, std::string_view key);
Bytes hex(const json::object& o, std::string_view key);

}  // namespace adit::test
