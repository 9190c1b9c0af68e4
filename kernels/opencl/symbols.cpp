#include "kernels/opencl/symbols.hpp"

#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <dlfcn.h>

#include <type_traits>

namespace {

// The program must start where there is no OpenCL, so it links none: the functions below stand
// where the library's would and go through this table.
struct Table {
    decltype(&::clGetPlatformIDs) clGetPlatformIDs = nullptr;
    decltype(&::clGetPlatformInfo) clGetPlatformInfo = nullptr;
    decltype(&::clGetDeviceIDs) clGetDeviceIDs = nullptr;
    decltype(&::clGetDeviceInfo) clGetDeviceInfo = nullptr;
    decltype(&::clRetainDevice) clRetainDevice = nullptr;
    decltype(&::clReleaseDevice) clReleaseDevice = nullptr;
    decltype(&::clRetainContext) clRetainContext = nullptr;
    decltype(&::clReleaseContext) clReleaseContext = nullptr;
    decltype(&::clGetContextInfo) clGetContextInfo = nullptr;
    decltype(&::clRetainCommandQueue) clRetainCommandQueue = nullptr;
    decltype(&::clReleaseCommandQueue) clReleaseCommandQueue = nullptr;
    decltype(&::clRetainMemObject) clRetainMemObject = nullptr;
    decltype(&::clReleaseMemObject) clReleaseMemObject = nullptr;
    decltype(&::clRetainProgram) clRetainProgram = nullptr;
    decltype(&::clReleaseProgram) clReleaseProgram = nullptr;
    decltype(&::clRetainKernel) clRetainKernel = nullptr;
    decltype(&::clReleaseKernel) clReleaseKernel = nullptr;
    decltype(&::clRetainEvent) clRetainEvent = nullptr;
    decltype(&::clReleaseEvent) clReleaseEvent = nullptr;
    decltype(&::clGetProgramInfo) clGetProgramInfo = nullptr;
    decltype(&::clGetProgramBuildInfo) clGetProgramBuildInfo = nullptr;
    decltype(&::clSetKernelArg) clSetKernelArg = nullptr;
    decltype(&::clGetEventInfo) clGetEventInfo = nullptr;
    decltype(&::clGetEventProfilingInfo) clGetEventProfilingInfo = nullptr;
    decltype(&::clWaitForEvents) clWaitForEvents = nullptr;
    decltype(&::clFlush) clFlush = nullptr;
    decltype(&::clFinish) clFinish = nullptr;
    decltype(&::clCreateContext) clCreateContext = nullptr;
    decltype(&::clCreateCommandQueue) clCreateCommandQueue = nullptr;
    decltype(&::clCreateBuffer) clCreateBuffer = nullptr;
    decltype(&::clCreateProgramWithSource) clCreateProgramWithSource = nullptr;
    decltype(&::clCreateProgramWithBinary) clCreateProgramWithBinary = nullptr;
    decltype(&::clBuildProgram) clBuildProgram = nullptr;
    decltype(&::clCreateKernel) clCreateKernel = nullptr;
    decltype(&::clEnqueueNDRangeKernel) clEnqueueNDRangeKernel = nullptr;
    decltype(&::clEnqueueReadBuffer) clEnqueueReadBuffer = nullptr;
    decltype(&::clEnqueueWriteBuffer) clEnqueueWriteBuffer = nullptr;
    decltype(&::clEnqueueFillBuffer) clEnqueueFillBuffer = nullptr;
};
Table table;

struct Loaded {
    const char* problem = "";

