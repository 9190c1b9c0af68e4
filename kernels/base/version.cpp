#include "kernels/base/version.hpp"

#include "adit_commit.hpp"  // made at build time

namespace adit {

std::string_view version() { return ADIT_VERSION; }
std::string_view commit() { return ADIT_COMMIT; }
int version_number()
{
    return 1'000'000 * ADIT_VERSION_MAJOR + 10'000 * ADIT_VERSION_MINOR + 100 * ADIT_VERSION_PATCH;
}

}  // namespace adit
