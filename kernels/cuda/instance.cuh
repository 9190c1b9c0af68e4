// The kernels of one (n, k), compiled for one class of architectures: narrow or roomy, as
// ADIT_CUDA_CLASS says, or in the shape of trial number ADIT_TRIAL. The includer says ADIT_N and
// ADIT_K.
#include "kernels/cuda/kernel_set.hpp"
#include "kernels/dialect/dialect.h"

namespace adit::dialect {
namespace {

#ifdef ADIT_TRIAL
constexpr Layout kLayout = adit::cuda::layout_of_trial(ADIT_TRIAL);
#else
constexpr Layout kLayout =
    adit::cuda::layout_of(ADIT_N, ADIT_K, adit::cuda::Architecture::ADIT_CUDA_CLASS);
#endif
static_assert(kLayout.fits, "policies.hpp has no working row for these parameters");
#ifdef ADIT_OVERLAP
static_assert(kLayout.policy.overlap);
#else
static_assert(!kLayout.policy.overlap, "its kernels are compiled with ADIT_OVERLAP");
#endif
static_assert(adit::cuda::shared_bytes_of(kLayout) <=
                  adit::cuda::shared_bytes_max(adit::cuda::Architecture::ADIT_CUDA_CLASS),
              "blocks need more shared memory than the class has");

#include "kernels/dialect/program.eqk"

}  // namespace
}  // namespace adit::dialect

namespace adit::cuda {

#define ADIT_TEXT_(word) #word
#define ADIT_TEXT(word) ADIT_TEXT_(word)
#ifdef ADIT_TRIAL
#define ADIT_KERNELS ADIT_JOIN(kernels_trial_, ADIT_TRIAL)
#define ADIT_NAME "trial-" ADIT_TEXT(ADIT_TRIAL)
#else
#define ADIT_KERNELS                                              \
    ADIT_JOIN(ADIT_JOIN(ADIT_JOIN(kernels_, ADIT_CUDA_CLASS), _), \
              ADIT_JOIN(ADIT_JOIN(ADIT_N, _), ADIT_K))
#define ADIT_NAME ADIT_TEXT(ADIT_CUDA_CLASS)
#endif
#define ADIT_POINTER(kernel) reinterpret_cast<const void*>(&dialect::kernel)

extern const KernelSet ADIT_KERNELS;
const KernelSet ADIT_KERNELS{
    .name = ADIT_NAME,
    .architecture = Architecture::ADIT_CUDA_CLASS,
    .layout = &dialect::kLayout,
    .hash = ADIT_POINTER(adit_hash_leaves),
    .rounds =
        {
            nullptr,
            ADIT_POINTER(adit_round_1),
            ADIT_POINTER(adit_round_2),
#if ADIT_K > 3
            ADIT_POINTER(adit_round_3),
#endif
#if ADIT_K > 4
            ADIT_POINTER(adit_round_4),
#endif
#if ADIT_K > 5
            ADIT_POINTER(adit_round_5),
            ADIT_POINTER(adit_round_6),
#endif
#if ADIT_K > 7
            ADIT_POINTER(adit_round_7),
            ADIT_POINTER(adit_round_8),
#endif
        },
#ifdef ADIT_OVERLAP
    .overlaps =
        {
            nullptr,
            ADIT_POINTER(adit_overlap_1),
            ADIT_POINTER(adit_overlap_2),
            ADIT_POINTER(adit_overlap_3),
            ADIT_POINTER(adit_overlap_4),
            ADIT_POINTER(adit_overlap_5),
            ADIT_POINTER(adit_overlap_6),
            ADIT_POINTER(adit_overlap_7),
            ADIT_POINTER(adit_overlap_8),
        },
#endif
    .last = ADIT_POINTER(adit_last),
    .expand = ADIT_POINTER(adit_expand),
#ifdef ADIT_PROBE
    .hash_alone = ADIT_POINTER(adit_hash_alone),
#endif
};

}  // namespace adit::cuda
