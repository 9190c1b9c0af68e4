#define ADIT_N 125
#define ADIT_K 4
#include "kernels/cuda/instance.cuh"
