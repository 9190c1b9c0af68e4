// The dialect's words in OpenCL C 1.2. Layout numbers come as macros (opencl/program_text.cpp):
// ADIT_TABLE_words_3, ADIT_ROUND_list_4, ADIT_LAYOUT_hash_blocks, ADIT_POLICY_batch …
typedef uchar u8;
typedef ushort u16;
typedef uint u32;
typedef ulong u64;
typedef uint2 u32x2;
typedef uint4 u32x4;

#define ADIT_GLOBAL __global
#define ADIT_SHARED(type) __local type
#define ADIT_FUNCTION static inline
#define ADIT_KERNEL(group, residents) \
    __kernel __attribute__((reqd_work_group_size(group, 1, 1))) void

#define ADIT_BLOCK_X ((u32)(get_group_id(0) + get_global_offset(0) / get_local_size(0)))
#define ADIT_BLOCKS_X ((u32)get_num_groups(0))
#define ADIT_BLOCK_Y ((u32)get_group_id(1))

#define ADIT_LANES(group) \
    for (u32 lane = (group) == 1 ? 0 : (u32)get_local_id(0), adit_once = 1; adit_once; adit_once = 0)
#define ADIT_BARRIER(group) \
    do {                    \
        if ((group) > 1) barrier(CLK_LOCAL_MEM_FENCE); \
    } while (0)
#define ADIT_BARRIER_OF_ALL(group)                                                 \
    do {                                                                           \
        if ((group) > 1) barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);      \
    } while (0)
#define ADIT_FENCE() mem_fence(CLK_GLOBAL_MEM_FENCE)

#define ADIT_POOL(bytes) __local u32x4 adit_pool[((bytes) + 15) / 16]
#define ADIT_POOL_PARAMETER __local u32x4* adit_pool
#define ADIT_POOL_ARGUMENT adit_pool
#define ADIT_SHARED_ARRAY(type, name, at, count) \
    __local type* const name = (__local type*)((__local u8*)adit_pool + (at))
#define ADIT_KEPT(name, group, steps) u32 name[steps]
#define ADIT_MINE(name, step) name[step]

#define ADIT_T_(field, table) ADIT_TABLE_##field##_##table
#define ADIT_T(field, table) ADIT_T_(field, table)
#define ADIT_R_(field, round) ADIT_ROUND_##field##_##round
#define ADIT_R(field, round) ADIT_R_(field, round)
#define ADIT_L(field) ADIT_LAYOUT_##field
#define ADIT_POLICY(field) ADIT_POLICY_##field

// The arena comes in up to four allocations; offsets count the control words of the first.
#define ADIT_ARENA_PARAMETERS                                                               \
    __global u32 *restrict arena_0, __global u32 *restrict arena_1,                         \
        __global u32 *restrict arena_2, __global u32 *restrict arena_3
#define ADIT_FUNCTION_ARENA ADIT_ARENA_PARAMETERS
#define ADIT_ARENA arena_0, arena_1, arena_2, arena_3
#define ADIT_NEXT_ARENA_PARAMETERS                                                          \
    __global u32 *restrict next_0, __global u32 *restrict next_1,                           \
        __global u32 *restrict next_2, __global u32 *restrict next_3
#define ADIT_NEXT_ARENA next_0, next_1, next_2, next_3
#define ADIT_PLACE_(type, segment, at)                                             \
    ((__global type*)(ADIT_JOIN(arena_, segment) +                                 \
                      ((size_t)(at) + (size_t)ADIT_JOIN(ADIT_NONCE_WORDS_, segment) * nonce)))
#define ADIT_PLANE(type, plane, table)                            \
    ADIT_PLACE_(type, ADIT_T(ADIT_JOIN(plane, _segment), table), \
                ADIT_T(ADIT_JOIN(plane, _at), table))
#define ADIT_PLACED(type, place)                                \
    ADIT_PLACE_(type, ADIT_JOIN(ADIT_PLACE_segment_, place), \
                ADIT_JOIN(ADIT_PLACE_at_, place))
#define ADIT_STOP_WORD arena_0[0]

typedef struct {
    u64 h[8];
    u64 m0;
    u64 m1;
    u64 v[16];
} adit_midstate;
#define ADIT_MIDSTATES_PARAMETER __constant adit_midstate *restrict midstates
#define ADIT_FUNCTION_MIDSTATES ADIT_MIDSTATES_PARAMETER
#define ADIT_MIDSTATES midstates
typedef __constant const adit_midstate* adit_midstate_pointer;
#define ADIT_MIDSTATE(nonce) (&midstates[nonce])

