// Prints what the portable lane finds in a few nonces. Built for this machine and, by
// portable_check.sh, for ARM64: both must print the same.

#include <cstdio>
#include <vector>

#include "kernels/cpu/arena.hpp"
#include "kernels/cpu/nonce_kernel.hpp"
#include "kernels/equihash/leaves.hpp"
#include "kernels/equihash/pow_input.hpp"

namespace adit::cpu::portable {
extern const NonceKernel kernel_48_5, kernel_96_5, kernel_200_9;
}

namespace {

using namespace adit;

void print_solutions(const cpu::NonceKernel& kernel, u32 first, u32 count)
{
    const cpu::Arena arena(kernel.arena_bytes, false);
    std::vector<u32> leaves(cpu::kSolutionsMax * cpu::kLeavesMax);
    for (u32 nonce = first; nonce < first + count; ++nonce) {
        equihash::PowInput input;
        for (u32 i = 0; i < 4; ++i) input.header[108 + i] = static_cast<u8>(nonce >> 8 * i);
        const auto midstate =
            hash::header_midstate(equihash::leaf_hash_params(kernel.params, {}), input.view());
        cpu::NonceRun run{.arena = arena.data(),
                          .midstate = &midstate,
                          .hasher = hash::leaf_hasher(hash::Lane::portable),
                          .stop_requested = [](const void*) { return false; },
                          .leaves = reinterpret_cast<u32(*)[cpu::kLeavesMax]>(leaves.data())};
        if (!kernel.run(run)) std::puts("stopped");
        for (u32 s = 0; s < run.solutions; ++s) {
            std::printf("%u,%u nonce %u:", kernel.params.n, kernel.params.k, nonce);
            for (u32 i = 0; i < kernel.params.indices(); ++i) std::printf(" %u", run.leaves[s][i]);
            std::puts("");
        }
    }
}

}  // namespace

int main()
{
    print_solutions(cpu::portable::kernel_48_5, 0, 100);
    print_solutions(cpu::portable::kernel_96_5, 0, 10);
    print_solutions(cpu::portable::kernel_200_9, 255, 1);
}
