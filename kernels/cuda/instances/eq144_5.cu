#define ADIT_N 144
#define ADIT_K 5
#include "kernels/cuda/instance.cuh"
