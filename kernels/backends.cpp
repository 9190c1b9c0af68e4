#include "kernels/backends.hpp"

#include <vector>

#include "kernels/cpu/cpu_backend.hpp"
#ifdef ADIT_HAS_CUDA
#include "kernels/cuda/cuda_backend.hpp"
#endif
#ifdef ADIT_HAS_OPENCL
#include "kernels/opencl/opencl_backend.hpp"
#endif

namespace adit::kernels {

std::span<solver::Backend* const> backends()
{
    static const std::vector<solver::Backend*> families{
#ifdef ADIT_HAS_CUDA
        cuda::cuda_backend(),
#endif
#ifdef ADIT_HAS_OPENCL
        opencl::opencl_backend(),
#endif
        cpu::cpu_backend()};
    return families;
}

std::vector<std::string> backend_notes()
{
    std::vector<std::string> notes;
#ifdef ADIT_HAS_CUDA
    notes = cuda::cuda_notes();
#endif
    return notes;
}

}  // namespace adit::kernels
