// One of the trials of policies.hpp, as ADIT_TRIAL says: all of them are (200,9).
#define ADIT_N 200
#define ADIT_K 9
#include "kernels/cuda/instance.cuh"
