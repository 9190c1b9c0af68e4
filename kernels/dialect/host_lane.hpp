#pragma once

#include <atomic>
#include <cmath>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/dialect/arena.hpp"
#include "kernels/dialect/host_watch.hpp"
#include "kernels/hash/blake2b.hpp"

// The dialect's words in plain C++: a phase is a loop over the block's lanes. For tests: slow, and
// honest about memory. Shared arrays are allocations of their own, so that a sanitizer sees every
// step outside; they start out as garbage, as a device's do. An instance that defines ADIT_WATCHED
// before it includes this has shared memory that notices races (host_watch.hpp).
namespace adit::dialect::host {

/// In which order a phase visits its lanes. A kernel that is right does not care.
enum class LaneOrder { forward, backward, odd_first, shuffled };

/// The block that this thread runs just now.
struct Block {
    u32 x = 0;
    u32 y = 0;
    u32 blocks_x = 1;
    LaneOrder order = LaneOrder::forward;
    u32 shuffle = 1;  ///< moved on by every phase
    std::vector<std::shared_ptr<void>> shared;
};
inline thread_local Block* block = nullptr;

/// The lane whose turn it is; `group` is a power of two.
inline u32 lane_at(u32 turn, u32 group)
{
    switch (block->order) {
        case LaneOrder::forward: return turn;
        case LaneOrder::backward: return group - 1 - turn;
        case LaneOrder::odd_first: return turn < group / 2 ? 2 * turn + 1 : 2 * (turn - group / 2);
        case LaneOrder::shuffled: break;
    }
    return (turn * (block->shuffle | 1) + (block->shuffle >> 16)) & (group - 1);
}

/// One phase's lanes, one after the other; afterwards it is everybody's turn again. A lone lane is
/// everybody.
class Lanes {
public:
    explicit Lanes(u32 group) : group_(group)
    {
        block->shuffle = block->shuffle * 1'664'525 + 1'013'904'223;
        begin();
    }
    ~Lanes() { now.lane = Now::kEverybody; }
    Lanes(const Lanes&) = delete;
    Lanes& operator=(const Lanes&) = delete;

