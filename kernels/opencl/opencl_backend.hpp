#pragma once

#include <filesystem>

#include "kernels/solver/backend.hpp"

namespace adit::opencl {

/// Every OpenCL device; CPUs among them only on request. An empty list where there is no OpenCL.
solver::Backend* opencl_backend();

/// Where built programs are kept from now on; an empty path keeps none. Before solvers are made.
void set_program_folder(std::filesystem::path folder);

}  // namespace adit::opencl
