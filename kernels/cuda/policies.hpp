#pragma once

#include "kernels/dialect/layout.hpp"

// How each (n, k) runs on each class of NVIDIA architectures: data. scripts/check-cuda compiles
// every kernel and holds registers and spills against the limits here; shared memory is held
// against them when an instance is compiled. Everything is predicted (kernels/README.md), nothing
// measured yet.
namespace adit::cuda {

/// Architectures that want the same shapes of blocks.
enum class Architecture {
    narrow,  ///< 64 to 100 KB of shared memory on a multiprocessor: sm_75, sm_86, sm_89, sm_120
    roomy,   ///< 164 KB and more: sm_80, sm_90, sm_100
};

/// Shared memory that one block may have, in bytes (CUDA C++ programming guide, compute
/// capabilities).
constexpr u32 shared_bytes_max(Architecture architecture)
{
    return architecture == Architecture::narrow ? 64 * 1024 : 227 * 1024;
}

// Registers of a lane, for scripts/check-cuda.
inline constexpr u32 kHashRegistersMax = 72;  ///< 64 but for the twist of (125,4) on sm_75
inline constexpr u32 kRoundRegistersMax = 64;
inline constexpr u32 kOverlapRegistersMax = 64;  ///< of launches with hashing beside a round
inline constexpr u32 kLastRegistersMax = 40;
inline constexpr u32 kExpandRegistersMax = 96;

using dialect::Scatter;

/// One parameter set on one class. `bits` are those of table 0, 1, … ; the last one holds for the
/// rest.
struct Row {
    u32 n, k;
    Architecture architecture;
    u32 bits[4];
    u32 dropped_bits;
    Scatter scatter;
    u32 lanes;      ///< of a block in the rounds
    u32 residents;  ///< such blocks on one multiprocessor
    u32 hash_calls;
    u32 batch;
    u32 hash_lanes = 0;    ///< of a block that hashes; 0: as many as in the rounds, at most 256
    u32 wide_adds = 0;     ///< see dialect::Policy
    bool staged = true;    ///< see dialect::Policy
    bool overlap = false;  ///< see dialect::Policy
    bool digits = false;   ///< see dialect::Policy
};

inline constexpr Row kRows[]{
    {48, 5, Architecture::narrow, {2, 2, 2, 2}, 1, Scatter::grouped, 64, 1, 52, 64},
    {96, 5, Architecture::narrow, {8, 8, 8, 8}, 3, Scatter::grouped, 256, 2, 160, 16},
    {200, 9, Architecture::narrow, {11, 11, 11, 11}, 2, Scatter::grouped, 512, 2, 512, 2},
    {210, 9, Architecture::narrow, {12, 12, 12, 12}, 2, Scatter::direct, 256, 2, 512, 2},
    {144, 5, Architecture::narrow, {14, 14, 14, 14}, 4, Scatter::direct, 512, 1, 512, 1},
    {192, 7, Architecture::narrow, {15, 15, 14, 14}, 4, Scatter::direct, 512, 1, 512, 1},
    {125, 4, Architecture::narrow, {15, 15, 15, 15}, 5, Scatter::direct, 512, 1, 256, 1},
    {150, 5, Architecture::narrow, {15, 15, 15, 15}, 9, Scatter::direct, 512, 1, 512, 1},

    {48, 5, Architecture::roomy, {2, 2, 2, 2}, 1, Scatter::grouped, 64, 1, 52, 64},
    {96, 5, Architecture::roomy, {7, 7, 7, 7}, 3, Scatter::ordered, 256, 4, 320, 16},
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 512, 3, 1024, 4},
    {210, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 1024, 1, 1024, 2},
    {144, 5, Architecture::roomy, {12, 12, 12, 12}, 4, Scatter::ordered, 1024, 1, 1024, 1},
    {192, 7, Architecture::roomy, {13, 13, 12, 12}, 4, Scatter::ordered, 1024, 1, 1024, 1},
    {125, 4, Architecture::roomy, {13, 13, 13, 13}, 5, Scatter::ordered, 1024, 1, 1024, 1},
    {150, 5, Architecture::roomy, {13, 13, 13, 13}, 9, Scatter::ordered, 1024, 1, 1024, 1},
};

constexpr Row in_place(Row row)
{
    row.staged = false;
    return row;
}
constexpr Row overlapping(Row row)
{
    row.overlap = true;
    return row;
}
constexpr Row digits_only(Row row)
{
    row.digits = true;
    return row;
}

