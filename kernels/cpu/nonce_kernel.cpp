#include "kernels/cpu/nonce_kernel.hpp"

#include <array>

#define ADIT_KERNELS_OF(lane)                                                                   \
    namespace lane {                                                                            \
    extern const NonceKernel kernel_48_5, kernel_96_5, kernel_96_3, kernel_200_9, kernel_210_9, \
        kernel_144_5, kernel_192_7, kernel_125_4, kernel_150_5;                                 \
    }
#define ADIT_LIST_OF(lane)                                                                  \
    &lane::kernel_48_5, &lane::kernel_96_5, &lane::kernel_96_3, &lane::kernel_200_9,        \
        &lane::kernel_210_9, &lane::kernel_144_5, &lane::kernel_192_7, &lane::kernel_125_4, \
        &lane::kernel_150_5

namespace adit::cpu {

ADIT_KERNELS_OF(portable)
#if defined(__x86_64__)
ADIT_KERNELS_OF(avx2)
ADIT_KERNELS_OF(avx512)
#endif

std::span<const NonceKernel* const> nonce_kernels()
{
    static constexpr std::array kAll
    {
        ADIT_LIST_OF(portable),
#if defined(__x86_64__)
            ADIT_LIST_OF(avx2), ADIT_LIST_OF(avx512),
#endif
    };
    return kAll;
}

const NonceKernel* find_kernel(const equihash::Params& params, hash::Lane lane)
{
    for (const NonceKernel* kernel : nonce_kernels())
        if (kernel->params == params && kernel->lane == lane) return kernel;
    return nullptr;
}

}  // namespace adit::cpu
