#include "kernels/cpu/rounds.hpp"

namespace adit::cpu::ADIT_CPU_LANE {

extern const NonceKernel kernel_48_5;
const NonceKernel kernel_48_5 = make_kernel<Params{48, 5}>(hash::Lane::ADIT_CPU_LANE);

}  // namespace adit::cpu::ADIT_CPU_LANE
