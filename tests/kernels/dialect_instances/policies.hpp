#pragma once

#include "kernels/dialect/layout.hpp"

namespace adit::test {

/// A policy with the same number of bucket bits in every table, for small blocks of many lanes.
constexpr dialect::Policy many_lanes(u32 bucket_bits, u32 dropped_bits, dialect::Scatter scatter,
                                     bool staged)
{
    dialect::Policy policy;
    for (u32& bits : policy.bucket_bits) bits = bucket_bits;
    policy.dropped_bits = dropped_bits;
    policy.scatter = scatter;
    policy.staged = staged;
    policy.hash_calls = 48;
    policy.hash_group = 32;
    policy.round_group = 64;
    policy.last_group = 32;
    policy.expand_group = 32;
    policy.expand_blocks = 8;
    return policy;
}

/// The same in large blocks, most of which have more lanes than rows.
constexpr dialect::Policy with_lanes(dialect::Policy policy, u32 lanes)
{
    policy.hash_group = policy.round_group = policy.last_group = lanes;
    policy.expand_group = 128;
    return policy;
}

/// With blocks that hash so many calls.
constexpr dialect::Policy with_calls(dialect::Policy policy, u32 calls)
{
    policy.hash_calls = calls;
    return policy;
}

/// Rounds of several launches, as those have whose references could not name all buckets.
constexpr dialect::Policy in_slices(dialect::Policy policy, u32 slices)
{
    policy.slices = slices;
    return policy;
}

/// With launches that hash the next batch beside a round.
constexpr dialect::Policy overlapped(dialect::Policy policy)
{
    policy.overlap = true;
    policy.hash_group = policy.round_group;
    return policy;
}

/// Of rows only the words of the digits in shared memory.
constexpr dialect::Policy digits_only(dialect::Policy policy)
{
    policy.digits = true;
    return policy;
}

/// One lane a block, rows read where they are: what CPU devices get.
constexpr dialect::Policy one_lane(u32 bucket_bits, u32 dropped_bits, dialect::Scatter scatter)
{
    dialect::Policy policy = many_lanes(bucket_bits, dropped_bits, scatter, false);
    policy.hash_group = policy.round_group = policy.last_group = policy.expand_group = 1;
    policy.ahead = 16;
    return policy;
}

/// Buckets and lists too small for their rows: rows must be dropped, counted, and nothing else.
constexpr dialect::Policy tight(dialect::Policy policy)
{
    for (u32& slots : policy.slots) slots = 1030;
    policy.pairs[2] = 500;  // less than the first partners of 1024 rows
    return policy;
}

}  // namespace adit::test
