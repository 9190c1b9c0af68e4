#pragma once

#include <string>
#include <vector>

#include "kernels/solver/backend.hpp"

namespace adit::cuda {

/// Every NVIDIA device that this build's kernels run on. An empty list without a driver, or with
/// one that is too old: `cuda_notes` then says so.
solver::Backend* cuda_backend();

/// What people should know about NVIDIA cards here, a sentence each: a driver that is too old for
/// this build or does not start, a card too old for its kernels.
std::vector<std::string> cuda_notes();

}  // namespace adit::cuda
