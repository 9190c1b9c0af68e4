#include "kernels/hash/cpu_features.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace adit::hash {
namespace {

CpuFeatures ask_machine()
{
    CpuFeatures features;
#if defined(__x86_64__)
    // The compiler's runtime also asks XGETBV whether the OS saves the wide registers.
    __builtin_cpu_init();
    features.avx2 = __builtin_cpu_supports("avx2") != 0;
    features.avx512 = features.avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
    // Not every compiler here knows the name "sha": leaf 7's bit of the CPU itself.
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    features.sha = __builtin_cpu_supports("sse4.1") &&
                   __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx >> 29 & 1) != 0;
#endif
    return features;
}

}  // namespace

const CpuFeatures& cpu_features()
{
    static const CpuFeatures features = ask_machine();
    return features;
}

}  // namespace adit::hash
