#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/compact.hpp"
#include "kernels/equihash/verifier.hpp"

namespace adit::equihash {

/// What a header with its solution says of itself: nothing here depends on a chain.
struct HeaderReport {
    std::optional<SolutionError> broken_rule;  ///< nullopt: the Equihash solution is valid
    Hash256 block_hash;         ///< double SHA-256 of header, solution length and solution
    u32 bits = 0;               ///< as the header states them
    bool meets_target = false;  ///< bits are usable, and the hash is not above their target

    bool valid() const { return !broken_rule; }
};

/// Why bytes are no header with solution.
enum class HeaderFormError {
    too_short,                ///< fewer than 140 bytes and a solution length
    bad_solution_length,      ///< the CompactSize is cut off or not in its shortest form
    solution_cut_off,         ///< the solution is longer than what is there
    bytes_after_the_solution  ///< more than a header with its solution
};
std::string_view to_string(HeaderFormError error);

/// `bytes` = 140-byte header || CompactSize || solution, exactly (Zcash protocol specification
/// 7.6). The solution is judged whether the target is met or not. Any bytes; any thread.
Result<HeaderReport, HeaderFormError> check_header(
    const Params& params, const Personalization& personalization, ByteView bytes,
    const hash::LeafHasher& hasher = hash::leaf_hasher());

/// One line for people:
///   valid 0007bc22…  target met (bits 1f07ffff)
///   invalid no_collision  0007bc22…  target not met (bits 1f07ffff)
std::string to_line(const HeaderReport& report);

/// One line of `adit verify`: hex in any case, blanks around it allowed.
struct HeaderVerdict {
    enum class Outcome { valid, invalid, unusable };
    Outcome outcome = Outcome::unusable;
    bool meets_target = false;
    std::string line;  ///< what to print: `to_line`, or "unusable …" and what to change
};
HeaderVerdict check_header_hex(const Params& params, const Personalization& personalization,
                               std::string_view hex);

}  // namespace adit::equihash