/// Other shapes for (200,9) and (144,5), compiled only for scripts/gpu-check (ADIT_CUDA_TRIALS),
/// which times them against the rows above: buckets, scatter, lanes, calls of a block that hashes
/// (E3), and the ways to hash (E2).
inline constexpr Row kTrials[]{
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::grouped, 512, 2, 1024, 4},
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::direct, 512, 2, 1024, 4},
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 256, 3, 512, 4},
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 1024, 1, 1024, 4},
    {200, 9, Architecture::roomy, {9, 9, 9, 9}, 2, Scatter::ordered, 1024, 1, 2048, 4},
    {200, 9, Architecture::roomy, {11, 11, 11, 11}, 2, Scatter::ordered, 512, 3, 1024, 4},
    {200, 9, Architecture::roomy, {11, 11, 11, 11}, 2, Scatter::grouped, 256, 4, 512, 4},
    {200, 9, Architecture::roomy, {12, 12, 12, 12}, 2, Scatter::direct, 256, 4, 512, 4},
    // The hash kernel alone: two and four sums of a step by multiply-adds, 512 lanes, two rows a
    // lane.
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 512, 3, 1024, 4, 0, 2},
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 512, 3, 1024, 4, 0, 4},
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 512, 3, 1024, 4, 512},
    {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 512, 3, 256, 4},
    // Rows read where they are, through the caches.
    in_place({200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 512, 3, 1024, 4}),
    // The next batch's hashing beside the rounds, in one launch.
    overlapping(
        {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 512, 2, 1024, 4}),
    overlapping(
        {200, 9, Architecture::roomy, {11, 11, 11, 11}, 2, Scatter::grouped, 256, 3, 512, 4}),
    // Of rows only the digits' words in shared memory.
    digits_only(
        {200, 9, Architecture::roomy, {10, 10, 10, 10}, 2, Scatter::ordered, 512, 3, 1024, 4}),
    // Of (144,5) finer buckets, an atomic a row.
    {144, 5, Architecture::roomy, {13, 13, 13, 13}, 4, Scatter::direct, 512, 1, 512, 1},
};
inline constexpr u32 kTrialsCount = 17;
inline constexpr u32 kTrialsOf200_9 = 16;  ///< the others are (144,5); instances/trial.cu knows
static_assert(sizeof kTrials / sizeof kTrials[0] == kTrialsCount);

constexpr dialect::Policy policy_of(const Row& row)
{
    dialect::Policy policy;
    for (u32 r = 0; r < dialect::kTablesMax; ++r) policy.bucket_bits[r] = row.bits[r < 4 ? r : 3];
    policy.dropped_bits = row.dropped_bits;
    policy.scatter = row.scatter;
    policy.hash_calls = row.hash_calls;
    policy.hash_group = row.hash_lanes != 0 ? row.hash_lanes : row.lanes < 256 ? row.lanes : 256;
    policy.hash_residents = row.hash_lanes > 256 ? 1 : 3;
    policy.wide_adds = row.wide_adds;
    policy.staged = row.staged;
    policy.overlap = row.overlap;
    policy.digits = row.digits;
    if (row.overlap) policy.hash_group = row.lanes;
    policy.round_group = policy.last_group = row.lanes;
    policy.round_residents = row.residents;
    policy.expand_group = row.lanes < 128 ? row.lanes : 128;
    policy.expand_blocks = 132;
    policy.batch = row.batch;
    return policy;
}

/// The whole plan of (n, k) on a class; `fits` is false where the table has no such row.
constexpr dialect::Layout layout_of(u32 n, u32 k, Architecture architecture)
{
    for (const Row& row : kRows)
        if (row.n == n && row.k == k && row.architecture == architecture)
            return dialect::plan(*equihash::find_params(n, k), policy_of(row));
    return {};
}

constexpr dialect::Layout layout_of_trial(u32 trial)
{
    const Row& row = kTrials[trial];
    return dialect::plan(*equihash::find_params(row.n, row.k), policy_of(row));
}

/// Shared memory of the greediest kernel, in bytes.
constexpr u32 shared_bytes_of(const dialect::Layout& layout)
{
    u32 most = layout.expand_shared_bytes;
    for (u32 r = 0; r <= layout.params.k; ++r)
        if (layout.rounds[r].shared_bytes > most) most = layout.rounds[r].shared_bytes;
    return most;
}

}  // namespace adit::cuda
