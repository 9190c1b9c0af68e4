#pragma once

#include "kernels/base/bytes.hpp"

namespace adit::hash {

/// sha256d_pairs for CPUs with SHA extensions: the caller asks cpu_features() first.
void sha256d_pairs_ni(const Hash256* in, Hash256* out, std::size_t pairs);

}  // namespace adit::hash
