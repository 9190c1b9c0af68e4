#include "kernels/cpu/rounds.hpp"

namespace adit::cpu::ADIT_CPU_LANE {

extern const NonceKernel kernel_96_3;
const NonceKernel kernel_96_3 = make_kernel<Params{96, 3}>(hash::Lane::ADIT_CPU_LANE);

}  // namespace adit::cpu::ADIT_CPU_LANE
