// One of the trials of policies.hpp, as ADIT_TRIAL says. The first 16 are (200,9), and two of
// them overlap.
#if ADIT_TRIAL < 16
#define ADIT_N 200
#define ADIT_K 9
#else
#define ADIT_N 144
#define ADIT_K 5
#endif
#if ADIT_TRIAL == 13 || ADIT_TRIAL == 14
#define ADIT_OVERLAP
#endif
#include "kernels/cuda/instance.cuh"
static_assert((ADIT_TRIAL < adit::cuda::kTrialsOf200_9) == (ADIT_N == 200));
