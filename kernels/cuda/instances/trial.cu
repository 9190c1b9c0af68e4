// One of the trials of policies.hpp, as ADIT_TRIAL says. The first 13 are (200,9).
#if ADIT_TRIAL < 13
#define ADIT_N 200
#define ADIT_K 9
#else
#define ADIT_N 144
#define ADIT_K 5
#endif
#include "kernels/cuda/instance.cuh"
static_assert((ADIT_TRIAL < adit::cuda::kTrialsOf200_9) == (ADIT_N == 200));
