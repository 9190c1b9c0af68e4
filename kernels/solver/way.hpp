#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/base/bytes.hpp"

namespace adit::solver {

/// How a device is to run, as `SolverOptions::lane` says it: a lane, and knobs turned away from
/// what the lane would choose. "staged", "staged:batch=4,flights=1", ":flights=1" (the device's own
/// lane).
struct Way {
    static constexpr std::size_t kKnobsMax = 16;

    std::string lane;  ///< empty: the best there is
    std::vector<std::pair<std::string, u32>> knobs;

    /// The knob's value; `otherwise` where it is not turned.
    u32 knob(std::string_view name, u32 otherwise) const;

    bool operator==(const Way&) const = default;
};

/// nullopt when `text` is not of that form, or names a knob twice.
std::optional<Way> parse_way(std::string_view text);
std::string to_string(const Way& way);

/// The first knob that is not among `known`, for a refusal by name.
std::optional<std::string> unknown_knob(const Way& way, std::span<const std::string_view> known);

}  // namespace adit::solver
