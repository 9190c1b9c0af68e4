// The words kernels are written in. One text (the .eqk files) is read by three readers: nvcc,
// OpenCL C 1.2 and plain C++, where every kernel runs under sanitizers without any device.
//
// A kernel is a row of phases with barriers between them. Inside a phase every lane of the block does
// its share, in no particular order; what one lane tells another goes through shared memory and a
// barrier. On a device a phase runs once in each lane; on the host it is a loop over the lanes.
//
//   ADIT_KERNEL(group, residents)                    blocks of `group` lanes, some of them at once on a
//   name(ADIT_ARENA_PARAMETERS)                      multiprocessor, on a grid of x (work) and y (nonces
//   {                                                of the batch)
//       ADIT_POOL(bytes);                            the block's shared memory
//       ADIT_SHARED_ARRAY(u32, heads, byte, count);  a piece of it
//       ADIT_KEPT(tags, group, steps);               `steps` words that each lane keeps over barriers
//       ADIT_LANES(group)
//       {
//           for (u32 i = lane; i < rows; i += group) …
//           ADIT_MINE(tags, step) = …                this lane's own words
//       }
//       ADIT_BARRIER(group);
//       ADIT_LANES(group) …
//   }
//
// What a block of a hash or a round does is a function, ADIT_POOL_PARAMETER among its parameters, so that
// one launch can have blocks of both (ADIT_OVERLAP).
//
// What stands between phases is run by every lane, at its own time: what it reads of shared memory, no lane
// may write before the next barrier (the tests watch that: host_watch.hpp). A block of a round that is
// stopped goes on with no rows rather than return between barriers: PoCL 3.1 may decide the next branch of
// all lanes by what holds for the last one (README.md).
//
// Types       u8 u16 u32 u64, u32x2 u32x4 (.x .y .z .w), hash_word and hash_half: one or eight lanes
//             of 64 and 32 bits, as ADIT_POLICY(hash_words) says
// Memory      ADIT_GLOBAL type* and ADIT_SHARED(type)* pointers; one without a mark is to private memory
// Blocks      ADIT_BLOCK_X (counted from the first block of the first slice), ADIT_BLOCKS_X (of this launch),
//             ADIT_BLOCK_Y
//             ADIT_BARRIER_OF_ALL(group): a barrier for global memory too
//             ADIT_FENCE(): what this lane did to global memory, or knows to be done, is done before what
//             it does next, seen from any block
// Layout      ADIT_T(field, table), ADIT_R(field, round), ADIT_L(field), ADIT_POLICY(field): numbers
//             of layout.hpp, known when the text is compiled; ADIT_PLANE(type, plane, table) and
//             ADIT_PLACED(type, place): where a nonce's memory begins (uses `nonce`)
// Loops       ADIT_UNROLL before loops of constant length; a lane's steps over `items` things run to
//             ADIT_STEPS(most, items): `most`, or their true number where a lane is alone. No `break`
//             out of an unrolled loop: PoCL 3.1 miscompiles it for blocks of several lanes.
// Functions   adit_add_shared, adit_xor_shared, adit_exchange_shared, adit_compare_exchange_shared,
//             adit_add_global: atomics that return the old value
//             adit_append(counter, wanted): a shared counter's old value for each lane that wants one
//             ADIT_COPY(to, from): one element from global to shared memory, perhaps asynchronously;
//             ADIT_COPIES_DONE() before the barrier that publishes it
//             ADIT_EXPECT_STORE(at): that line will soon be written, where caches can be told (CPUs)
//             ADIT_STORE_FAR(to, value): a global store that nobody reads back soon
//             adit_scan(values, group): exclusive prefix sums of values[group] in shared memory, with
//             room for 32 more; starts and ends with a barrier
//             ADIT_SUM_OF_2(a, b), ADIT_SUM_OF_4(a, b): a + b of hash_words, by multiply-adds where
//             ADIT_POLICY(wide_adds) is at least that
//             ADIT_ROTATE_RIGHT(word, bits) of a hash_word, ADIT_SWAP_BYTES(half) of u32 or hash_half
#ifndef ADIT_DIALECT_H
#define ADIT_DIALECT_H

#define ADIT_JOIN_(a, b) a##b
#define ADIT_JOIN(a, b) ADIT_JOIN_(a, b)

// Before the reader's own header: what its functions are marked with.
#if defined(__OPENCL_VERSION__)
#include "kernels/dialect/words_opencl.h"
#elif defined(__CUDACC__)
#include "kernels/dialect/words_cuda.h"
#else
#include "kernels/dialect/host_lane.hpp"
#endif

#define ADIT_NONE 0xffffffffu
#define ADIT_NO_ROW 0xffffu /* in u16 chains; slots end below it */

#endif
