// A libcuda.so.1 that drives nothing, for testing what people are told about a driver that is too
// old or does not start. It answers the three calls that the CUDA runtime makes before it asks for
// cards, with what the environment says: ADIT_DRIVER_CUDA, the CUDA version that it knows (11040
// is 11.4), and ADIT_DRIVER_INIT, the answer of cuInit. Drivers of CUDA 12 and newer are asked for
// their functions by name; with ADIT_DRIVER_OF_12 this one is, too. With ADIT_DRIVER_OF_NOTHING it
// has no function at all.

#ifndef ADIT_DRIVER_OF_NOTHING

#include <cstdlib>
#include <cstring>

namespace {

constexpr int kSuccess = 0;
[[maybe_unused]] constexpr int kNotFound = 500;  // CUDA_ERROR_NOT_FOUND

int number_in(const char* variable)
{
    const char* const text = std::getenv(variable);
    return text == nullptr ? 0 : std::atoi(text);
}

}  // namespace

extern "C" {

int cuDriverGetVersion(int* version)
{
    *version = number_in("ADIT_DRIVER_CUDA");
    return kSuccess;
}

int cuInit(unsigned) { return number_in("ADIT_DRIVER_INIT"); }

#ifdef ADIT_DRIVER_OF_12
int cuGetProcAddress_v2(const char* name, void** function, int, unsigned long, int* status)
{
    *function =
        std::strcmp(name, "cuInit") == 0               ? reinterpret_cast<void*>(cuInit)
        : std::strcmp(name, "cuDriverGetVersion") == 0 ? reinterpret_cast<void*>(cuDriverGetVersion)
        : std::strcmp(name, "cuGetProcAddress") == 0 ? reinterpret_cast<void*>(cuGetProcAddress_v2)
                                                     : nullptr;
    if (status != nullptr)
        *status = *function == nullptr ? 1 : 0;  // CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND
    return *function == nullptr ? kNotFound : kSuccess;
}
#endif

}  // extern "C"

#endif
