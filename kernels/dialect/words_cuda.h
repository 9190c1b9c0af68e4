// The dialect's words in CUDA C++. An instance names its layout: `kLayout`.
#include "kernels/dialect/device_arena.hpp"

namespace adit::dialect::cuda {

using u32x2 = uint2;
using u32x4 = uint4;

template <class T>
__device__ __forceinline__ T* place(const Arena& arena, const Place& where, u32 nonce)
{
    return reinterpret_cast<T*>(arena.base + where.at +
                                static_cast<std::size_t>(arena.nonce_words) * nonce);
}

/// Two funnel shifts, or none.
template <u32 Bits>
__device__ __forceinline__ u64 rotate_right(u64 word)
{
    const u32 low = static_cast<u32>(word);
    const u32 high = static_cast<u32>(word >> 32);
    const u32 new_low = Bits % 32 == 0 ? (Bits == 32 ? high : low)
                        : Bits < 32    ? __funnelshift_r(low, high, Bits)
                                       : __funnelshift_r(high, low, Bits - 32);
    const u32 new_high = Bits % 32 == 0 ? (Bits == 32 ? low : high)
                         : Bits < 32    ? __funnelshift_r(high, low, Bits)
                                        : __funnelshift_r(low, high, Bits - 32);
    return static_cast<u64>(new_high) << 32 | new_low;
}

/// Zero, which the compiler does not know: what is found through it is read again each time, and not
/// carried through a loop in registers (26 constants of a header would take 60 of them).
__device__ __forceinline__ u32 opaque_zero()
{
    u32 zero;
    asm volatile("mov.u32 %0, 0;" : "=r"(zero));
    return zero;
}

__device__ __forceinline__ u32 append(u32* counter, bool wanted)
{
    const u32 here = __activemask();
    const u32 wanting = __ballot_sync(here, wanted);
    const u32 below = wanting & ((1u << (threadIdx.x & 31)) - 1);
    if (wanting == 0) return 0;
    const u32 leader = __ffs(wanting) - 1;
    u32 first = 0;
    if ((threadIdx.x & 31) == leader) first = atomicAdd(counter, __popc(wanting));
    return __shfl_sync(here, first, leader) + __popc(below);
}

/// One asynchronous copy from global to shared memory where the architecture has it (sm_80).
template <class T>
__device__ __forceinline__ void copy(T* to, const T* from)
{
#if __CUDA_ARCH__ >= 800
    const u32 shared = static_cast<u32>(__cvta_generic_to_shared(to));
    if constexpr (sizeof(T) == 16)
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared), "l"(from) : "memory");
    else
        asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(shared), "l"(from),
                     "n"(sizeof(T))
                     : "memory");
#else
    *to = __ldcs(from);
#endif
}
__device__ __forceinline__ void copies_done()
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

/// a + b by the pipe that multiplies: a's halves times one, which the compiler cannot know (no grid
/// of ours is deep). Leaves the pipe of additions and xors to the rest of the hash.
__device__ __forceinline__ u64 wide_sum(u64 a, u64 b)
{
    const u32 one = gridDim.z;
    u32 low = 0;
    u32 high = 0;
    asm("{\n\t"
        "mad.lo.cc.u32 %0, %2, %6, %4;\n\t"
        "madc.hi.u32 %1, %2, %6, %5;\n\t"
        "mad.lo.u32 %1, %3, %6, %1;\n\t"
        "}"
        : "=&r"(low), "=&r"(high)
        : "r"(static_cast<u32>(a)), "r"(static_cast<u32>(a >> 32)), "r"(static_cast<u32>(b)),
          "r"(static_cast<u32>(b >> 32)), "r"(one));
    return u64{high} << 32 | low;
}

/// The first two of those three alone: a's lower half times one, plus b. For measuring.
__device__ __forceinline__ u64 wide_low(u64 a, u64 b)
{
    const u32 one = gridDim.z;
    u32 low = 0;
    u32 high = 0;
    asm("{\n\t"
        "mad.lo.cc.u32 %0, %2, %5, %3;\n\t"
        "madc.hi.u32 %1, %2, %5, %4;\n\t"
        "}"
        : "=&r"(low), "=&r"(high)
        : "r"(static_cast<u32>(a)), "r"(static_cast<u32>(b)), "r"(static_cast<u32>(b >> 32)),
          "r"(one));
    return u64{high} << 32 | low;
}

/// Prefix sums by warp shuffles; `values` has room for group + 32.
__device__ __forceinline__ void scan(u32* values, u32 group)
{
    const u32 lane = threadIdx.x;
    __syncthreads();
    const u32 own = values[lane];
    u32 sum = own;
#pragma unroll
    for (u32 reach = 1; reach < 32; reach *= 2) {
        const u32 before = __shfl_up_sync(0xffffffff, sum, reach);
        if ((lane & 31) >= reach) sum += before;
    }
    if ((lane & 31) == 31) values[group + (lane >> 5)] = sum;
    __syncthreads();
    if (lane < 32) {
        const u32 total = lane < group / 32 ? values[group + lane] : 0;
        u32 totals = total;
#pragma unroll
        for (u32 reach = 1; reach < 32; reach *= 2) {
            const u32 before = __shfl_up_sync(0xffffffff, totals, reach);
            if (lane >= reach) totals += before;
        }
        values[group + lane] = totals - total;
    }
    __syncthreads();
    values[lane] = sum - own + values[group + (lane >> 5)];
    __syncthreads();
}

}  // namespace adit::dialect::cuda

