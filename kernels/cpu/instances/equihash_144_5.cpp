#include "kernels/cpu/rounds.hpp"

namespace adit::cpu::ADIT_CPU_LANE {

extern const NonceKernel kernel_144_5;
const NonceKernel kernel_144_5 = make_kernel<Params{144, 5}>(hash::Lane::ADIT_CPU_LANE);

}  // namespace adit::cpu::ADIT_CPU_LANE
