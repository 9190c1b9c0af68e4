#include "kernels/opencl/policies.hpp"

#include <algorithm>
#include <bit>
#include <span>

#include "kernels/dialect/arena.hpp"

namespace adit::opencl {
namespace {

using dialect::Policy;
using dialect::Scatter;
using equihash::Params;

/// How one parameter set runs in one shape.
struct Row {
    u32 n, k;
    u32 bucket_bits;
    Scatter scatter;
    u32 lanes;       ///< of a block in the rounds
    u32 hash_calls;  ///< of a block that hashes
    u32 batch;
};

// CPUs: a block of one lane has neither barriers nor atomics, rows are read where they are, and
// eight hashes fill a vector unit. Measured on PoCL (README.md).
constexpr Row kOneLane[]{
    {48, 5, 2, Scatter::grouped, 1, 64, 64},    {96, 5, 7, Scatter::grouped, 1, 512, 8},
    {96, 3, 12, Scatter::grouped, 1, 1024, 1},  {200, 9, 10, Scatter::grouped, 1, 1024, 1},
    {210, 9, 12, Scatter::grouped, 1, 1024, 1}, {144, 5, 12, Scatter::grouped, 1, 1024, 1},
    {192, 7, 12, Scatter::grouped, 1, 1024, 1}, {125, 4, 13, Scatter::grouped, 1, 1024, 1},
    {150, 5, 13, Scatter::grouped, 1, 1024, 1},
};

// GPUs, in order of preference; a row is taken where its blocks' shared memory fits. 48 KB is what
// NVIDIA shows of its shared memory; 32 KB is the least that OpenCL 1.2 promises. All predicted,
// none measured.
constexpr Row kStaged[]{
    {48, 5, 2, Scatter::grouped, 64, 52, 64},   {96, 5, 8, Scatter::grouped, 256, 160, 16},
    {96, 3, 15, Scatter::direct, 256, 200, 1},  {200, 9, 11, Scatter::grouped, 512, 512, 2},
    {210, 9, 12, Scatter::direct, 256, 512, 2}, {144, 5, 14, Scatter::direct, 512, 512, 1},
    {192, 7, 15, Scatter::direct, 256, 512, 1}, {125, 4, 15, Scatter::direct, 512, 256, 1},
    {150, 5, 15, Scatter::direct, 512, 512, 1},
};
constexpr Row kSmall[]{
    {200, 9, 12, Scatter::grouped, 256, 256, 2}, {210, 9, 13, Scatter::direct, 256, 256, 2},
    {144, 5, 15, Scatter::direct, 256, 256, 1},  {192, 7, 16, Scatter::direct, 256, 256, 1},
    {125, 4, 16, Scatter::direct, 256, 256, 1},  {150, 5, 16, Scatter::direct, 256, 256, 1},
};

// What any compiler and any device should manage: small blocks, little shared memory, one atomic a
// row.
constexpr Row kConservative[]{
    {48, 5, 3, Scatter::direct, 32, 16, 16},   {96, 5, 8, Scatter::direct, 64, 64, 4},
    {96, 3, 15, Scatter::direct, 64, 64, 1},   {200, 9, 12, Scatter::direct, 64, 128, 1},
    {210, 9, 13, Scatter::direct, 64, 128, 1}, {144, 5, 15, Scatter::direct, 64, 128, 1},
    {192, 7, 15, Scatter::direct, 64, 128, 1}, {125, 4, 16, Scatter::direct, 64, 64, 1},
    {150, 5, 16, Scatter::direct, 64, 64, 1},
};

/// What all rows of a table share.
struct Shape {
    std::string_view name;
    std::span<const Row> rows;
    bool staged;
    bool for_cpus;  ///< only they run it, eight hashes at once
};

constexpr Shape kShapes[]{
    {"one-lane", kOneLane, false, true},
    {"staged", kStaged, true, false},
    {"small", kSmall, true, false},
    {"conservative", kConservative, false, false},
};

/// Cut off every row's end, whatever the shape: as many as make its rows fit their words.
constexpr u32 dropped_bits(const Params& params)
{
    switch (params.n) {
        case 48: return 1;
        case 96: return params.k == 5 ? 3 : 4;
        case 144:
        case 192: return 4;
        case 125: return 5;
        case 150: return 9;
        default: return 2;  // 200,9 and 210,9
    }
}

Choice choice_of(const Shape& shape, const Row& row, const Params& params)
{
    Policy policy;
    std::fill(std::begin(policy.bucket_bits), std::end(policy.bucket_bits), row.bucket_bits);
    policy.dropped_bits = dropped_bits(params);
    policy.scatter = row.scatter;
    policy.staged = shape.staged;
    policy.hash_words = shape.for_cpus ? 8 : 1;
    policy.hash_calls = row.hash_calls;
    policy.round_group = policy.last_group = row.lanes;
    policy.hash_group = std::min(row.lanes, 256u);
    policy.expand_group = std::min(row.lanes, 128u);
    policy.expand_blocks = 128;
    policy.ahead = row.lanes == 1 ? 16 : 0;
    policy.batch = row.batch;
    return {shape.name, policy};
}

/// Shared memory of the greediest kernel.
u32 shared_bytes(const dialect::Layout& layout)
{
    u32 most = layout.expand_shared_bytes;
    for (u32 r = 0; r <= layout.params.k; ++r) most = std::max(most, layout.rounds[r].shared_bytes);
    return most;
}

bool can_run(const Choice& choice, const Params& params, const DeviceFacts& facts)
{
    const dialect::Layout layout = dialect::plan(params, choice.policy);
    return layout.fits && shared_bytes(layout) <= facts.shared_bytes_max &&
           std::max(choice.policy.hash_group, choice.policy.round_group) <= facts.group_max;
}

}  // namespace

std::vector<Choice> choices_for(const Params& params, const DeviceFacts& facts)
{
    std::vector<Choice> choices;
    for (const Shape& shape : kShapes) {
        if (shape.for_cpus && !facts.is_cpu) continue;
        for (const Row& row : shape.rows) {
            if (row.n != params.n || row.k != params.k) continue;
            const Choice choice = choice_of(shape, row, params);
            if (can_run(choice, params, facts)) choices.push_back(choice);
        }
    }
    return choices;
}

std::optional<Fitted> fitted(Choice choice, const Params& params, const DeviceFacts& facts)
{
    u32& batch = choice.policy.batch;
    const auto fit = [&](const dialect::Places& places) {
        for (u32 i = 0; i < places.segments; ++i)
            if (places.segment_bytes(i, batch) > facts.segment_bytes_max) return false;
        const u64 bytes = places.arena_bytes(batch);
        return choice.policy.overlap ? 2 * bytes <= memory_for_several(facts)
                                     : bytes <= facts.memory_bytes;
    };
    for (;; batch /= 2) {
        const dialect::Layout layout = dialect::plan(params, choice.policy);
        const auto places = plan_places(layout, facts.segment_bytes_max);
        if (places && fit(*places)) return Fitted{choice, layout, *places};
        if (batch <= 1) return std::nullopt;
    }
}

std::optional<u64> nonce_bytes(const Params& params, const DeviceFacts& facts)
{
    const std::vector<Choice> choices = choices_for(params, facts);
    if (choices.empty()) return std::nullopt;
    const auto places =
        plan_places(dialect::plan(params, choices.front().policy), facts.segment_bytes_max);
    if (!places) return std::nullopt;
    return places->arena_bytes(1);
}

std::string sets_that_fit(const DeviceFacts& facts)
{
    std::string names;
    for (const Params& params : equihash::kKnownParams)
        if (const auto bytes = nonce_bytes(params, facts); bytes && *bytes <= facts.memory_bytes)
            names += (names.empty() ? "" : " ") + to_string(params);
    return names.empty() ? "none" : names;
}

std::optional<Choice> turned(const Choice& choice, const solver::Way& way, const Params& params,
                             const DeviceFacts& facts)
{
    constexpr u32 kFlightsMax = 8;
    constexpr u32 kBatchMax = 256;
    Choice turned = choice;
    Policy& policy = turned.policy;
    policy.batch = way.knob("batch", policy.batch);
    policy.ahead = way.knob("ahead", policy.ahead);
    policy.slices = way.knob("slices", policy.slices);
    policy.overlap = way.knob("overlap", 0) != 0;
    policy.digits = way.knob("digits", 0) != 0;
    turned.flights = way.knob("flights", turned.flights);
    turned.probe = way.knob("probe", 0) != 0;
    policy.hash_calls = way.knob("calls", policy.hash_calls);
    if (const u32 lanes = way.knob("lanes", policy.round_group); lanes != policy.round_group) {
        policy.round_group = policy.last_group = lanes;
        policy.hash_group = std::min(lanes, 256u);
        policy.expand_group = std::min(lanes, 128u);
    }
    if (policy.overlap) policy.hash_group = policy.round_group;
    if (const u32 bits = way.knob("bits", 0); bits != 0)
        std::fill(std::begin(policy.bucket_bits), std::end(policy.bucket_bits), bits);
    const u32 scatter = way.knob("scatter", static_cast<u32>(policy.scatter));
    policy.scatter = static_cast<Scatter>(scatter);
    // Prefix sums and the wide hash want powers of two; adit_scan of CUDA and OpenCL whole warps.
    const bool sane = policy.batch >= 1 && policy.batch <= kBatchMax && turned.flights >= 1 &&
                      turned.flights <= kFlightsMax && scatter <= 2 && policy.slices >= 1 &&
                      policy.slices <= dialect::kSlicesMax && policy.hash_calls >= 1 &&
                      policy.hash_calls % policy.hash_words == 0 &&
                      std::has_single_bit(policy.round_group) && policy.round_group <= 1024 &&
                      (policy.round_group == 1) == (choice.policy.round_group == 1);
    if (!sane || !can_run(turned, params, facts)) return std::nullopt;
    return turned;
}

std::vector<solver::Way> ways_for(const Params& params, const DeviceFacts& facts)
{
    const std::vector<Choice> choices = choices_for(params, facts);
    if (choices.empty()) return {};
    std::vector<solver::Way> ways;
    for (const Choice& choice : choices) ways.push_back({std::string(choice.name), {}});
    const Choice& first = choices.front();
    const Policy& policy = first.policy;
    const std::string lane(first.name);
    const auto add = [&](std::vector<std::pair<std::string, u32>> knobs) {
        const solver::Way way{lane, std::move(knobs)};
        if (turned(first, way, params, facts)) ways.push_back(way);
    };
    add({{"flights", 1}});
    add({{"flights", 3}});
    add({{"batch", policy.batch * 2}});
    if (policy.batch > 1) add({{"batch", policy.batch / 2}});
    add({{"calls", policy.hash_calls * 2}});
    add({{"calls", policy.hash_calls / 2}});
    add({{"bits", policy.bucket_bits[0] + 1}});
    if (policy.bucket_bits[0] > 1) add({{"bits", policy.bucket_bits[0] - 1}});
    if (policy.round_group > 1) {
        add({{"lanes", policy.round_group * 2}});
        add({{"lanes", policy.round_group / 2}});
        add({{"overlap", 1}});
        add({{"digits", 1}});
        add({{"digits", 1}, {"bits", policy.bucket_bits[0] - 1}});
    }
    for (u32 scatter = 0; scatter <= 2; ++scatter)
        if (scatter != static_cast<u32>(policy.scatter)) add({{"scatter", scatter}});
    return ways;
}

}  // namespace adit::opencl
