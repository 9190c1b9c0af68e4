#pragma once

#include <vector>

#include "kernels/opencl/guest.hpp"
#include "kernels/opencl/policies.hpp"
#include "kernels/solver/backend.hpp"

namespace adit::opencl {

/// A device as OpenCL shows it, and as the house lists it.
struct OpenclDevice {
    cl::Device device;
    solver::DeviceInfo info;
    DeviceFacts facts;
};

/// Every device of every platform: GPUs and accelerators in PCI order, then CPUs, which are used
/// only when named. ids are "ocl:0", "ocl:1" … in that order. Empty where there is no OpenCL. Any
/// thread.
std::vector<OpenclDevice> list_devices();

}  // namespace adit::opencl
