#define ADIT_N 210
#define ADIT_K 9
#include "kernels/cuda/instance.cuh"
