#include "kernels/hash/cpu_features.hpp"

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
