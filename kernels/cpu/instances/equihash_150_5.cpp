#include "kernels/cpu/rounds.hpp"

namespace adit::cpu::ADIT_CPU_LANE {

extern const NonceKernel kernel_150_5;
const NonceKernel kernel_150_5 = make_kernel<Params{150, 5}>(hash::Lane::ADIT_CPU_LANE);

}  // namespace adit::cpu::ADIT_CPU_LANE
