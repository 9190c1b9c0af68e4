// What a card does of one thing alone: the guesses behind the budgets of kernels/README.md. Own
// work.
#include <cuda_runtime.h>

#include <cstdio>

#include "kernels/cuda/handles.hpp"
#include "kernels/cuda/micro_kernels.hpp"
#include "kernels/dialect/dialect.h"

namespace adit::cuda {
namespace {

constexpr int kGroup = 256;
constexpr int kRepeats = 5;

__global__ void copy_words(const uint4* from, uint4* to, std::size_t count)
{
    const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
    for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < count; i += stride)
        to[i] = from[i];
}

/// Each lane stores pieces of Bytes; `run` neighbouring lanes store side by side at the tail of one
/// of `tails` areas, as a block's rows do that go to one bucket.
template <class Piece>
__global__ void store_runs(Piece* to, u32 tails, u32 pieces_of_a_tail, u32 run, u32 steps)
{
    const u32 lane = blockIdx.x * blockDim.x + threadIdx.x;
    const u32 of_run = lane / run;
    for (u32 step = 0; step < steps; ++step) {
        const u32 which = (of_run * 2654435761u + step * 40503u) % tails;
        const u32 place = (of_run / tails * run + step * run + lane % run) % pieces_of_a_tail;
        Piece piece{};
        reinterpret_cast<u32&>(piece) = lane;
        to[std::size_t{which} * pieces_of_a_tail + place] = piece;
    }
}

__global__ void add_global(u32* words, u32 count, u32 steps)
{
    const u32 lane = blockIdx.x * blockDim.x + threadIdx.x;
    for (u32 step = 0; step < steps; ++step)
        atomicAdd(&words[(lane * 2654435761u + step * 40503u) % count], 1u);
}

__global__ void add_shared(u32* out, u32 steps)
{
    __shared__ u32 words[1024];
    for (u32 i = threadIdx.x; i < 1024; i += blockDim.x) words[i] = 0;
    __syncthreads();
    u32 at = threadIdx.x * 37 + blockIdx.x;
    for (u32 step = 0; step < steps; ++step) at += atomicAdd(&words[at % 1024], 1u) + 61;
    __syncthreads();
    if (words[threadIdx.x] == ~0u) out[0] = at;
}

/// Eight chains of 32-bit adds, or of multiply-adds by a one that the compiler does not know.
template <bool Multiply>
__global__ void arithmetic(u32* out, u32 one, u32 steps)
{
    u32 chain[8];
    for (u32 i = 0; i < 8; ++i) chain[i] = threadIdx.x + i;
    for (u32 step = 0; step < steps; ++step)
#pragma unroll
        for (u32 turn = 0; turn < 16; ++turn)
#pragma unroll
            for (u32 i = 0; i < 8; ++i)
                chain[i] = Multiply ? chain[i] * one + chain[(i + 1) & 7]
                                    : (chain[i] + chain[(i + 1) & 7]) ^ turn;
    u32 all = 0;
    for (u32 i = 0; i < 8; ++i) all ^= chain[i];
    if (all == 0x12345678u) out[0] = all;
}

enum class Sum {
    plain,     ///< two IADD3
    wide,      ///< as the hash's wide_adds makes them: IMAD.WIDE, and IMAD for the upper half
    wide_low,  ///< IMAD.WIDE alone: lower half times one, plus 64 bits
};

/// Eight chains of 64-bit sums. Each has its xor, as in BLAKE2b, so that the pipe of additions has
/// work besides, and no two sums make one.
template <Sum How>
__global__ void wide_arithmetic(u32* out, u32 steps)
{
    u64 chain[8];
    for (u32 i = 0; i < 8; ++i) chain[i] = u64{threadIdx.x + i} << 31;
    for (u32 step = 0; step < steps; ++step)
#pragma unroll
        for (u32 turn = 0; turn < 16; ++turn)
#pragma unroll
            for (u32 i = 0; i < 8; ++i) {
                const u64 other = chain[(i + 1) & 7];
                const u64 sum = How == Sum::plain  ? chain[i] + other
                                : How == Sum::wide ? dialect::cuda::wide_sum(chain[i], other)
                                                   : dialect::cuda::wide_low(chain[i], other);
                chain[i] = sum ^ (turn * 0x1'0000'0001 + 1);
            }
    u64 all = 0;
    for (u32 i = 0; i < 8; ++i) all ^= chain[i];
    if (all == 0x12345678u) out[0] = static_cast<u32>(all);
}

/// The best of a few timed launches, in seconds; 0 when something failed.
template <class Launch>
double best_seconds(const Launch& launch)
{
    Event begin, end;
    if (cudaEventCreate(begin.out()) != cudaSuccess || cudaEventCreate(end.out()) != cudaSuccess)
        return 0;
    double best = 0;
    for (int i = 0; i <= kRepeats; ++i) {  // the first one warms up
        cudaEventRecord(begin.get());
        launch();
        cudaEventRecord(end.get());
        float ms = 0;
        if (cudaEventSynchronize(end.get()) != cudaSuccess ||
            cudaEventElapsedTime(&ms, begin.get(), end.get()) != cudaSuccess)
            return 0;
        if (i > 0 && (best == 0 || ms / 1e3 < best)) best = ms / 1e3;
    }
    return best;
}

template <class Piece>
void measure_stores(std::vector<MicroRate>& rates, void* memory, std::size_t bytes, u32 blocks)
{
    constexpr u32 kSteps = 64;
    for (const u32 tails : {512u, 1024u, 2048u, 4096u, 8192u})
        for (const u32 run : {1u, 2u, 4u, 8u, 32u}) {
            const u32 pieces = static_cast<u32>(bytes / 8 / sizeof(Piece) / tails);
            const double took = best_seconds([&] {
                store_runs<<<blocks, kGroup>>>(static_cast<Piece*>(memory), tails, pieces, run,
                                               kSteps);
            });
            char name[64];
            std::snprintf(name, sizeof name, "stores of %zu B, runs of %u, %u tails", sizeof(Piece),
                          run, tails);
            rates.push_back(
                {name, took > 0 ? double(blocks) * kGroup * kSteps / took / 1e9 : 0, "G pieces/s"});
        }
}

struct alignas(16) Slot {
    uint4 low, high;
};

}  // namespace

