#pragma once

#include <filesystem>
#include <functional>

#include "kernels/opencl/policies.hpp"
#include "kernels/solver/backend.hpp"

namespace adit::opencl {

/// Every OpenCL device; CPUs among them only on request. An empty list where there is no OpenCL.
solver::Backend* opencl_backend();

/// Where built programs are kept from now on; an empty path keeps none. Before solvers are made.
void set_program_folder(std::filesystem::path folder);

using Made = Result<std::unique_ptr<solver::Solver>, solver::DeviceError>;

/// A solver as the first of `choices`, of which there is one at least; where its kernels do not
/// build or give a wrong known answer, as the last one, the conservative. The error then names both
/// attempts.
Made make_or_fall_back(const std::vector<Choice>& choices,
                       const std::function<Made(const Choice&)>& make);

}  // namespace adit::opencl