    bool left() const { return turn_ < group_; }
    void next()
    {
        ++turn_;
        if (left()) begin();
    }
    u32 lane() const { return lane_; }

private:
    void begin()
    {
        lane_ = lane_at(turn_, group_);
        now.lane = group_ == 1 ? Now::kEverybody : lane_;
    }
    u32 group_;
    u32 turn_ = 0;
    u32 lane_ = 0;
};

inline void barrier() { ++now.interval; }

template <class T>
T* shared_array(std::size_t count, const char* /*name*/)
{
    const std::size_t bytes = sizeof(T) * count;
    const std::shared_ptr<u8[]> memory = std::make_unique<u8[]>(bytes);
    for (std::size_t i = 0; i < bytes; ++i) memory[i] = static_cast<u8>(0xa5 + i);
    block->shared.push_back(memory);
    return reinterpret_cast<T*>(memory.get());
}

template <class T>
Watched<T>* watched_array(std::size_t count, const char* name)
{
    const std::shared_ptr<Watched<T>[]> memory = std::make_unique<Watched<T>[]>(count);
    for (std::size_t i = 0; i < count; ++i) memory[i].place(name, i);
    block->shared.push_back(memory);
    return memory.get();
}

/// Words that each lane keeps from phase to phase.
class Kept {
public:
    Kept(u32 group, u32 steps) : steps_(steps), words_(std::size_t{group} * steps, 0xa5a5'a5a5) {}
    u32& of(u32 lane, u32 step) { return words_.at(std::size_t{lane} * steps_ + step); }

private:
    u32 steps_;
    std::vector<u32> words_;
};

struct Arena {
    u32* base = nullptr;
    const u32* stop = nullptr;
    u32 nonce_words = 0;
    Places places;
};

template <class T>
T* place(const Arena& arena, const Place& where, u32 nonce)
{
    return reinterpret_cast<T*>(arena.base + where.at + std::size_t{arena.nonce_words} * nonce);
}

inline u32 add_global(u32* at, u32 value)
{
    return std::atomic_ref<u32>(*at).fetch_add(value, std::memory_order_relaxed);
}
inline u32& atomic(u32* at) { return *at; }
inline u32& atomic(Watched<u32>* at) { return at->atomic(); }
inline u32& quietly(u32& at) { return at; }
inline u32& quietly(Watched<u32>& at) { return at.quietly(); }

template <class Word>
u32 add_shared(Word* at, u32 value)
{
    u32& word = atomic(at);
    return std::exchange(word, word + value);
}
template <class Word>
u32 xor_shared(Word* at, u32 value)
{
    u32& word = atomic(at);
    return std::exchange(word, word ^ value);
}
template <class Word>
u32 exchange_shared(Word* at, u32 value)
{
    return std::exchange(atomic(at), value);
}
template <class Word>
u32 compare_exchange_shared(Word* at, u32 expected, u32 value)
{
    u32& word = atomic(at);
    return std::exchange(word, word == expected ? value : word);
}
template <class Word>
void scan(Word* values, u32 group)
{
    barrier();
    u32 sum = 0;
    for (u32 i = 0; i < group; ++i) sum += std::exchange(quietly(values[i]), sum);
    barrier();
}

/// Runs `kernel(x, y)`'s blocks from `first_x` on, those of each y in order, `threads` at a time.
template <class Kernel>
void run(u32 first_x, u32 blocks_x, u32 blocks_y, LaneOrder order, u32 threads,
         const Kernel& kernel)
{
    std::atomic<u32> taken{0};
    const auto work = [&] {
        Block own;
        own.blocks_x = blocks_x;
        own.order = order;
        block = &own;
        for (u32 i = taken++; i < blocks_x * blocks_y; i = taken++) {
            own.x = first_x + i % blocks_x;
            own.y = i / blocks_x;
            own.shuffle = i;
            barrier();
            kernel();
            own.shared.clear();
        }
        block = nullptr;
    };
    std::vector<std::jthread> helpers;
    for (u32 i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
}

struct alignas(8) u32x2 {
    u32 x, y;
} __attribute__((may_alias));
struct alignas(16) u32x4 {
    u32 x, y, z, w;
} __attribute__((may_alias));

}  // namespace adit::dialect::host

#define ADIT_GLOBAL
#ifdef ADIT_WATCHED
#define ADIT_SHARED(type) host::Watched<type>
#define ADIT_SHARED_MEMORY host::watched_array
#else
#define ADIT_SHARED(type) type
#define ADIT_SHARED_MEMORY host::shared_array
#endif
#define ADIT_FUNCTION [[maybe_unused]] static inline
#define ADIT_KERNEL(group, residents) static void

#define ADIT_BLOCK_X (host::block->x)
#define ADIT_BLOCKS_X (host::block->blocks_x)
#define ADIT_BLOCK_Y (host::block->y)

#define ADIT_LANES(group)                                                     \
    for (host::Lanes adit_lanes(group); adit_lanes.left(); adit_lanes.next()) \
        for (u32 lane = adit_lanes.lane(), adit_once = 1; adit_once != 0; adit_once = 0)
#define ADIT_BARRIER(group) host::barrier()
#define ADIT_BARRIER_OF_ALL(group) host::barrier()
#define ADIT_FENCE() std::atomic_thread_fence(std::memory_order_seq_cst)

#define ADIT_POOL(bytes) [[maybe_unused]] constexpr int adit_pool = bytes
#define ADIT_POOL_PARAMETER [[maybe_unused]] int adit_pool
#define ADIT_POOL_ARGUMENT adit_pool
#define ADIT_SHARED_ARRAY(type, name, at, count) \
    [[maybe_unused]] ADIT_SHARED(type)* const name = ADIT_SHARED_MEMORY<type>(count, #name)
#define ADIT_KEPT(name, group, steps) host::Kept name(group, steps)
#define ADIT_MINE(name, step) name.of(lane, step)

#define ADIT_T(field, table) (kLayout.tables[table].field)
#define ADIT_R(field, round) (kLayout.rounds[round].field)
#define ADIT_L(field) (kLayout.field)
#define ADIT_POLICY(field) (kLayout.policy.field)

#define ADIT_ARENA_PARAMETERS const host::Arena& arena
#define ADIT_FUNCTION_ARENA ADIT_ARENA_PARAMETERS
#define ADIT_ARENA arena
#define ADIT_NEXT_ARENA_PARAMETERS const host::Arena& next_arena
#define ADIT_NEXT_ARENA next_arena
#define ADIT_PLANE(type, plane, table) host::place<type>(arena, arena.places.plane[table], nonce)
#define ADIT_PLACED(type, name) host::place<type>(arena, arena.places.name, nonce)
#define ADIT_STOP_WORD (*arena.stop)
#define ADIT_MIDSTATES_PARAMETER const hash::HeaderMidstate* midstates
#define ADIT_FUNCTION_MIDSTATES ADIT_MIDSTATES_PARAMETER
#define ADIT_MIDSTATES midstates
#define ADIT_MIDSTATE(nonce) (&midstates[nonce])

#define adit_add_shared(at, value) host::add_shared(at, value)
#define adit_xor_shared(at, value) host::xor_shared(at, value)
#define adit_exchange_shared(at, value) host::exchange_shared(at, value)
#define adit_compare_exchange_shared(at, expected, value) \
    host::compare_exchange_shared(at, expected, value)
#define adit_add_global(at, value) host::add_global(at, value)
#define adit_append(counter, wanted) ((wanted) ? host::add_shared(counter, 1u) : 0u)
#define adit_scan(values, group) host::scan(values, group)
#define ADIT_COPY(to, from) *(to) = *(from)
#define ADIT_COPIES_DONE()
#define ADIT_STORE_FAR(to, value) *(to) = (value)
#define ADIT_EXPECT_STORE(at) static_cast<void>(at)
#define ADIT_UNROLL
#define ADIT_STEPS(most, items) (most)

#define ADIT_HALVES(word, low, high) \
    low = static_cast<u32>(word);    \
    high = static_cast<u32>((word) >> 32)
#define ADIT_CALLS_FROM(first) (u64{first})
#define ADIT_PART(value, index) (value)
#define ADIT_SET_PART(halves, index, value) halves = (value)
#define ADIT_WIDEN(halves) (static_cast<u64>(halves))
#define ADIT_MASK_IF(a, compare, b) ((a)compare(b) ? 0xffff'ffffu : 0u)
#define ADIT_SQRT(value) std::sqrt(value)
#define ADIT_SUM_OF_2(a, b) ((a) + (b))
#define ADIT_SUM_OF_4(a, b) ((a) + (b))
#define ADIT_ROTATE_RIGHT(word, bits) ((word) >> (bits) | (word) << (64 - (bits)))
#define ADIT_SWAP_BYTES(half) __builtin_bswap32(half)

namespace adit::dialect {
using hash_word = u64;
using hash_half = u32;
using adit_midstate_pointer = const hash::HeaderMidstate*;
using host::u32x2;
using host::u32x4;
}  // namespace adit::dialect
