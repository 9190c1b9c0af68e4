#include "kernels/opencl/policies.hpp"

#include <algorithm>
#include <bit>

#include "kernels/dialect/arena.hpp"

namespace adit::opencl {
namespace {

using dialect::Policy;
using dialect::Scatter;
using equihash::Params;

/// One line of a table: how a device class runs one parameter set.
struct Row {
    std::string_view name;
    u32 n, k;
    u32 bucket_bits, dropped_bits;
    Scatter scatter;
    bool staged;
    u32 lanes;       ///< of a block in the rounds
    u32 hash_calls;  ///< of a block that hashes
    u32 batch;
};

// CPUs: a block of one lane has neither barriers nor atomics, rows are read where they are, and
// eight hashes fill a vector unit. Measured on PoCL (README.md).
constexpr Row kCpuRows[]{
    {"one-lane", 48, 5, 2, 1, Scatter::grouped, false, 1, 64, 64},
    {"one-lane", 96, 5, 7, 3, Scatter::grouped, false, 1, 512, 8},
    {"one-lane", 96, 3, 12, 4, Scatter::grouped, false, 1, 1024, 1},
    {"one-lane", 200, 9, 10, 2, Scatter::grouped, false, 1, 1024, 1},
    {"one-lane", 210, 9, 12, 2, Scatter::grouped, false, 1, 1024, 1},
    {"one-lane", 144, 5, 12, 4, Scatter::grouped, false, 1, 1024, 1},
    {"one-lane", 192, 7, 12, 4, Scatter::grouped, false, 1, 1024, 1},
    {"one-lane", 125, 4, 13, 5, Scatter::grouped, false, 1, 1024, 1},
    {"one-lane", 150, 5, 13, 9, Scatter::grouped, false, 1, 1024, 1},
};

// GPUs, in order of preference; a row is taken where its blocks' shared memory fits. 48 KB is what
// NVIDIA shows of its shared memory; 32 KB is the least that OpenCL 1.2 promises. All predicted,
// none measured.
constexpr Row kGpuRows[]{
    {"staged", 48, 5, 2, 1, Scatter::grouped, true, 64, 52, 64},
    {"staged", 96, 5, 8, 3, Scatter::grouped, true, 256, 160, 16},
    {"staged", 96, 3, 15, 4, Scatter::direct, true, 256, 200, 1},
    {"staged", 200, 9, 11, 2, Scatter::grouped, true, 512, 512, 2},
    {"small", 200, 9, 12, 2, Scatter::grouped, true, 256, 256, 2},
    {"staged", 210, 9, 12, 2, Scatter::direct, true, 256, 512, 2},
    {"small", 210, 9, 13, 2, Scatter::direct, true, 256, 256, 2},
    {"staged", 144, 5, 14, 4, Scatter::direct, true, 512, 512, 1},
    {"small", 144, 5, 15, 4, Scatter::direct, true, 256, 256, 1},
    {"staged", 192, 7, 15, 4, Scatter::direct, true, 256, 512, 1},
    {"small", 192, 7, 16, 4, Scatter::direct, true, 256, 256, 1},
    {"staged", 125, 4, 15, 5, Scatter::direct, true, 512, 256, 1},
    {"small", 125, 4, 16, 5, Scatter::direct, true, 256, 256, 1},
    {"staged", 150, 5, 15, 9, Scatter::direct, true, 512, 512, 1},
    {"small", 150, 5, 16, 9, Scatter::direct, true, 256, 256, 1},
};

// What any compiler and any device should manage: small blocks, little shared memory, one atomic a
// row.
constexpr Row kConservativeRows[]{
    {"conservative", 48, 5, 3, 1, Scatter::direct, false, 32, 16, 16},
    {"conservative", 96, 5, 8, 3, Scatter::direct, false, 64, 64, 4},
    {"conservative", 96, 3, 15, 4, Scatter::direct, false, 64, 64, 1},
    {"conservative", 200, 9, 12, 2, Scatter::direct, false, 64, 128, 1},
    {"conservative", 210, 9, 13, 2, Scatter::direct, false, 64, 128, 1},
    {"conservative", 144, 5, 15, 4, Scatter::direct, false, 64, 128, 1},
    {"conservative", 192, 7, 15, 4, Scatter::direct, false, 64, 128, 1},
    {"conservative", 125, 4, 16, 5, Scatter::direct, false, 64, 64, 1},
    {"conservative", 150, 5, 16, 9, Scatter::direct, false, 64, 64, 1},
};

Choice choice_of(const Row& row, bool wide_hash)
{
    Policy policy;
    std::fill(std::begin(policy.bucket_bits), std::end(policy.bucket_bits), row.bucket_bits);
    policy.dropped_bits = row.dropped_bits;
    policy.scatter = row.scatter;
    policy.staged = row.staged;
    policy.hash_words = wide_hash ? 8 : 1;
    policy.hash_calls = row.hash_calls;
    policy.round_group = policy.last_group = row.lanes;
    policy.hash_group = std::min(row.lanes, 256u);
    policy.expand_group = std::min(row.lanes, 128u);
    policy.expand_blocks = 128;
    policy.ahead = row.lanes == 1 ? 16 : 0;
    policy.batch = row.batch;
    return {row.name, policy, 2};
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
    const auto add = [&](std::span<const Row> rows, bool wide_hash) {
        for (const Row& row : rows) {
            if (row.n != params.n || row.k != params.k) continue;
            const Choice choice = choice_of(row, wide_hash);
            if (can_run(choice, params, facts)) choices.push_back(choice);
        }
    };
    if (facts.is_cpu) add(kCpuRows, true);
    add(kGpuRows, false);
    add(kConservativeRows, false);
    return choices;
}

std::optional<u64> nonce_bytes(const Params& params, const DeviceFacts& facts)
{
    for (const Choice& choice : choices_for(params, facts)) {
        const auto places =
            plan_places(dialect::plan(params, choice.policy), facts.segment_bytes_max);
        if (places && places->arena_bytes(1) <= facts.memory_bytes) return places->arena_bytes(1);
    }
    return std::nullopt;
}

std::string sets_that_fit(const DeviceFacts& facts)
{
    std::string names;
    for (const Params& params : equihash::kKnownParams)
        if (nonce_bytes(params, facts)) names += (names.empty() ? "" : " ") + to_string(params);
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
    turned.flights = way.knob("flights", turned.flights);
    policy.hash_calls = way.knob("calls", policy.hash_calls);
    if (const u32 lanes = way.knob("lanes", policy.round_group); lanes != policy.round_group) {
        policy.round_group = policy.last_group = lanes;
        policy.hash_group = std::min(lanes, 256u);
        policy.expand_group = std::min(lanes, 128u);
    }
    if (const u32 bits = way.knob("bits", 0); bits != 0)
        std::fill(std::begin(policy.bucket_bits), std::end(policy.bucket_bits), bits);
    const u32 scatter = way.knob("scatter", static_cast<u32>(policy.scatter));
    policy.scatter = static_cast<Scatter>(scatter);
    // Prefix sums and the wide hash want powers of two; adit_scan of CUDA and OpenCL whole warps.
    const bool sane = policy.batch >= 1 && policy.batch <= kBatchMax && turned.flights >= 1 &&
                      turned.flights <= kFlightsMax && scatter <= 2 && policy.hash_calls >= 1 &&
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
    }
    for (u32 scatter = 0; scatter <= 2; ++scatter)
        if (scatter != static_cast<u32>(policy.scatter)) add({{"scatter", scatter}});
    return ways;
}

}  // namespace adit::opencl
