#pragma once

#include <span>
#include <string>
#include <vector>

#include "kernels/solver/backend.hpp"

namespace adit::kernels {

/// Device families in this binary, best first. The CPU comes last and is always there. Any thread.
std::span<solver::Backend* const> backends();

/// What people should know about devices that a family cannot use, a sentence each: a driver or a
/// card too old.
std::vector<std::string> backend_notes();

}  // namespace adit::kernels
