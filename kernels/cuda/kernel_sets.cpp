#include "kernels/cuda/kernel_set.hpp"

namespace adit::cuda {

#define ADIT_BOTH(set) kernels_roomy_##set, kernels_narrow_##set
extern const KernelSet ADIT_BOTH(48_5), ADIT_BOTH(96_5), ADIT_BOTH(200_9), ADIT_BOTH(210_9),
    ADIT_BOTH(144_5), ADIT_BOTH(192_7), ADIT_BOTH(125_4), ADIT_BOTH(150_5);
#undef ADIT_BOTH

#ifdef ADIT_CUDA_TRIALS
extern const KernelSet kernels_trial_0, kernels_trial_1, kernels_trial_2, kernels_trial_3,
    kernels_trial_4, kernels_trial_5, kernels_trial_6, kernels_trial_7, kernels_trial_8,
    kernels_trial_9, kernels_trial_10, kernels_trial_11, kernels_trial_12, kernels_trial_13,
    kernels_trial_14, kernels_trial_15, kernels_trial_16;
#endif

std::span<const KernelSet* const> kernel_sets()
{
#define ADIT_BOTH(set) &kernels_roomy_##set, &kernels_narrow_##set
    static const KernelSet* const all[]{
        ADIT_BOTH(48_5),   ADIT_BOTH(96_5),   ADIT_BOTH(200_9),  ADIT_BOTH(210_9),
        ADIT_BOTH(144_5),  ADIT_BOTH(192_7),  ADIT_BOTH(125_4),  ADIT_BOTH(150_5),
#ifdef ADIT_CUDA_TRIALS
        &kernels_trial_0,  &kernels_trial_1,  &kernels_trial_2,  &kernels_trial_3,
        &kernels_trial_4,  &kernels_trial_5,  &kernels_trial_6,  &kernels_trial_7,
        &kernels_trial_8,  &kernels_trial_9,  &kernels_trial_10, &kernels_trial_11,
        &kernels_trial_12, &kernels_trial_13, &kernels_trial_14, &kernels_trial_15,
        &kernels_trial_16,
#endif
    };
#undef ADIT_BOTH
    return all;
}

}  // namespace adit::cuda