    Loaded()
    {
        // Never closed: drivers leave threads behind that outlive any dlclose.
        void* const library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            problem = "no libOpenCL.so.1";
            return;
        }
        const auto find = [&](auto& function, const char* name) {
            function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
            if (function == nullptr) problem = "libOpenCL.so.1 is older than OpenCL 1.2";
        };
        find(table.clGetPlatformIDs, "clGetPlatformIDs");
        find(table.clGetPlatformInfo, "clGetPlatformInfo");
        find(table.clGetDeviceIDs, "clGetDeviceIDs");
        find(table.clGetDeviceInfo, "clGetDeviceInfo");
        find(table.clRetainDevice, "clRetainDevice");
        find(table.clReleaseDevice, "clReleaseDevice");
        find(table.clRetainContext, "clRetainContext");
        find(table.clReleaseContext, "clReleaseContext");
        find(table.clGetContextInfo, "clGetContextInfo");
        find(table.clRetainCommandQueue, "clRetainCommandQueue");
        find(table.clReleaseCommandQueue, "clReleaseCommandQueue");
        find(table.clRetainMemObject, "clRetainMemObject");
        find(table.clReleaseMemObject, "clReleaseMemObject");
        find(table.clRetainProgram, "clRetainProgram");
        find(table.clReleaseProgram, "clReleaseProgram");
        find(table.clRetainKernel, "clRetainKernel");
        find(table.clReleaseKernel, "clReleaseKernel");
        find(table.clRetainEvent, "clRetainEvent");
        find(table.clReleaseEvent, "clReleaseEvent");
        find(table.clGetProgramInfo, "clGetProgramInfo");
        find(table.clGetProgramBuildInfo, "clGetProgramBuildInfo");
        find(table.clSetKernelArg, "clSetKernelArg");
        find(table.clGetEventInfo, "clGetEventInfo");
        find(table.clGetEventProfilingInfo, "clGetEventProfilingInfo");
        find(table.clWaitForEvents, "clWaitForEvents");
        find(table.clFlush, "clFlush");
        find(table.clFinish, "clFinish");
        find(table.clCreateContext, "clCreateContext");
        find(table.clCreateCommandQueue, "clCreateCommandQueue");
        find(table.clCreateBuffer, "clCreateBuffer");
        find(table.clCreateProgramWithSource, "clCreateProgramWithSource");
        find(table.clCreateProgramWithBinary, "clCreateProgramWithBinary");
        find(table.clBuildProgram, "clBuildProgram");
        find(table.clCreateKernel, "clCreateKernel");
        find(table.clEnqueueNDRangeKernel, "clEnqueueNDRangeKernel");
        find(table.clEnqueueReadBuffer, "clEnqueueReadBuffer");
        find(table.clEnqueueWriteBuffer, "clEnqueueWriteBuffer");
        find(table.clEnqueueFillBuffer, "clEnqueueFillBuffer");
    }
};

const Loaded& loaded()
{
    static const Loaded once;
    return once;
}

}  // namespace

namespace adit::opencl {

bool load_opencl() { return *loaded().problem == '\0'; }
const char* load_problem() { return loaded().problem; }

}  // namespace adit::opencl

#define ADIT_HIDDEN __attribute__((visibility("hidden")))

