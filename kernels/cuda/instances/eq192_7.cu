#define ADIT_N 192
#define ADIT_K 7
#include "kernels/cuda/instance.cuh"
