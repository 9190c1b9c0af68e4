#pragma once

#include <span>

#include "node/consensus/spec.hpp"

namespace adit::node::consensus {

/// What the header rules read of an earlier block.
struct Ancestor {
    u32 time = 0;
    u32 bits = 0;

    bool operator==(const Ancestor&) const = default;
};

/// The chain a new block builds on, as far back as any header rule looks. Owned by the caller.
struct Ancestry {
    Height parent;                           ///< height of the block built on
    std::span<const Ancestor> newest_first;  ///< the parent, its parent …: min(parent + 1, needed)

    Height next() const { return Height(parent.value + 1); }
};

/// How many ancestors the rules of this chain may read: the window and a median span before it.
constexpr u32 ancestors_needed(const ChainSpec& spec)
{
    return spec.difficulty.window + spec.time.median_span;
}

/// Median time past: of the block `back` steps before the newest and its ancestors, `span` in all
/// (fewer near genesis); the upper one of two middles. `back` must be within the ancestry.
u32 median_time(const Ancestry& ancestry, u32 span, u32 back = 0);

}  // namespace adit::node::consensus