cudaError_t run_micro_kernels(int device, std::vector<MicroRate>& rates)
{
    Steps steps;
    steps(cudaSetDevice, device);
    int multiprocessors = 1;
    steps(cudaDeviceGetAttribute, &multiprocessors, cudaDevAttrMultiProcessorCount, device);
    constexpr std::size_t kBytes = std::size_t{1} << 30;
    DeviceMemory from, to;
    steps([&] { return cudaMalloc(from.out(), kBytes); });
    steps([&] { return cudaMalloc(to.out(), kBytes); });
    steps(cudaMemset, from.get(), 1, kBytes);
    if (!steps.good()) return steps.error();
    const u32 blocks = static_cast<u32>(multiprocessors) * 16;
    const auto rate = [](double work, double took) { return took > 0 ? work / took / 1e9 : 0; };

    double took = best_seconds([&] {
        copy_words<<<blocks, kGroup>>>(static_cast<const uint4*>(from.get()),
                                       static_cast<uint4*>(to.get()), kBytes / 16);
    });
    rates.push_back({"copy, bytes read and written", rate(2.0 * kBytes, took), "GB/s"});
    measure_stores<u32>(rates, to.get(), kBytes, blocks);
    measure_stores<uint2>(rates, to.get(), kBytes, blocks);
    measure_stores<uint4>(rates, to.get(), kBytes, blocks);
    measure_stores<Slot>(rates, to.get(), kBytes, blocks);
    for (const u32 words : {512u, 1024u, 2048u, 4096u, 8192u}) {
        took = best_seconds(
            [&] { add_global<<<blocks, kGroup>>>(static_cast<u32*>(to.get()), words, 64); });
        char name[64];
        std::snprintf(name, sizeof name, "global atomics on %u words", words);
        rates.push_back({name, rate(double(blocks) * kGroup * 64, took), "G/s"});
    }
    took = best_seconds([&] { add_shared<<<blocks, 1024>>>(static_cast<u32*>(to.get()), 256); });
    rates.push_back(
        {"shared atomics on 1024 words", rate(double(blocks) * 1024 * 256, took), "G/s"});
    const double operations = double(blocks) * kGroup * 256 * 16 * 8;
    took = best_seconds(
        [&] { arithmetic<false><<<blocks, kGroup>>>(static_cast<u32*>(to.get()), 1, 256); });
    rates.push_back({"add and xor (IADD3, LOP3)", rate(operations, took), "G pairs/s"});
    took = best_seconds(
        [&] { arithmetic<true><<<blocks, kGroup>>>(static_cast<u32*>(to.get()), 1, 256); });
    rates.push_back({"multiply-add (IMAD)", rate(operations, took), "G/s"});
    u32* const out = static_cast<u32*>(to.get());
    took = best_seconds([&] { wide_arithmetic<Sum::plain><<<blocks, kGroup>>>(out, 256); });
    rates.push_back({"64-bit add and xor (2 IADD3, 2 LOP3)", rate(operations, took), "G pairs/s"});
    took = best_seconds([&] { wide_arithmetic<Sum::wide><<<blocks, kGroup>>>(out, 256); });
    rates.push_back(
        {"64-bit add and xor (IMAD.WIDE, IMAD, 2 LOP3)", rate(operations, took), "G pairs/s"});
    took = best_seconds([&] { wide_arithmetic<Sum::wide_low><<<blocks, kGroup>>>(out, 256); });
    rates.push_back({"IMAD.WIDE and xor (IMAD.WIDE, 2 LOP3)", rate(operations, took), "G pairs/s"});
    return cudaGetLastError();
}

}  // namespace adit::cuda