extern "C" {
ADIT_HIDDEN cl_int clGetPlatformIDs(cl_uint a, cl_platform_id* b, cl_uint* c)
{
    return table.clGetPlatformIDs(a, b, c);
}
ADIT_HIDDEN cl_int clGetPlatformInfo(cl_platform_id a, cl_platform_info b, size_t c, void* d,
                                     size_t* e)
{
    return table.clGetPlatformInfo(a, b, c, d, e);
}
ADIT_HIDDEN cl_int clGetDeviceIDs(cl_platform_id a, cl_device_type b, cl_uint c, cl_device_id* d,
                                  cl_uint* e)
{
    return table.clGetDeviceIDs(a, b, c, d, e);
}
ADIT_HIDDEN cl_int clGetDeviceInfo(cl_device_id a, cl_device_info b, size_t c, void* d, size_t* e)
{
    return table.clGetDeviceInfo(a, b, c, d, e);
}
ADIT_HIDDEN cl_int clRetainDevice(cl_device_id a) { return table.clRetainDevice(a); }
ADIT_HIDDEN cl_int clReleaseDevice(cl_device_id a) { return table.clReleaseDevice(a); }
ADIT_HIDDEN cl_int clRetainContext(cl_context a) { return table.clRetainContext(a); }
ADIT_HIDDEN cl_int clReleaseContext(cl_context a) { return table.clReleaseContext(a); }
ADIT_HIDDEN cl_int clGetContextInfo(cl_context a, cl_context_info b, size_t c, void* d, size_t* e)
{
    return table.clGetContextInfo(a, b, c, d, e);
}
ADIT_HIDDEN cl_int clRetainCommandQueue(cl_command_queue a)
{
    return table.clRetainCommandQueue(a);
}
ADIT_HIDDEN cl_int clReleaseCommandQueue(cl_command_queue a)
{
    return table.clReleaseCommandQueue(a);
}
ADIT_HIDDEN cl_int clRetainMemObject(cl_mem a) { return table.clRetainMemObject(a); }
ADIT_HIDDEN cl_int clReleaseMemObject(cl_mem a) { return table.clReleaseMemObject(a); }
ADIT_HIDDEN cl_int clRetainProgram(cl_program a) { return table.clRetainProgram(a); }
ADIT_HIDDEN cl_int clReleaseProgram(cl_program a) { return table.clReleaseProgram(a); }
ADIT_HIDDEN cl_int clRetainKernel(cl_kernel a) { return table.clRetainKernel(a); }
ADIT_HIDDEN cl_int clReleaseKernel(cl_kernel a) { return table.clReleaseKernel(a); }
ADIT_HIDDEN cl_int clRetainEvent(cl_event a) { return table.clRetainEvent(a); }
ADIT_HIDDEN cl_int clReleaseEvent(cl_event a) { return table.clReleaseEvent(a); }
ADIT_HIDDEN cl_int clGetProgramInfo(cl_program a, cl_program_info b, size_t c, void* d, size_t* e)
{
    return table.clGetProgramInfo(a, b, c, d, e);
}
ADIT_HIDDEN cl_int clGetProgramBuildInfo(cl_program a, cl_device_id b, cl_program_build_info c,
                                         size_t d, void* e, size_t* f)
{
    return table.clGetProgramBuildInfo(a, b, c, d, e, f);
}
ADIT_HIDDEN cl_int clSetKernelArg(cl_kernel a, cl_uint b, size_t c, const void* d)
{
    return table.clSetKernelArg(a, b, c, d);
}
ADIT_HIDDEN cl_int clGetEventInfo(cl_event a, cl_event_info b, size_t c, void* d, size_t* e)
{
    return table.clGetEventInfo(a, b, c, d, e);
}
ADIT_HIDDEN cl_int clGetEventProfilingInfo(cl_event a, cl_profiling_info b, size_t c, void* d,
                                           size_t* e)
{
    return table.clGetEventProfilingInfo(a, b, c, d, e);
}
ADIT_HIDDEN cl_int clWaitForEvents(cl_uint a, const cl_event* b)
{
    return table.clWaitForEvents(a, b);
}
ADIT_HIDDEN cl_int clFlush(cl_command_queue a) { return table.clFlush(a); }
ADIT_HIDDEN cl_int clFinish(cl_command_queue a) { return table.clFinish(a); }
ADIT_HIDDEN cl_context
clCreateContext(const cl_context_properties* a, cl_uint b, const cl_device_id* c,
                void(CL_CALLBACK* d)(const char*, const void*, size_t, void*), void* e, cl_int* f)
{
    return table.clCreateContext(a, b, c, d, e, f);
}
ADIT_HIDDEN cl_command_queue clCreateCommandQueue(cl_context a, cl_device_id b,
                                                  cl_command_queue_properties c, cl_int* d)
{
    return table.clCreateCommandQueue(a, b, c, d);
}
ADIT_HIDDEN cl_mem clCreateBuffer(cl_context a, cl_mem_flags b, size_t c, void* d, cl_int* e)
{
    return table.clCreateBuffer(a, b, c, d, e);
}
ADIT_HIDDEN cl_program clCreateProgramWithSource(cl_context a, cl_uint b, const char** c,
                                                 const size_t* d, cl_int* e)
{
    return table.clCreateProgramWithSource(a, b, c, d, e);
}
ADIT_HIDDEN cl_program clCreateProgramWithBinary(cl_context a, cl_uint b, const cl_device_id* c,
                                                 const size_t* d, const unsigned char** e,
                                                 cl_int* f, cl_int* g)
{
    return table.clCreateProgramWithBinary(a, b, c, d, e, f, g);
}
ADIT_HIDDEN cl_int clBuildProgram(cl_program a, cl_uint b, const cl_device_id* c, const char* d,
                                  void(CL_CALLBACK* e)(cl_program, void*), void* f)
{
    return table.clBuildProgram(a, b, c, d, e, f);
}
ADIT_HIDDEN cl_kernel clCreateKernel(cl_program a, const char* b, cl_int* c)
{
    return table.clCreateKernel(a, b, c);
}
ADIT_HIDDEN cl_int clEnqueueNDRangeKernel(cl_command_queue a, cl_kernel b, cl_uint c,
                                          const size_t* d, const size_t* e, const size_t* f,
                                          cl_uint g, const cl_event* h, cl_event* i)
{
    return table.clEnqueueNDRangeKernel(a, b, c, d, e, f, g, h, i);
}
ADIT_HIDDEN cl_int clEnqueueReadBuffer(cl_command_queue a, cl_mem b, cl_bool c, size_t d, size_t e,
                                       void* f, cl_uint g, const cl_event* h, cl_event* i)
{
    return table.clEnqueueReadBuffer(a, b, c, d, e, f, g, h, i);
}
ADIT_HIDDEN cl_int clEnqueueWriteBuffer(cl_command_queue a, cl_mem b, cl_bool c, size_t d, size_t e,
                                        const void* f, cl_uint g, const cl_event* h, cl_event* i)
{
    return table.clEnqueueWriteBuffer(a, b, c, d, e, f, g, h, i);
}
ADIT_HIDDEN cl_int clEnqueueFillBuffer(cl_command_queue a, cl_mem b, const void* c, size_t d,
                                       size_t e, size_t f, cl_uint g, const cl_event* h,
                                       cl_event* i)
{
    return table.clEnqueueFillBuffer(a, b, c, d, e, f, g, h, i);
}
}
