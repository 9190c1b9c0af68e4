#define ADIT_N 48
#define ADIT_K 5
#include "kernels/cuda/instance.cuh"
