#pragma once

#include <span>

#include "kernels/solver/backend.hpp"

namespace adit::kernels {

/// Device families in this binary, best first. The CPU comes last and is always there. Any thread.
std::span<solver::Backend* const> backends();

}  // namespace adit::kernels