// With one lane in a block nobody else touches shared memory.
#if ADIT_POLICY_single_lane
ADIT_FUNCTION u32 adit_add_shared(__local u32* at, u32 value)
{
    const u32 old = *at;
    *at = old + value;
    return old;
}
ADIT_FUNCTION u32 adit_xor_shared(__local u32* at, u32 value)
{
    const u32 old = *at;
    *at = old ^ value;
    return old;
}
ADIT_FUNCTION u32 adit_exchange_shared(__local u32* at, u32 value)
{
    const u32 old = *at;
    *at = value;
    return old;
}
ADIT_FUNCTION u32 adit_compare_exchange_shared(__local u32* at, u32 expected, u32 value)
{
    const u32 old = *at;
    if (old == expected) *at = value;
    return old;
}
#define ADIT_UNROLL _Pragma("unroll")
#define ADIT_STEPS(most, items) (items)
#else
#define adit_add_shared(at, value) atomic_add(at, value)
#define adit_xor_shared(at, value) atomic_xor(at, value)
#define adit_exchange_shared(at, value) atomic_xchg(at, value)
#define adit_compare_exchange_shared(at, expected, value) atomic_cmpxchg(at, expected, value)
#define ADIT_UNROLL _Pragma("unroll")
#define ADIT_STEPS(most, items) (most)
#endif
#define adit_add_global(at, value) atomic_add(at, value)
#define adit_append(counter, wanted) ((wanted) ? adit_add_shared(counter, 1u) : 0u)

#define ADIT_COPY(to, from) *(to) = *(from)
#if ADIT_POLICY_single_lane && defined(__has_builtin)
#if __has_builtin(__builtin_prefetch)
#define ADIT_EXPECT_STORE(at) __builtin_prefetch((const void*)(size_t)(at), 1)
#endif
#endif
#ifndef ADIT_EXPECT_STORE
#define ADIT_EXPECT_STORE(at) (void)(at)
#endif
#define ADIT_COPIES_DONE()
#define ADIT_STORE_FAR(to, value) *(to) = (value)

/// Doubling steps, in place (Hillis and Steele 1986).
ADIT_FUNCTION void adit_scan(__local u32* values, u32 group)
{
    const u32 lane = (u32)get_local_id(0);
    if (group == 1) {
        values[0] = 0;
        return;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const u32 own = values[lane];
    u32 sum = own;
    for (u32 reach = 1; reach < group; reach *= 2) {
        const u32 before = lane >= reach ? values[lane - reach] : 0;
        barrier(CLK_LOCAL_MEM_FENCE);
        sum += before;
        values[lane] = sum;
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    values[lane] = sum - own;
    barrier(CLK_LOCAL_MEM_FENCE);
}

#if ADIT_POLICY_hash_words == 8
typedef ulong8 hash_word;
typedef uint8 hash_half;
#define ADIT_HALVES(word, low, high)       \
    low = convert_uint8((word)&0xffffffffu); \
    high = convert_uint8((word) >> 32u)
#define ADIT_CALLS_FROM(first) \
    ((hash_word)(first) + (hash_word)(0, 1, 2, 3, 4, 5, 6, 7))
#define ADIT_PART(value, index) (((const u32*)&(value))[index])
#define ADIT_SET_PART(halves, index, value) ((u32*)&(halves))[index] = (value)
#define ADIT_WIDEN(halves) convert_ulong8(halves)
#define ADIT_MASK_IF(a, compare, b) as_uint8((a) compare (hash_half)(b))
#else
typedef ulong hash_word;
typedef uint hash_half;
#define ADIT_HALVES(word, low, high) \
    low = (u32)(word);               \
    high = (u32)((word) >> 32)
#define ADIT_CALLS_FROM(first) ((hash_word)(first))
#define ADIT_PART(value, index) (value)
#define ADIT_SET_PART(halves, index, value) halves = (value)
#define ADIT_WIDEN(halves) ((u64)(halves))
#define ADIT_MASK_IF(a, compare, b) ((a) compare (b) ? 0xffffffffu : 0u)
#endif
#define ADIT_SQRT(value) sqrt(value)
#define ADIT_SUM_OF_2(a, b) ((a) + (b))
#define ADIT_SUM_OF_4(a, b) ((a) + (b))
#define ADIT_ROTATE_RIGHT(word, bits) rotate(word, (hash_word)(64 - (bits)))
#define ADIT_SWAP_BYTES(half) \
    ((((half) << 24 | (half) >> 8) & 0xff00ff00u) | (((half) << 8 | (half) >> 24) & 0x00ff00ffu))
