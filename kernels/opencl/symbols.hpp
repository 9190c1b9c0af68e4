#pragma once

namespace adit::opencl {

/// Opens libOpenCL.so.1 on the first call and fills the table that every cl… function of this
/// program goes through (symbols.cpp). False when there is no such library, or it lacks something
/// of OpenCL 1.2: then no cl… function may be called. Any thread.
bool load_opencl();

/// Why not, in a few words; empty when it is there.
const char* load_problem();

}  // namespace adit::opencl
