#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <vector>

#include "kernels/base/bytes.hpp"

// A CUDA runtime without a card, for testing what a solver asks of one. Device memory is the
// host's, full of garbage. A stream does nothing until somebody waits for it, so whatever the host
// changes too early is seen too late; one that is idle does a copy at once. Arguments are copied at
// the launch. What the manual forbids is answered with an error: nodes of a graph that is gone, a
// launch of other lanes or less shared memory than the kernel was made for, pitches below the
// width. Graphs are chains.
namespace adit::test {

/// What the `const void*` of a kernel points at.
struct MadeUpKernel {
    std::vector<std::size_t> argument_bytes;
    u32 lanes = 0;
    u32 shared_bytes = 0;
    std::function<void(void* const* arguments, dim3 grid)> run;
    u32 shared_allowed = 0;  ///< unlike a card's, none before cudaFuncSetAttribute
};

struct MadeUpCard {
    u64 memory_bytes = ~u64{0};
    u64 allocated_bytes = 0;
    u64 works_waiting = 0;  ///< on all streams
    u32 kernels_run = 0;
    std::function<void()> before_kernel = [] {};
};
inline MadeUpCard made_up_card;

}  // namespace adit::test