#define ADIT_GLOBAL
#define ADIT_SHARED(type) type
#define ADIT_FUNCTION static __device__ __forceinline__
#define ADIT_KERNEL(group, residents) static __global__ void __launch_bounds__(group, residents)

#define ADIT_BLOCK_X (blockIdx.x + arena.first_block)
#define ADIT_BLOCKS_X gridDim.x
#define ADIT_BLOCK_Y blockIdx.y

#define ADIT_LANES(group) for (u32 lane = threadIdx.x, adit_once = 1; adit_once; adit_once = 0)
#define ADIT_BARRIER(group) __syncthreads()
#define ADIT_BARRIER_OF_ALL(group) __syncthreads()
#define ADIT_FENCE() __threadfence()

#define ADIT_POOL(bytes) extern __shared__ uint4 adit_pool[]
#define ADIT_POOL_PARAMETER uint4* adit_pool
#define ADIT_POOL_ARGUMENT adit_pool
#define ADIT_SHARED_ARRAY(type, name, at, count) \
    type* const name = reinterpret_cast<type*>(reinterpret_cast<u8*>(adit_pool) + (at))
#define ADIT_KEPT(name, group, steps) u32 name[steps]
#define ADIT_MINE(name, step) name[step]

#define ADIT_T(field, table) (kLayout.tables[table].field)
#define ADIT_R(field, round) (kLayout.rounds[round].field)
#define ADIT_L(field) (kLayout.field)
#define ADIT_POLICY(field) (kLayout.policy.field)

#define ADIT_ARENA_PARAMETERS const __grid_constant__ cuda::Arena arena
#define ADIT_FUNCTION_ARENA const cuda::Arena& arena
#define ADIT_ARENA arena
#define ADIT_NEXT_ARENA_PARAMETERS const __grid_constant__ cuda::Arena next_arena
#define ADIT_NEXT_ARENA next_arena
#define ADIT_PLANE(type, plane, table) cuda::place<type>(arena, arena.places.plane[table], nonce)
#define ADIT_PLACED(type, name) cuda::place<type>(arena, arena.places.name, nonce)
#define ADIT_STOP_WORD (*static_cast<const volatile u32*>(arena.stop))
#define ADIT_MIDSTATES_PARAMETER \
    const __grid_constant__ cuda::Midstates<kLayout.policy.batch> midstates
#define ADIT_FUNCTION_MIDSTATES const cuda::Midstates<kLayout.policy.batch>& midstates
#define ADIT_MIDSTATES midstates
#define ADIT_MIDSTATE(nonce) (&midstates.of[(nonce) + cuda::opaque_zero()])

#define adit_add_shared(at, value) atomicAdd(at, value)
#define adit_xor_shared(at, value) atomicXor(at, value)
#define adit_exchange_shared(at, value) atomicExch(at, value)
#define adit_compare_exchange_shared(at, expected, value) atomicCAS(at, expected, value)
#define adit_add_global(at, value) atomicAdd(at, value)
#define adit_append(counter, wanted) cuda::append(counter, wanted)
#define adit_scan(values, group) cuda::scan(values, group)
#define ADIT_COPY(to, from) cuda::copy(to, from)
#define ADIT_COPIES_DONE() cuda::copies_done()
#define ADIT_STORE_FAR(to, value) __stcs(to, value)
#define ADIT_EXPECT_STORE(at) static_cast<void>(at)
#define ADIT_UNROLL _Pragma("unroll")
#define ADIT_STEPS(most, items) (most)

#define ADIT_HALVES(word, low, high) \
    low = static_cast<u32>(word);    \
    high = static_cast<u32>((word) >> 32)
#define ADIT_CALLS_FROM(first) (static_cast<u64>(first))
#define ADIT_PART(value, index) (value)
#define ADIT_SET_PART(halves, index, value) halves = (value)
#define ADIT_WIDEN(halves) (static_cast<u64>(halves))
#define ADIT_MASK_IF(a, compare, b) ((a) compare (b) ? 0xffff'ffffu : 0u)
#define ADIT_SQRT(value) sqrtf(value)
#define ADIT_SUM_OF_2(a, b) (ADIT_POLICY(wide_adds) >= 2 ? cuda::wide_sum(a, b) : (a) + (b))
#define ADIT_SUM_OF_4(a, b) (ADIT_POLICY(wide_adds) >= 4 ? cuda::wide_sum(a, b) : (a) + (b))
#define ADIT_ROTATE_RIGHT(word, bits) cuda::rotate_right<bits>(word)
#define ADIT_SWAP_BYTES(half) __byte_perm(half, 0, 0x0123)

namespace adit::dialect {
using hash_word = u64;
using hash_half = u32;
using adit_midstate_pointer = const hash::HeaderMidstate*;
using cuda::u32x2;
using cuda::u32x4;
}  // namespace adit::dialect
