#include "tests/support/vectors.hpp"

#include <fstream>
#include <iterator>

#include "kernels/base/check.hpp"
#include "kernels/base/hex.hpp"

namespace adit::test {

json::value load_vectors(std::string_view name)
{
    const std::string path = std::string(ADIT_VECTORS_DIR) + "/" + std::string(name);
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto parsed = json::parse(text);
    if (!parsed) base::check_failed(path.c_str(), 0, parsed.error().message.c_str());
    return *parsed;
}

std::string_view text(const json::object& o, std::string_view key)
{
    const auto found = json::string_of(o, key);
    ADIT_CHECK(found.has_value());
    return *found;
}

i64 integer(const json::object& o, std::string_view key)
{
    const auto found = json::integer_of(o, key);
    ADIT_CHECK(found.has_value());
    return *found;
}

Bytes hex(const json::object& o, std::string_view key)
{
    auto bytes = from_hex(text(o, key));
    ADIT_CHECK(bytes.has_value());
    return std::move(*bytes);
}

}  // namespace adit::test
