#define ADIT_N 150
#define ADIT_K 5
#include "kernels/cuda/instance.cuh"
