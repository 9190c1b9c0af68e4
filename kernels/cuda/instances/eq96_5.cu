#define ADIT_N 96
#define ADIT_K 5
#include "kernels/cuda/instance.cuh"
