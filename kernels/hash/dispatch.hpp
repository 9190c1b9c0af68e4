#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/base/result.hpp"
#include "kernels/hash/blake2b.hpp"

namespace adit::hash {

/// Code paths by vector unit, slowest first. Rooms with lanes of their own (kernels/cpu) key their
/// tables by it, so that one choice rules them all.
enum class Lane : u8 { portable, avx2, avx512 };

std::string_view to_string(Lane lane);  ///< "portable", "avx2", "avx512"
std::optional<Lane> parse_lane(std::string_view name);

/// The lanes this CPU and OS can run and whose hashes agreed with the portable lane's when first
/// asked for; portable first, fastest last.
std::span<const Lane> lanes_here();
bool runs_here(Lane lane);

/// What everything uses that is not told otherwise: the fastest, unless forced. Any thread.
Lane lane_in_force();

/// Makes `name` the lane in force for the whole process (`--lane=portable`). The error is one line
/// for people: what is wrong and which lanes there are. At start-up, before solvers are made.
struct LaneError {
    std::string detail;
};
Result<Lane, LaneError> force_lane(std::string_view name);

/// One lane's leaf hashing. Both write 64 bytes for each call to `out` (any alignment), of which
/// the first `digest_bytes` are the digest and the rest has no meaning. Any thread.
struct LeafHasher {
    Lane lane{};
    u32 width = 1;  ///< calls hashed at once: counts that are multiples of it waste nothing

    /// Calls first, first + 1, … first + count - 1.
    void (*run)(const HeaderMidstate& mid, u32 first, u32 count, u8* out) = nullptr;
    /// Any calls in any order.
    void (*list)(const HeaderMidstate& mid, const u32* calls, u32 count, u8* out) = nullptr;
};

/// `lane` must run here.
const LeafHasher& leaf_hasher(Lane lane = lane_in_force());

}  // namespace adit::hash
