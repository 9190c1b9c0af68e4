#include "kernels/cpu/rounds.hpp"

namespace adit::cpu::ADIT_CPU_LANE {

extern const NonceKernel kernel_96_5;
const NonceKernel kernel_96_5 = make_kernel<Params{96, 5}>(hash::Lane::ADIT_CPU_LANE);

}  // namespace adit::cpu::ADIT_CPU_LANE
