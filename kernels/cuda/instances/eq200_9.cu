#define ADIT_N 200
#define ADIT_K 9
#include "kernels/cuda/instance.cuh"
