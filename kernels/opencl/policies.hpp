#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kernels/dialect/arena.hpp"
#include "kernels/solver/way.hpp"

namespace adit::opencl {

/// What decides how a device is best used.
struct DeviceFacts {
    bool is_cpu = false;
    bool waits_by_spinning = false;  ///< the driver burns a core in clWaitForEvents: look and sleep
    u64 memory_bytes = 0;
    u64 segment_bytes_max = 0;  ///< largest allocation
    u64 shared_bytes_max = 0;   ///< of one block
    u32 group_max = 0;          ///< lanes of one block
};

/// A way to run one (n, k).
struct Choice {
    std::string_view name;  ///< "one-lane", "staged", "small", "conservative": the solver's variant
    dialect::Policy policy;
    u32 flights = 2;     ///< batches under way at once, memory permitting
    bool probe = false;  ///< with the kernels that only measuring programs launch
};

/// The ways that this device can run, best first; the last one is the conservative variant, for
/// when a compiler chokes on the others or a self-test fails. Empty when it cannot run these
/// parameters.
std::vector<Choice> choices_for(const equihash::Params& params, const DeviceFacts& facts);

/// A choice with its plan, its batch as large as the device's memory allows.
struct Fitted {
    Choice choice;
    dialect::Layout layout;
    dialect::Places places;
};

/// Batches shrink before a device is called too small (nullopt); of those that overlap, two must
/// fit into `memory_for_several`.
std::optional<Fitted> fitted(Choice choice, const equihash::Params& params,
                             const DeviceFacts& facts);

/// What several batches may take together: some memory is left to the desktop.
constexpr u64 memory_for_several(const DeviceFacts& facts) { return facts.memory_bytes / 10 * 9; }

/// Bytes that a solver of one nonce at a time holds on such a device, in the way that it is run
/// there; nullopt when it cannot run these, or its allocations are too small for them.
std::optional<u64> nonce_bytes(const equihash::Params& params, const DeviceFacts& facts);

/// The known sets that fit, for people: "48,5 96,5 200,9", or "none".
std::string sets_that_fit(const DeviceFacts& facts);

/// `choice` with the knobs of a way (solver/way.hpp) turned: batch, flights, calls (of a block that
/// hashes), lanes (of a block in the rounds), bits (of buckets), scatter (0 direct, 1 grouped, 2
/// ordered), slices (launches of a round, at least), overlap (1: rounds and the next batch's
/// hashing in one launch), ahead (rows before one is written that a CPU's caches hear of it), probe
/// (1: for probe.hpp). nullopt when the device cannot run that.
std::optional<Choice> turned(const Choice& choice, const solver::Way& way,
                             const equihash::Params& params, const DeviceFacts& facts);

/// Knobs that `turned` knows.
inline constexpr std::string_view kKnobs[]{"batch",  "flights", "calls",  "lanes",
                                           "bits",   "scatter", "slices", "overlap",
                                           "digits", "ahead",   "probe"};

/// What the tuner tries on this device: every choice as it is, then the first one with one or two
/// knobs turned.
std::vector<solver::Way> ways_for(const equihash::Params& params, const DeviceFacts& facts);

}  // namespace adit::opencl
