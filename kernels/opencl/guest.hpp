#pragma once

// OpenCL's C++ bindings, as this room uses them: version 1.2, errors as values.
#define CL_HPP_TARGET_OPENCL_VERSION 120
#define CL_HPP_MINIMUM_OPENCL_VERSION 120
#define CL_HPP_CL_1_2_DEFAULT_BUILD
#include <CL/opencl.hpp>

#include "kernels/opencl/symbols.hpp"
